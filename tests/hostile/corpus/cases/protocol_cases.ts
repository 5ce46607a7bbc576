/** Protocol: answers that never come, never end, or are no answers, and WebSockets that break their rules. */
import { FRAME, FrameClient } from "../../../integration/sockets/frame_client.ts";
import type { CorpusScene } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";

const BAD = "500 APP_BAD_RESPONSE";
const THROWN = "500 APP_EXCEPTION";
const LIMITS = { timeout_ms: 1000 };

/** Reads some of an endless body and goes. */
async function readsSome(scene: CorpusScene, app: string): Promise<string> {
  const gone = new AbortController();
  const response = await scene.nano.fetch(app, "/", { signal: gone.signal });
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.byteLength;
    if (bytes > 100_000) break;
  }
  gone.abort();
  return bytes > 100_000 ? String(response.status) : `only ${bytes} bytes`;
}

/** Opens a socket, does something with it, and says how it ended: `close CODE`, `end` or what came. */
async function withSocket(
  scene: CorpusScene,
  app: string,
  talk: (client: FrameClient) => Promise<void>,
): Promise<string> {
  using client = await FrameClient.open({ port: scene.nano.port, host: app, path: "/" });
  if (client.status !== 101) return `${client.status}`;
  await talk(client);
  for (;;) {
    const frame = await client.read().catch(() => null);
    if (frame === null) return "end";
    if (frame.op === FRAME.CLOSE) {
      return `close ${frame.data.byteLength >= 2 ? new DataView(frame.data.buffer).getUint16(0) : 1005}`;
    }
  }
}

const SOCKET = (script: string) =>
  `if (request.headers.get("upgrade") !== "websocket") return new Response("done");
  const { socket, response } = Deno.upgradeWebSocket(request); ${script} return response;`;

/** How a socket may end whose client broke the rules of RFC 6455. */
const BROKEN_RULE = ["close 1002", "close 1007", "close 1009", "close 1006", "end"];

