// The smallest app: a default export with a fetch method. No package.json, no build step.
// Try: curl http://hello.localhost:8080/?name=Ada

export default {
  fetch(request) {
    const url = new URL(request.url);
    const name = url.searchParams.get("name") ?? "world";
    return new Response(`Hello, ${name}!\n`, {
      headers: { "content-type": "text/plain; charset=utf-8" },
    });
  },
};
