// A service that listened by itself. Under NANO the port is ignored, with a warning: NANO listens for it.

Deno.serve({ port: 3000 }, async (request) => {
  if (request.method !== "POST") {
    return new Response("POST some text\n", { status: 405 });
  }
  const text = await request.text();
  return Response.json({
    words: text.split(/\s+/).filter((word) => word !== "").length,
  });
});
