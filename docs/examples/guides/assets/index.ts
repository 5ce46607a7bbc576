// Gets what is no file; it may still answer with one.

interface Env {
  readonly ASSETS: {
    fetch(request: Request | URL | string): Promise<Response>;
  };
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const url = new URL(request.url);
    if (url.pathname === "/api/time") {
      return Response.json({ hour: new Date(0).getUTCHours() });
    }
    const page = await env.ASSETS.fetch(new URL("/index.html", url));
    return new Response(page.body, { status: 404, headers: page.headers });
  },
};
