/** Moves one large body over raw TCP and prints how long it took. Run: stream_client.ts PORT down|up PATH BYTES */

/** Reads to the end of the connection; the figure is only worth something when all bytes came. */
async function readAll(connection: Deno.TcpConn): Promise<{ bytes: number; tail: string }> {
  const buffer = new Uint8Array(256 * 1024);
  let bytes = 0;
  let tail = "";
  for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
    bytes += count;
    tail = new TextDecoder("latin1").decode(buffer.subarray(Math.max(0, count - 64), count));
  }
  return { bytes, tail };
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.byteLength;) sent += await connection.write(bytes.subarray(sent));
}

if (import.meta.main) {
  const [port, way, path, length] = Deno.args as [string, string, string, string];
  const wanted = Number(length);
  const head = way === "up" ? `POST ${path} HTTP/1.1\r\ncontent-length: ${wanted}\r\n` : `GET ${path} HTTP/1.1\r\n`;
  const block = new Uint8Array(64 * 1024).fill(0x61);
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const began = performance.now();
  await writeAll(connection, new TextEncoder().encode(`${head}host: serve.bench\r\nconnection: close\r\n\r\n`));
  const sending = (async () => {
    if (way !== "up") return;
    for (let left = wanted; left > 0; left -= block.byteLength) {
      await writeAll(connection, left < block.byteLength ? block.subarray(0, left) : block);
    }
  })();
  const [{ bytes, tail }] = await Promise.all([readAll(connection), sending]);
  const ms = performance.now() - began;
  // A chunked body ends with a chunk of no bytes; an upload is answered with the number of bytes the app saw.
  const whole = way === "up" ? tail.endsWith(String(wanted)) : bytes > wanted && tail.endsWith("0\r\n\r\n");
  if (!whole) throw new Error(`The transfer is incomplete: ${bytes} bytes came, the last are ${JSON.stringify(tail)}`);
  console.log(ms);
}