/** Answers of the app that are none, or are told only when it is too late. */
export const PROTOCOL_CASES: readonly HostileCase[] = [
  { name: "no answer", deed: `await never();`, sees: ["504 REQUEST_TIMEOUT"], limits: LIMITS },
  { name: "an answer twice", deed: `const r = new Response("done"); request.r = r; return r;`, sees: ["200"] },
  {
    name: "the same answer for two requests",
    app:
      `const r = new Response("done"); export default { fetch: (q) => new URL(q.url).pathname === "/alive" ? new Response("alive") : r };`,
    act: async (scene, app) => [await scene.see(app), await scene.see(app)].join(),
    sees: ["200,200", `200,${BAD}`, `200,${THROWN}`],
  },
  {
    name: "an answer whose body is used",
    deed: `const r = new Response("done"); await r.text(); return r;`,
    sees: [BAD, THROWN],
  },
  {
    name: "an answer whose body is locked",
    deed: `const r = new Response("done"); r.body.getReader(); return r;`,
    sees: [BAD, THROWN],
  },
  { name: "a text", deed: `return "done";`, sees: [BAD] },
  { name: "an error as an answer", deed: `return new Error("x");`, sees: [BAD] },
  { name: "the answer of an error", deed: `return Response.error();`, sees: [BAD, THROWN] },
  { name: "a status beyond HTTP", deed: `return new Response("x", { status: 999 });`, sees: [THROWN, BAD] },
  {
    name: "a status of information",
    deed: `const r = new Response(null); Object.defineProperty(r, "status", { value: 101 }); return r;`,
    sees: [BAD, THROWN, "200", "200 "],
  },
  {
    name: "an endless body",
    deed: `return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } }));`,
    act: readsSome,
    sees: ["200"],
  },
  {
    name: "a body that fails late",
    deed:
      `let n = 0; return new Response(new ReadableStream({ pull(c) { if (n++ > 5) throw new Error("late"); c.enqueue(new Uint8Array(50_000)); } }));`,
    sees: ["200 cut"],
  },
  {
    name: "a body that never comes on",
    deed:
      `return new Response(new ReadableStream({ pull(c) { c.enqueue(new TextEncoder().encode("x")); return new Promise(() => {}); } }));`,
    act: async (scene, app) => {
      const response = await scene.nano.fetch(app);
      const reader = response.body!.getReader();
      await reader.read();
      await scene.canarySings();
      await reader.cancel();
      return String(response.status);
    },
    sees: ["200"],
  },
  {
    name: "chunks that are no bytes",
    deed: `return new Response(new ReadableStream({ pull(c) { c.enqueue({ evil: 1 }); } }));`,
    sees: ["200 cut", BAD, THROWN],
  },
  {
    name: "chunks of detached buffers",
    deed:
      `return new Response(new ReadableStream({ pull(c) { const u = new Uint8Array(1000); c.enqueue(u); structuredClone(u.buffer, { transfer: [u.buffer] }); c.close(); } }));`,
    sees: ["200 ", "200 cut", BAD, THROWN],
  },
  {
    name: "chunks on shared memory",
    deed:
      `return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(new SharedArrayBuffer(10))); c.close(); } }));`,
    sees: ["200 cut", BAD, THROWN, "200 \0\0\0\0\0\0\0\0\0\0"],
  },
  {
    name: "a million tiny chunks",
    deed:
      `let n = 0; return new Response(new ReadableStream({ pull(c) { for (let i = 0; i < 5000; i++) c.enqueue(new Uint8Array([120])); if (++n === 200) c.close(); } }));`,
    act: async (scene, app) => {
      const response = await scene.nano.fetch(app);
      return `${response.status} ${(await response.arrayBuffer()).byteLength}`;
    },
    sees: ["200 1000000"],
    limits: { timeout_ms: 300_000, cpu_ms: 20_000 },
  },
  {
    name: "ten thousand headers",
    deed:
      `const h = new Headers(); for (let i = 0; i < 10_000; i++) h.append("x-h" + i, "v"); return new Response("done", { headers: h });`,
    sees: ["200", BAD, "cut", "502 APP_TERMINATED"],
    limits: { cpu_ms: 20_000, timeout_ms: 30_000 },
  },
  {
    name: "a header of eight megabytes",
    deed: `return new Response("done", { headers: { "x-huge": text(8e6) } });`,
    sees: ["200", BAD, "cut"],
  },
  {
    name: "names and values beyond HTTP",
    deed:
      `for (const [name, value] of [["a b", "v"], ["", "v"], ["x", "a\\r\\nset-cookie: evil=1"], ["x", "\\0"], ["x:y", "v"], ["x", "\\u{1F600}"]]) {
      try { new Headers([[name, value]]); } catch { continue; } throw new Error("made " + JSON.stringify([name, value])); }`,
    sees: ["200"],
  },
  {
    name: "a length that is too short",
    deed: `return new Response("abcdefgh", { headers: { "content-length": "3" } });`,
    act: async (scene, app) => {
      const seen = await scene.see(app);
      await scene.canarySings();
      return seen.startsWith("200 abcdefgh") ? "200" : seen;
    },
    sees: ["200", "200 abc", "200 cut", "cut", BAD],
  },
  {
    name: "a length that is too long",
    deed:
      `return new Response(new ReadableStream({ start(c) { c.enqueue(new TextEncoder().encode("abc")); c.close(); } }), { headers: { "content-length": "1000" } });`,
    sees: ["200 cut", "cut", BAD, "200 abc"],
  },
  {
    name: "an encoding that is none",
    deed:
      `return new Response("done", { headers: { "transfer-encoding": "chunked", "content-encoding": "gzip", "connection": "upgrade", "trailer": "x" } });`,
    sees: ["200", "200 cut", BAD, "cut"],
  },
  { name: "an upgrade that nobody asked for", deed: `return Deno.upgradeWebSocket(request).response;`, sees: [THROWN] },
  {
    name: "an upgrade that is thrown away",
    deed:
      `if (request.headers.get("upgrade") !== "websocket") return new Response("done"); Deno.upgradeWebSocket(request); return new Response("no", { status: 418 });`,
    act: (scene, app) => withSocket(scene, app, async () => {}),
    sees: ["418", "500"],
  },
  {
    name: "a frame with a reserved operation",
    deed: SOCKET(""),
    act: (scene, app) => withSocket(scene, app, (client) => client.send(5, "x")),
    sees: BROKEN_RULE,
  },
  {
    name: "a text that is no UTF-8",
    deed: SOCKET(""),
    act: (scene, app) => withSocket(scene, app, (client) => client.send(FRAME.TEXT, new Uint8Array([0xff, 0xfe]))),
    sees: BROKEN_RULE,
  },
  {
    name: "a ping that is too long",
    deed: SOCKET(""),
    act: (scene, app) => withSocket(scene, app, (client) => client.send(FRAME.PING, new Uint8Array(200))),
    sees: BROKEN_RULE,
  },
  {
    name: "a continuation of nothing",
    deed: SOCKET(""),
    act: (scene, app) => withSocket(scene, app, (client) => client.send(FRAME.CONTINUATION, "x")),
    sees: BROKEN_RULE,
  },
  {
    name: "a loop in a message of a socket",
    deed: SOCKET(`socket.onmessage = () => { for (;;); };`),
    act: async (scene, app) => {
      const from = scene.nano.events.length;
      await withSocket(scene, app, (client) => client.send(FRAME.TEXT, "go"));
      return await scene.exitOf(app, from) === "unresponsive" ? "504 APP_UNRESPONSIVE" : "another reason";
    },
    sees: ["504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 500 },
  },
  {
    name: "growth in a message of a socket",
    deed: SOCKET(`socket.onmessage = () => { for (;;) kept.push(new Array(1000).fill(1)); };`),
    act: async (scene, app) => {
      const from = scene.nano.events.length;
      await withSocket(scene, app, (client) => client.send(FRAME.TEXT, "go"));
      return await scene.exitOf(app, from) === "out_of_memory" ? "503 APP_OUT_OF_MEMORY" : "another reason";
    },
    sees: ["503 APP_OUT_OF_MEMORY"],
    limits: { cpu_ms: 10_000 },
  },
  {
    name: "a flood to a client that does not read",
    deed: SOCKET(
      `socket.onopen = async () => { for (let i = 0; i < 1000 && socket.readyState === 1; i++) { socket.send(new Uint8Array(1 << 20)); if (i % 4 === 0) await later(1); } };`,
    ),
    act: async (scene, app) => {
      using client = await FrameClient.open({ port: scene.nano.port, host: app, path: "/" });
      const status = client.status;
      // A dozen other answers are time enough for a flood of a hundred MB
      for (let count = 0; count < 12; count++) await scene.canarySings();
      return String(status);
    },
    sees: ["101"],
    limits: { cpu_ms: 10_000 },
    spoilsItself: true,
  },
];
