/** Clients: slow, silent, greedy and malformed ones, against an app that means well. */
import { ConnectionClosed, RawConnection } from "../../../support/raw_http.ts";
import { type CorpusScene, DEADLINE_MS } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";

/** Answers with the body's length. */
const READS_BODY =
  `if (request.method === "POST") { const { byteLength } = await request.bytes(); return new Response("got " + byteLength); }`;
const BIG = `return new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(65536)); } }));`;
/** How a client may be told that its request is none. */
const REFUSED = ["400", "400 BAD_REQUEST", "closed", "431", "414", "413", "413 BODY_TOO_LARGE", "501", "505"];

/** Sends bytes on a connection of its own; the status and code of the first answer, or `closed`. */
async function send(scene: CorpusScene, bytes: string): Promise<string> {
  using connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
  try {
    await connection.send(bytes);
    const answer = await connection.readResponse();
    const code = answer.get("nano-error");
    return code === null ? `${answer.status}` : `${answer.status} ${code}`;
  } catch (error) {
    if (
      error instanceof ConnectionClosed || error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe
    ) return "closed";
    throw error;
  }
}

/** Sends bytes to an app and counts the answers that come: a smuggled request would get one more. */
async function answersTo(scene: CorpusScene, bytes: string): Promise<string> {
  using connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
  const seen: string[] = [];
  try {
    await connection.send(bytes);
    await connection.closeWrite();
    for (;;) {
      const answer = await connection.readResponse();
      seen.push(answer.text.includes("canary") ? "canary" : String(answer.status));
    }
  } catch (error) {
    const isEnd = error instanceof ConnectionClosed || error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.NotConnected;
    if (!isEnd) throw error;
  }
  return seen.includes("canary") ? "smuggled" : seen[0] ?? "closed";
}

const inner = "GET / HTTP/1.1\r\nHost: canary\r\nConnection: close\r\n\r\n";

function smuggling(name: string, head: string, body: string): HostileCase {
  return {
    name: `smuggling by ${name}`,
    deed: READS_BODY,
    act: (scene, app) => answersTo(scene, `POST / HTTP/1.1\r\nHost: ${app}\r\n${head}\r\n\r\n${body}`),
    sees: [...REFUSED, "200"],
  };
}

function malformed(name: string, bytes: string): HostileCase {
  return {
    name,
    deed: READS_BODY,
    act: (scene, app) => send(scene, bytes.replaceAll("APP", app)),
    sees: REFUSED,
  };
}

/** Opens many connections at once, does something with each, and looks whether the canary sings meanwhile. */
async function crowd(scene: CorpusScene, count: number, bytes: string): Promise<string> {
  const open: RawConnection[] = [];
  try {
    for (let index = 0; index < count; index++) {
      const connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
      open.push(connection);
      // One of them may be closed at once: that is the host's right
      if (bytes !== "") await connection.send(bytes).catch(() => {});
    }
    await scene.canarySings();
    return "200";
  } finally {
    for (const connection of open) connection.close();
  }
}

