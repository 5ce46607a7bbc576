// What a request carries, given back: its body as a stream, the number of its bytes, or its headers.
// Try: curl -T file http://echo.localhost:8080/echo, /count with the same, and curl http://echo.localhost:8080/headers

export default {
  async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/":
        return new Response(
          "POST /echo: your body again\nPOST /count: its bytes\nGET /headers: your headers\n",
        );
      case "/echo":
        return echo(request);
      case "/count":
        return Response.json({ bytes: await countBytes(request.body) });
      case "/headers":
        return Response.json({
          method: request.method,
          url: request.url,
          headers: [...request.headers],
        });
      default:
        return new Response("Not found\n", { status: 404 });
    }
  },
};

/** The request's body becomes the answer's: bytes flow back while the upload is still going on. */
function echo(request: Request): Response {
  const type = request.headers.get("content-type") ??
    "application/octet-stream";
  return new Response(request.body, { headers: { "content-type": type } });
}

/** Reads a body chunk by chunk, so that its size does not matter. */
async function countBytes(
  body: ReadableStream<Uint8Array> | null,
): Promise<number> {
  let bytes = 0;
  if (body !== null) {
    for await (const chunk of body) {
      bytes += chunk.byteLength;
    }
  }
  return bytes;
}
