/** The other side of every ratio: plain Deno.serve in a process of its own. Run: raw_server.ts plain|faithful|files FOLDER */
import { createHash } from "node:crypto";

const TEXT = "Hello from the bench\n";
const MB = 1024 * 1024;

/** Answers as the bench's app does. The one argument matters: Deno.serve has a shorter path for handlers without any. */
function plain(request: Request): Response | Promise<Response> {
  const { url } = request;
  const at = url.indexOf("/", 8);
  if (url.length === at + 1) return new Response(TEXT);
  if (url.endsWith("/echo")) return echo(request);
  return stream(request, url.slice(at));
}

function echo(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.onmessage = (event) => socket.send(event.data);
  return response;
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

/** Keeps one file: as it comes (/written), or with what R2 promises of it besides (/kept). */
async function file(request: Request): Promise<Response> {
  const path = `${Deno.args[1]}/file`;
  if (request.method !== "POST") return new Response((await Deno.open(path)).readable);
  using kept = await Deno.open(path, { create: true, truncate: true, write: true });
  const hash = request.url.endsWith("/kept") ? createHash("md5") : null;
  let bytes = 0;
  for await (const chunk of request.body!) {
    hash?.update(chunk);
    for (let at = 0; at < chunk.byteLength;) at += await kept.write(chunk.subarray(at));
    bytes += chunk.byteLength;
  }
  if (hash !== null) await kept.sync();
  return new Response(String(bytes));
}

if (import.meta.main) {
  const handler = { faithful, files: file }[Deno.args[0]!] ?? plain;
  Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    onListen: ({ port }) => console.log(JSON.stringify({ event: "server_start", url: `http://127.0.0.1:${port}` })),
  }, (request) => handler(request));
}