/** Attacks by clients. */
export const CLIENT_CASES: readonly HostileCase[] = [
  smuggling(
    "a length beside chunks",
    `Content-Length: ${inner.length + 5}\r\nTransfer-Encoding: chunked`,
    `0\r\n\r\n${inner}`,
  ),
  smuggling("two lengths", `Content-Length: 0\r\nContent-Length: ${inner.length}`, inner),
  smuggling("an unknown encoding", "Transfer-Encoding: xchunked", inner),
  smuggling("chunks that are not last", "Transfer-Encoding: chunked, identity", `0\r\n\r\n${inner}`),
  smuggling("a length with a sign", "Content-Length: +0", inner),
  smuggling("a blank before the colon", "Transfer-Encoding : chunked", `0\r\n\r\n${inner}`),
  smuggling("a folded header", "X-A: b\r\n Transfer-Encoding: chunked", inner),
  smuggling("a chunk's extension", "Transfer-Encoding: chunked", `0;x="\r\n\r\n${inner}`),
  smuggling("a bare line feed", `X-A: b\nContent-Length: ${inner.length}`, inner.replaceAll("\r", "")),
  malformed("no Host", "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"),
  malformed("two Hosts", "GET / HTTP/1.1\r\nHost: APP\r\nHost: canary\r\nConnection: close\r\n\r\n"),
  malformed("a Host that is none", "GET / HTTP/1.1\r\nHost: a b/c\r\nConnection: close\r\n\r\n"),
  malformed("an endless name of a header", `GET / HTTP/1.1\r\nHost: APP\r\n${"x".repeat(300_000)}: y\r\n\r\n`),
  malformed("a head of a megabyte", `GET / HTTP/1.1\r\nHost: APP\r\nx: ${"y".repeat(1_000_000)}\r\n\r\n`),
  malformed("a path of a megabyte", `GET /${"p".repeat(1_000_000)} HTTP/1.1\r\nHost: APP\r\n\r\n`),
  malformed("no HTTP", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello over TLS\r\n\r\n"),
  malformed("a version from the future", "GET / HTTP/9.9\r\nHost: APP\r\n\r\n"),
  malformed(
    "a chunk that is no chunk",
    "POST / HTTP/1.1\r\nHost: APP\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n0\r\n\r\n",
  ),
  {
    name: "a target with a host of its own",
    deed: READS_BODY,
    act: (scene, app) => send(scene, `GET http://canary/ HTTP/1.1\r\nHost: ${app}\r\nConnection: close\r\n\r\n`),
    sees: [...REFUSED, "200"],
  },
  {
    name: "a body beyond its limit",
    deed: READS_BODY,
    act: (scene, app) => send(scene, `POST / HTTP/1.1\r\nHost: ${app}\r\nContent-Length: 1000000000000\r\n\r\nx`),
    sees: ["413 BODY_TOO_LARGE"],
    limits: { max_body_bytes: 1000 },
  },
  {
    name: "a chunked body beyond its limit",
    deed: READS_BODY,
    act: (scene, app) =>
      send(
        scene,
        `POST / HTTP/1.1\r\nHost: ${app}\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n${"x".repeat(4096)}\r\n0\r\n\r\n`,
      ),
    sees: ["413 BODY_TOO_LARGE", "closed"],
    limits: { max_body_bytes: 1000 },
  },
  {
    name: "a body of a byte a chunk",
    deed: READS_BODY,
    act: (scene, app) =>
      send(
        scene,
        `POST / HTTP/1.1\r\nHost: ${app}\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\nx\r\n".repeat(50_000)}0\r\n\r\n`,
      ),
    sees: ["200"],
  },
  {
    name: "twenty bodies of a byte a chunk that nobody reads",
    deed: `if (request.method === "POST") await never(); return new Response("done");`,
    act: async (scene, app) => {
      const open: RawConnection[] = [];
      const sent: Promise<void>[] = [];
      try {
        for (let index = 0; index < 20; index++) {
          const connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
          open.push(connection);
          const head = `POST / HTTP/1.1\r\nHost: ${app}\r\nTransfer-Encoding: chunked\r\n\r\n`;
          // The host takes them when it has time, and the end of the case cuts them
          sent.push(connection.send(head + "1\r\nx\r\n".repeat(200_000)).catch(() => {}));
        }
        for (let song = 0; song < 5; song++) await scene.canarySings();
        return await scene.see(app);
      } finally {
        for (const connection of open) connection.close();
        await Promise.all(sent);
      }
    },
    sees: ["200"],
    limits: { timeout_ms: 300_000 },
  },
  {
    name: "two hundred heads that never end",
    deed: READS_BODY,
    act: (scene, app) => crowd(scene, 200, `GET / HTTP/1.1\r\nHost: ${app}\r\nX-Slow: `),
    sees: ["200"],
  },
  {
    name: "two hundred bodies that never come",
    deed: READS_BODY,
    act: (scene, app) => crowd(scene, 200, `POST / HTTP/1.1\r\nHost: ${app}\r\nContent-Length: 100\r\n\r\nx`),
    sees: ["200"],
  },
  {
    name: "three hundred connections that say nothing",
    deed: READS_BODY,
    act: (scene) => crowd(scene, 300, ""),
    sees: ["200"],
  },
  {
    name: "sixty clients that do not read",
    deed: BIG,
    act: (scene, app) => crowd(scene, 60, `GET / HTTP/1.1\r\nHost: ${app}\r\n\r\n`),
    sees: ["200"],
    limits: { max_concurrent: 100 },
  },
  {
    name: "resets at every point",
    deed: `${READS_BODY} return new Response(text(200_000));`,
    act: async (scene, app) => {
      const whole = `POST / HTTP/1.1\r\nHost: ${app}\r\nContent-Length: 5000\r\n\r\n${"x".repeat(5000)}`;
      for (let length = 1; length < whole.length; length += 97) {
        using connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
        await connection.send(whole.slice(0, length)).catch(() => {});
      }
      await scene.canarySings();
      return await scene.see(app, "/", { method: "POST", body: "abc" });
    },
    sees: ["200 got 3"],
  },
  {
    name: "a queue filled by one client",
    deed: `await later(300);`,
    act: async (scene, app) => {
      const seen = await Promise.all(Array.from({ length: 30 }, () => scene.see(app)));
      const wrong = seen.find((one) => one !== "200" && one !== "503 APP_OVERLOADED");
      return wrong ??
        (seen.includes("503 APP_OVERLOADED") && seen.includes("200") ? "503 APP_OVERLOADED" : "nobody waited");
    },
    sees: ["503 APP_OVERLOADED"],
    limits: { max_concurrent: 2, max_queue: 4, timeout_ms: 300_000 },
  },
  {
    name: "a thousand requests in one pipe",
    deed: READS_BODY,
    act: async (scene, app) => {
      using connection = await RawConnection.open(scene.nano.url, { timeoutMs: DEADLINE_MS });
      const sent = connection.send(`GET / HTTP/1.1\r\nHost: ${app}\r\n\r\n`.repeat(1000)).catch(() => {});
      let whole = 0;
      for (; whole < 1000; whole++) if ((await connection.readResponse()).text !== "done") break;
      await sent;
      return whole === 1000 ? "200" : `${whole} answers`;
    },
    sees: ["200"],
  },
  {
    name: "a bomb of gzip that the app unpacks",
    deed: `if (request.method !== "POST") return new Response("done");
      kept.push(await new Response(request.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());`,
    act: async (scene, app) => {
      const { gzipSync } = await import("node:zlib");
      return await scene.see(app, "/", { method: "POST", body: new Uint8Array(gzipSync(new Uint8Array(200 << 20))) });
    },
    sees: ["503 APP_OUT_OF_MEMORY", "500 APP_EXCEPTION"],
    limits: { cpu_ms: 10_000, timeout_ms: 300_000 },
  },
  {
    name: "a form of ten megabytes, again and again",
    deed:
      `if (request.method !== "POST") return new Response("done"); const form = await request.formData(); return new Response("size " + form.get("f").size);`,
    act: async (scene, app) => {
      for (let round = 0; round < 8; round++) {
        const body = new FormData();
        body.set("f", new Blob([new Uint8Array(10_000_000)]), "report; final.pdf");
        const seen = await scene.see(app, "/", { method: "POST", body });
        if (seen !== "200 size 10000000") return seen;
      }
      return "200";
    },
    sees: ["200"],
    limits: { memory_mb: 128, external_mb: 128, timeout_ms: 300_000, cpu_ms: 10_000 },
  },
  {
    name: "a form that breaks off",
    deed:
      `if (request.method !== "POST") return new Response("done"); try { await request.formData(); } catch (error) { return new Response(error.name); } return new Response("a whole form");`,
    act: (scene, app) =>
      scene.see(app, "/", {
        method: "POST",
        headers: { "content-type": "multipart/form-data; boundary=x" },
        body: '--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nhalf',
      }),
    sees: ["200 TypeError"],
  },
];
