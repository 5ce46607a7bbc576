/** No answer of node:http reaches past its end: what follows on the connection is the answer of whoever was asked next. */
import { assert, assertEquals } from "@std/assert";
import { Arena } from "./arena.ts";

const EVIL = `HTTP/1.1 200 EVIL\\r\\ncontent-length: 0\\r\\n\\r\\n`;
/** Lines of a handler by path. */
const DEEDS: Readonly<Record<string, string>> = {
  long: `res.setHeader("content-length", 5); res.end("x".repeat(20) + "${EVIL}");`,
  short: `res.setHeader("content-length", 500); res.end("${EVIL}");`,
  chunked: `res.setHeader("transfer-encoding", "chunked"); res.end("0\\r\\n\\r\\n${EVIL}");`,
  identity: `res.writeHead(200, { "transfer-encoding": "identity", "content-length": "3, 4" }); res.end("abc${EVIL}");`,
  value: `res.setHeader("x", "a\\r\\n\\r\\n${EVIL}"); res.end();`,
  reason: `res.writeHead(200, "OK\\r\\n\\r\\n${EVIL}"); res.end();`,
  name: `res.writeHead(200, ["a\\r\\n\\r\\n${EVIL}", "c"]); res.end();`,
  empty: `res.writeHead(204); res.end("${EVIL}");`,
  early: `res.writeHead(103, { link: "${EVIL}" }); res.end();`,
  trailer:
    `res.setHeader("trailer", "x"); res.write("a"); res.addTrailers({ x: "1\\r\\n\\r\\n${EVIL}" }); res.end("b");`,
  socket: `req.socket.write("${EVIL}"); res.end("s");`,
  head: `res.end("${EVIL}");`,
};
const APP = `import http from "node:http";
const deeds = { ${Object.entries(DEEDS).map(([name, lines]) => `${name}(req, res) { ${lines} }`).join(",\n")} };
http.createServer((req, res) => {
  try { deeds[req.url.slice(1)](req, res); } catch { if (!res.writableEnded) res.end("refused"); }
}).listen(3000);`;

async function exchange(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  const decoder = new TextDecoder();
  let answer = "";
  for await (const part of connection.readable) answer += decoder.decode(part, { stream: true });
  return answer;
}

Deno.test("An answer of node:http ends where its head says, or its connection does", async (t) => {
  await using arena = await Arena.open({ smuggler: APP });
  const next = "GET / HTTP/1.1\r\nHost: neighbour\r\nConnection: close\r\n\r\n";
  const rightly = await exchange(arena.nano.port, next);
  for (const name of Object.keys(DEEDS)) {
    await t.step(name, async () => {
      const method = name === "head" ? "HEAD" : "GET";
      const asked = `${method} /${name} HTTP/1.1\r\nHost: smuggler\r\n\r\n${next}`;
      const answer = await exchange(arena.nano.port, asked);
      const head = answer.slice(0, answer.indexOf("\r\n\r\n") + 4);
      assert(/^HTTP\/1\.1 \d{3} /.test(head), head);
      const length = method === "HEAD" ? 0 : Number(/^content-length: (\d+)\r$/mi.exec(head)?.[1] ?? 0);
      const rest = answer.slice(head.length + length);
      if (rest !== "") assertEquals(plain(rest), plain(rightly));
    });
  }
  await arena.assertUnharmed();
});

/** Without what differs from answer to answer. */
function plain(answer: string): string {
  return answer.replace(/^(?:date|nano-request-id|x-request-id): .*\r\n/gmi, "");
}
