/** An upstream that ends, lies, drips and bombs, by path. */
import { gzipSync } from "node:zlib";

const OK = "HTTP/1.1 200 OK\r\n";
const ANSWERS: Readonly<Record<string, string>> = {
  "/reset": "",
  "/short": `${OK}Content-Length: 100\r\n\r\nonly`,
  "/cut-chunk": `${OK}Transfer-Encoding: chunked\r\n\r\n64\r\nonly`,
  "/bad-chunk": `${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\nonly\r\n0\r\n\r\n`,
  "/bad-gzip": `${OK}Content-Encoding: gzip\r\nContent-Length: 8\r\n\r\nno gzip!`,
  "/garbage": "SSH-2.0-OpenSSH_9.9\r\n\r\n",
};

/** Runs something beside such an upstream. @param run gets its port on 127.0.0.1 */
export async function withUpstream<T>(run: (port: number) => Promise<T>): Promise<T> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  const serving = serve(listener, open);
  try {
    return await run(listener.addr.port);
  } finally {
    listener.close();
    for (const connection of open) close(connection);
    await serving;
  }
}

async function serve(listener: Deno.Listener, open: Set<Deno.Conn>): Promise<void> {
  const answering: Promise<void>[] = [];
  try {
    for await (const connection of listener) {
      open.add(connection);
      answering.push(
        answer(connection).catch(() => {}).finally(() => {
          open.delete(connection);
          close(connection);
        }),
      );
    }
  } catch (error) {
    // The listener was closed while it waited
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
  await Promise.all(answering);
}

async function answer(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(8192);
  let head = "";
  while (!head.includes("\r\n\r\n")) {
    const count = await connection.read(buffer);
    if (count === null) return;
    head += new TextDecoder("latin1").decode(buffer.subarray(0, count));
  }
  const path = head.split(" ")[1] ?? "/";
  const send = (text: string) => sendAll(connection, new TextEncoder().encode(text));
  if (path === "/silent") await connection.read(buffer);
  else if (path === "/bomb") {
    const bomb = gzipSync(new Uint8Array(256 << 20));
    await send(`${OK}Content-Encoding: gzip\r\nContent-Length: ${bomb.byteLength}\r\n\r\n`);
    await sendAll(connection, bomb);
  } else if (path === "/endless") {
    await send(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
    const chunk = `10000\r\n${"x".repeat(65_536)}\r\n`;
    // Back-pressure holds it up; the end of the case closes the connection
    for (;;) await send(chunk);
  } else if (path === "/endless-head") {
    await send(OK);
    for (let index = 0; index < 1e6; index++) await send(`x-${index}: ${"v".repeat(1000)}\r\n`);
  } else if (path === "/redirects") {
    await send("HTTP/1.1 302 Found\r\nLocation: /redirects\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  } else if (path.startsWith("/to-trap?")) {
    await send(`HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:${path.slice(9)}/\r\nContent-Length: 0\r\n\r\n`);
  } else await send(ANSWERS[path] ?? `${OK}Content-Length: 0\r\n\r\n`);
}

async function sendAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.byteLength;) sent += await connection.write(bytes.subarray(sent));
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch (error) {
    // Closed already from the other side of a race
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
