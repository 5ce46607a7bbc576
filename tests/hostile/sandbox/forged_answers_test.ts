/** Answers that an app forges by reaching inside its Response, or by replacing what the wall's own code may lean on. */
import { assert, assertEquals } from "@std/assert";
import { RawConnection } from "../../support/raw_http.ts";
import { Arena } from "./arena.ts";
import { runGauntlet } from "./gauntlet.ts";

/** An app that puts any header pair, status or body into the inside of a genuine Response, by path. */
const FORGER = `
const inside = (response) =>
  response[Object.getOwnPropertySymbols(response).find(({ description }) => description === "response")];
const pairs = {
  "name": ["bad name", "v"], "empty": ["", "v"], "colon": ["x:y", "v"], "unicode-name": ["x-ü", "v"],
  "nul": ["x-b", "a\\0b"], "return": ["x-b", "a\\rset-cookie: evil=1"], "unicode": ["x-b", "\\u{1F600}"], "delete": ["x-b", "\\x7f"],
  "feed": ["x-b", "a\\nset-cookie\\nevil=1"],
  "chunked": ["transfer-encoding", "chunked"], "short": ["content-length", "3"], "negative": ["content-length", "-1"],
  "upgrade": ["connection", "upgrade"], "huge": ["x-b", "v".repeat(8e6)],
};
export default { fetch(request) {
  const kind = new URL(request.url).pathname.slice(1);
  const body = kind === "short" ? "abcHTTP/1.1 200 OK\\r\\ncontent-length: 4\\r\\n\\r\\nevil" : "x";
  const response = new Response(body, { headers: { "x-a": "1" } });
  const parts = inside(response);
  if (kind === "many") for (let at = 0; at < 1e5; at++) parts.headerList.push(["x-" + at, "v"]);
  else if (kind === "no-list") parts.headerList = "abc";
  else if (kind === "status") parts.status = 700;
  else if (kind === "switching") parts.status = 101;
  else if (kind === "object-body") parts.body = { streamOrStatic: { body: { evil: 1 }, consumed: false } };
  else if (kind === "no-content") parts.status = 204;
  else if (kind === "stream") parts.headerList.push(pairs.name);
  else parts.headerList.push(pairs[kind]);
  if (kind !== "stream") return response;
  const streamed = new Response(new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1e5)); } }));
  inside(streamed).headerList.push(pairs.name);
  return streamed;
} };`;

/** Names and values beyond HTTP once ended the process: Deno's HTTP writer panics on them. */
const REFUSED = ["name", "empty", "colon", "unicode-name", "nul", "return", "unicode", "delete", "stream"];

Deno.test("A header beyond HTTP, forged inside a Response, is answered with 500 and ends nothing", async () => {
  await using arena = await Arena.open({ forger: FORGER });
  for (const kind of REFUSED) {
    const sight = await arena.attack("forger", `/${kind}`);
    assertEquals([sight.status, sight.code], [500, "APP_BAD_RESPONSE"], `${kind}: ${sight.text.slice(0, 200)}`);
    await arena.assertUnharmed([sight]);
  }
});

Deno.test("Other forged heads reach nobody but the client that asked", async () => {
  await using arena = await Arena.open({ forger: FORGER });
  const kinds = "feed chunked negative upgrade huge many no-list status switching object-body no-content".split(" ");
  for (const kind of kinds) {
    // Whatever the client makes of it, nobody else sees any of it.
    const sight = await arena.attack("forger", `/${kind}`);
    assert(!sight.text.includes("neighbour"), kind);
    await arena.assertUnharmed([sight]);
  }
  assertEquals(arena.logOf("forger").filter(({ event }) => event === "app_exit"), []);
});

Deno.test("A body longer than its forged content-length cannot pass for the next answer on the connection", async () => {
  await using arena = await Arena.open({ forger: FORGER });
  using connection = await RawConnection.open(arena.nano.url);
  await connection.request("GET", "/short", [["host", "forger"]]);
  await connection.request("GET", "/", [["host", "neighbour"]]);
  const bytes: string[] = [];
  const first = await connection.readResponse();
  bytes.push(first.text);
  try {
    bytes.push((await connection.readResponse()).text);
  } catch (error) {
    // A cut connection is as good as the neighbour's own answer.
    bytes.push(`cut: ${error}`);
  }
  assert(bytes[1]!.startsWith("neighbour ") || bytes[1]!.startsWith("cut"), JSON.stringify(bytes));
  await arena.assertUnharmed();
});

