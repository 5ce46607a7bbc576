// What an app finds of its surroundings: its variables, who asks, and time after the answer.

interface Env {
  readonly GREETING: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
  readonly remoteAddr: { readonly hostname: string; readonly port: number };
}

export default {
  fetch(request: Request, env: Env, ctx: Context): Response {
    ctx.waitUntil(writeDown(request.url));
    return Response.json({
      env: env.GREETING,
      deno: Deno.env.get("GREETING"),
      process: process.env.GREETING,
      client: ctx.remoteAddr.hostname === request.headers.get("x-real-ip"),
      host: Deno.env.get("PATH") ?? "nothing of the host",
      userAgent: navigator.userAgent.split("/")[0],
    });
  },
};

/** Runs after the answer; a drain waits for it. */
async function writeDown(url: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 10));
  console.log(`answered ${new URL(url).pathname}`);
}
