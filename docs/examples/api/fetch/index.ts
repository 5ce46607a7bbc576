// Asks another service, with a deadline, and shows what the outbound policy refuses.

interface Env {
  readonly API_URL: string;
}

export default {
  async fetch(_request: Request, env: Env): Promise<Response> {
    const answer = await fetch(`${env.API_URL}/todos/1`, {
      signal: AbortSignal.timeout(5000),
    });
    const todo = await answer.json();
    const refused = await fetch("http://169.254.169.254/").catch((
      error: unknown,
    ) => String(error));
    return Response.json({ status: answer.status, todo, refused });
  },
};