Deno.test("Replaced builtins show an app nothing of the wall's operations and forge none", async () => {
  const sights = await runGauntlet({
    "push": {
      body: `const { push } = Array.prototype; let seen = 0;
        Array.prototype.push = function (...given) {
          if (given.length > 2 && typeof given[0] === "number") { seen++; push.call(this, 99, 99, 99); }
          return push.apply(this, given); };
        console.log("a line"); setTimeout(() => Array.prototype.push = push, 20); await later(50);
        return new Response("seen " + seen);`,
      sees: ["200"],
    },
    "setter": {
      body: `let seen = 0; const undo = [];
        for (const holder of [Object.prototype, Array.prototype]) for (const key of ["0", "1", "2"]) {
          Object.defineProperty(holder, key, { configurable: true, set() { seen++; }, get: () => undefined });
          undo[undo.length] = () => delete holder[key]; }
        let mine = seen; console.log("a line"); await later(20);
        for (const holder of [Object.prototype, Array.prototype]) for (const key of ["0", "1", "2"]) delete holder[key];
        return new Response("done");`,
      sees: ["200", "500 APP_EXCEPTION"],
    },
    // Deno's own dispatcher of rejections throws then
    "setter-rejects": {
      body: `for (const holder of [Object.prototype, Array.prototype])
          Object.defineProperty(holder, "0", { configurable: true, set() {}, get: () => undefined });
        Promise.reject(1); fetch("http://127.0.0.1:1/"); await later(20);
        for (const holder of [Object.prototype, Array.prototype]) delete holder["0"];
        return new Response("done");`,
      sees: ["200"],
    },
    "prototype": {
      body: `for (const name of ["data", "ports", "transfer", "value", "done", "type", "id", "body", "length"])
          Object.defineProperty(Object.prototype, name, { configurable: true, get() {}, set() {} });`,
      sees: ["200", "500 APP_EXCEPTION", "504 REQUEST_TIMEOUT"],
    },
    "everything": {
      body: `for (const P of [Map.prototype, Set.prototype, Promise.prototype, Function.prototype, Array.prototype])
          for (const key of Object.getOwnPropertyNames(P)) if (key !== "constructor") try { P[key] = () => { throw 1; }; } catch {}`,
      sees: ["200", "500 APP_EXCEPTION", "504 REQUEST_TIMEOUT", "504 APP_UNRESPONSIVE", "502 APP_TERMINATED"],
    },
    "globals": {
      body: `for (const name of ["Promise", "Map", "ReadableStream", "Request", "Response", "Headers", "Uint8Array",
          "Error", "Symbol", "Reflect", "setTimeout", "structuredClone", "Array", "Object"])
          globalThis[name] = function () { throw new Error(name); };`,
      sees: ["200", "500 APP_EXCEPTION"],
    },
    "frozen": {
      body: `for (const one of [Object.prototype, Array.prototype, Promise.prototype, Map.prototype, Response.prototype,
          Response, globalThis]) Object.freeze(one);`,
      sees: ["200"],
    },
    "promise": {
      body: `const { then } = Promise.prototype;
        Promise.prototype.then = function (a, b) { return then.call(this, () => a?.(), b); };
        Object.defineProperty(Promise.prototype, "constructor", { get: () => function () { throw 1; } });`,
      sees: ["200", "500 APP_EXCEPTION", "504 REQUEST_TIMEOUT", "504 APP_UNRESPONSIVE"],
    },
  }, { timeout_ms: 2000, cpu_ms: 500 });
  assertEquals(sights.get("push")?.text, "seen 0");
});

Deno.test("Odd values, thrown or returned, get a plain answer", async () => {
  const odd = (body: string, ...more: string[]) => ({
    body,
    sees: ["500 APP_EXCEPTION", "500 APP_BAD_RESPONSE", ...more],
  });
  const hangs = "504 REQUEST_TIMEOUT";
  await runGauntlet({
    "null": odd(`throw null`),
    "symbol": odd(`throw Symbol("x")`),
    "proxy": odd(`throw new Proxy(new Error("x"), { get() { throw 1; }, getPrototypeOf() { throw 2; } })`, hangs),
    "revoked": odd(`const r = Proxy.revocable({}, {}); r.revoke(); throw r.proxy`, hangs),
    "to-string": odd(`throw { toString() { throw { toString() { throw 1; } }; } }`),
    "stack": odd(`const e = new Error("x"); Object.defineProperty(e, "stack", { get() { throw 1; } }); throw e`),
    "cause": odd(`const e = new Error("x"); e.cause = e; throw e`),
    "forged": odd(`return Object.create(Response.prototype)`),
    "instance": odd(`Object.defineProperty(Response, Symbol.hasInstance, { value: () => true }); return {}`),
    "subclass": odd(
      `return new (class extends Response { get status() { throw 1; } get bodyUsed() { throw 4; } })("x")`,
    ),
    "thenable": { body: `return { then() {} }`, sees: [hangs] },
    "chunk": {
      body: `return new Response(new ReadableStream({ pull(c) { c.enqueue({ evil: 1 }); } }))`,
      sees: ["200"],
    },
    "cancel": {
      body: `return new Response(new ReadableStream({ pull() { throw null; }, cancel() { throw null; } }))`,
      sees: ["200"],
    },
    "tiny": {
      body: `let n = 0; return new Response(new ReadableStream({ pull(c) {
        for (let i = 0; i < 1000; i++) c.enqueue(new Uint8Array(1)); if (++n === 300) c.close(); } }))`,
      sees: ["200"],
    },
    "rejections": {
      body: `setInterval(() => { for (let i = 0; i < 2000; i++) Promise.reject(i); }, 1)`,
      sees: ["200"],
    },
    "console": {
      body: `setInterval(() => { for (let i = 0; i < 2000; i++) console.log(text(9000)); }, 1)`,
      sees: ["200"],
    },
    "warnings": {
      body: `setInterval(() => { for (let i = 0; i < 500; i++) process.emitWarning("x"); }, 1)`,
      sees: ["200"],
    },
    "wait": { body: `for (let i = 0; i < 1e5; i++) context.waitUntil(new Promise(() => {}));`, sees: ["200"] },
    "process": {
      body: `for (const key of ["kill", "exit", "abort", "reallyExit", "chdir", "setuid", "dlopen", "binding"]) {
          let called = true; try { process[key](process.pid, 9); } catch { called = false; }
          if (called) return new Response(key, { status: 418 }); }`,
      sees: ["200"],
    },
  }, { timeout_ms: 2000 });
});
