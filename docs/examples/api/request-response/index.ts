// Reads a request in three ways and answers with JSON, a redirect, or a stream of its own body.

export default {
  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/old") {
      return Response.redirect(new URL("/", request.url), 308);
    }
    if (pathname === "/shout") {
      return new Response((await request.text()).toUpperCase());
    }
    const copy = new Request(request, { headers: { "x-added": "yes" } });
    return Response.json({
      method: copy.method,
      path: pathname,
      added: copy.headers.get("x-added"),
      hasBody: copy.body !== null,
    }, { status: 200, headers: { "cache-control": "no-store" } });
  },
};
