/** Keep-alive load over raw TCP, for machines without wrk. Run: load_client.ts '{"url", "headers", "concurrency", "seconds"}' */
import type { Load, LoadFigures } from "./load.ts";

const HEAD_END = new TextEncoder().encode("\r\n\r\n");

/** Sends request after request on one connection until the time is up; a latency for each answer. */
async function lane(port: number, request: Uint8Array, until: number, latencies: number[]): Promise<void> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const buffer = new Uint8Array(64 * 1024);
  while (performance.now() < until) {
    const began = performance.now();
    for (let sent = 0; sent < request.byteLength;) sent += await connection.write(request.subarray(sent));
    let have = 0;
    for (let wanted = Infinity; have < wanted;) {
      const count = await connection.read(buffer.subarray(have));
      if (count === null) throw new Error("The server closed a keep-alive connection");
      have += count;
      if (wanted === Infinity) wanted = answerLength(buffer.subarray(0, have));
    }
    latencies.push(performance.now() - began);
  }
}

/** Bytes of the whole answer, or Infinity while its head is incomplete. */
function answerLength(bytes: Uint8Array): number {
  const text = new TextDecoder("latin1").decode(bytes);
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return Infinity;
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (!/^HTTP\/1\.1 2\d\d/.test(text) || length === undefined) throw new Error(`Not the answer of the bench: ${text}`);
  return end + HEAD_END.byteLength + Number(length);
}

if (import.meta.main) {
  const { url, headers, concurrency, seconds } = JSON.parse(Deno.args[0]!) as Load;
  const { port, host, pathname } = new URL(url);
  const hasHost = headers.some(([name]) => name.toLowerCase() === "host");
  const lines = [...hasHost ? [] : [["host", host] as const], ...headers].map(([name, value]) =>
    `${name}: ${value}\r\n`
  );
  const request = new TextEncoder().encode(`GET ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n`);
  const latencies: number[] = [];
  const began = performance.now();
  const until = began + seconds * 1000;
  await Promise.all(Array.from({ length: concurrency }, () => lane(Number(port), request, until, latencies)));
  const perSecond = latencies.length / ((performance.now() - began) / 1000);
  const p50Ms = latencies.sort((one, other) => one - other)[latencies.length >> 1]!;
  console.log(JSON.stringify({ perSecond, p50Ms } satisfies LoadFigures));
}
