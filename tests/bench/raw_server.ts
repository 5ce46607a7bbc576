/** The other side of every ratio: plain Deno.serve in a process of its own. Run: raw_server.ts plain|faithful */

const TEXT = "Hello from the bench\n";
const MB = 1024 * 1024;

/** Answers as the bench's app does. The one argument matters: Deno.serve has a shorter path for handlers without any. */
function plain(request: Request): Response | Promise<Response> {
  const { url } = request;
  const at = url.indexOf("/", 8);
  if (url.length === at + 1) return new Response(TEXT);
  return stream(request, url.slice(at));
}

/** Does what a host has to do at least: reads every request header, sends an id and what a proxy would. */
function faithful(request: Request): Response | Promise<Response> {
  let bytes = 0;
  for (const [name, value] of request.headers) bytes += name.length + value.length;
  const headers: [string, string][] = [
    ["content-type", "text/plain;charset=UTF-8"],
    ["x-request-id", `bench-${bytes.toString(36)}`],
    ["vary", "accept"],
  ];
  return new Response(TEXT, { headers });
}

async function stream(request: Request, path: string): Promise<Response> {
  switch (path) {
    case "/down":
      return new Response(chunks(100 * MB, 64 * 1024));
    case "/small":
      return new Response(chunks(10 * MB, 1024));
    case "/up": {
      let bytes = 0;
      for await (const chunk of request.body!) bytes += chunk.byteLength;
      return new Response(String(bytes));
    }
    default:
      return new Response(null, { status: 404 });
  }
}

/** A body in chunks of one size, made anew each: an app that hands out one buffer again and again is the easy case. */
function chunks(total: number, size: number): ReadableStream<Uint8Array> {
  let left = total;
  return new ReadableStream({
    pull(controller) {
      if (left === 0) return controller.close();
      controller.enqueue(new Uint8Array(size).fill(left & 0xff));
      left -= size;
    },
  });
}

if (import.meta.main) {
  const handler = Deno.args[0] === "faithful" ? faithful : plain;
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ event: "server_start", url: `http://127.0.0.1:${port}` })),
  }, (request) => handler(request));
}
