interface User {
  name: string;
  since: Date;
}

interface Env {
  AUTH: { verify(token: string): Promise<User>; fetch(url: string): Promise<Response> };
  ADMIN: { forget(token: string): Promise<boolean> };
}

export default {
  async fetch(request: Request, { AUTH, ADMIN }: Env): Promise<Response> {
    const token = request.headers.get("authorization")?.replace("Bearer ", "") ?? "";
    if (new URL(request.url).pathname === "/sign-in") return await AUTH.fetch("http://auth/");
    if (request.method === "DELETE") return Response.json(await ADMIN.forget(token));
    try {
      const { name, since } = await AUTH.verify(token);
      return new Response(`Hello, ${name}, a customer since ${since.getUTCFullYear()}\n`);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return new Response(`${error.message}\n`, { status: 401 });
    }
  },
};
