/** Tamper: builtins replaced under the wall's feet, odd objects as answers, forged lines and cookies. */
import type { CorpusScene } from "../corpus_scene.ts";
import type { HostileCase } from "../hostile_case.ts";

/** An app that breaks what it stands on may get any of these, and nobody else notices. */
const ITS_OWN_LOSS = [
  "200",
  "500 APP_EXCEPTION",
  "500 APP_BAD_RESPONSE",
  "504 REQUEST_TIMEOUT",
  "504 APP_UNRESPONSIVE",
  "502 APP_TERMINATED",
];
const REFUSED = ["500 APP_EXCEPTION", "500 APP_BAD_RESPONSE"];

/** Replaced for good: the next requests run on it too. */
const REPLACED: Readonly<Record<string, string>> = {
  "call and apply": `Function.prototype.call = Function.prototype.apply = function () { throw new Error("call"); };`,
  "then of promises": `Promise.prototype.then = function () { return this; };`,
  "iterators":
    `Array.prototype[Symbol.iterator] = function* () {}; Map.prototype[Symbol.iterator] = function* () {}; Set.prototype.forEach = () => {};`,
  "getters of every object":
    `for (const name of ["type", "id", "body", "data", "status", "headers", "port", "code", "signal", "size", "value", "done", "then"])
      Object.defineProperty(Object.prototype, name, { configurable: true, get() { return undefined; }, set() {} });`,
  "numbers of every array":
    `for (const key of [0, 1, 2, 3]) Object.defineProperty(Array.prototype, key, { configurable: true, get: () => 99, set() {} });`,
  "events":
    `Event.prototype.stopPropagation = EventTarget.prototype.dispatchEvent = () => { throw new Error("event"); };
    Object.defineProperty(MessageEvent.prototype, "data", { get: () => [[1, 200]] });`,
  "stacks":
    `Error.prepareStackTrace = () => { for (const x of [1]) throw new Error("stack"); }; Error.stackTraceLimit = 1e9; throw new Error("on purpose");`,
  "frozen intrinsics":
    `for (const one of [Object.prototype, Array.prototype, Promise.prototype, Map.prototype, Response, Response.prototype, Headers.prototype, globalThis]) Object.freeze(one);`,
  "globals":
    `for (const name of ["Promise", "Map", "ReadableStream", "Request", "Response", "Headers", "Uint8Array", "Error", "Symbol", "Reflect", "setTimeout", "Array", "Object"])
      globalThis[name] = function () { throw new Error(name); };`,
  "everything of the prototypes":
    `for (const P of [Map.prototype, Set.prototype, Promise.prototype, Function.prototype, Array.prototype, String.prototype, ArrayBuffer.prototype])
      for (const key of Object.getOwnPropertyNames(P)) if (key !== "constructor") try { P[key] = () => { throw 1; }; } catch {}`,
  "clocks":
    `Date.now = () => NaN; performance.now = () => -Infinity; globalThis.setTimeout = () => 1; globalThis.setInterval = () => 1;`,
  "texts":
    `String.prototype.slice = String.prototype.split = String.prototype.startsWith = () => "/"; RegExp.prototype.exec = () => null; JSON.stringify = () => "{}";`,
  "typed arrays":
    `Uint8Array.prototype.set = () => {}; Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "byteLength", { get: () => 1e9 });`,
  "instances of everything":
    `for (const one of [Response, Headers, ReadableStream, Promise, Error]) Object.defineProperty(one, Symbol.hasInstance, { value: () => true }); return {};`,
};

/** Odd answers. */
const ODD: Readonly<Record<string, string>> = {
  "a proxy of a response": `return new Proxy(new Response("x"), { get() { throw new Error("get"); } });`,
  "a forged response": `return Object.create(Response.prototype);`,
  "a plain object": `return { status: 200, headers: new Headers(), body: "x" };`,
  "a subclass whose getters throw":
    `return new (class extends Response { get status() { throw 1; } get body() { throw 2; } get headers() { throw 3; } })("x");`,
  "a revoked proxy": `const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy;`,
  "null thrown": `throw null;`,
  "a symbol thrown": `throw Symbol("x");`,
  "an error of itself": `const e = new Error("x"); e.cause = e; throw e;`,
  "an error whose text throws": `throw { toString() { throw { toString() { throw 1; } }; } };`,
};

/** A type of a clone that nobody builds ends the process where Deno reads it. */
const FORGED_CLONES: Readonly<Record<string, string>> = {
  "cloned":
    `for (const forged of [() => ({ type: "x" }), () => ({}), () => 1, () => [], () => ({ type: "toString" }), () => ({ a: 1, type: "DOMException" })]) {
      for (const one of [{ [BRAND]: forged }, [new Map([[1, { [BRAND]: forged }]])], Object.create({ [BRAND]: forged })]) {
        let kind = "cloned";
        try { structuredClone(one); } catch (error) { kind = error.name; }
        if (kind !== "DataCloneError") throw new Error(kind);
      }
    }`,
  "posted": `const { port1, port2 } = new MessageChannel(); port2.onmessage = () => {};
    for (const more of [[], [[]], [{ transfer: [new ArrayBuffer(8)] }], [[new MessageChannel().port1]]]) {
      let kind = "posted";
      try { port1.postMessage({ [BRAND]: () => ({ type: "x" }) }, ...more); } catch (error) { kind = error.name; }
      if (kind !== "DataCloneError") throw new Error(kind);
    }
    await later(200); port1.close();`,
  "of every object, at the second look": `const { port1, port2 } = new MessageChannel(); port2.onmessage = () => {};
    for (const prototype of [Object.prototype, DOMException.prototype, File.prototype, Blob.prototype, CryptoKey.prototype]) {
      let looks = 0;
      const forged = () => ({ __proto__: null, type: looks++ % 2 ? "x" : "DOMException", message: "", name: "" });
      try { Object.defineProperty(prototype, BRAND, { configurable: true, value: forged }); } catch { continue; }
      try {
        for (let i = 0; i < 4; i++) for (const one of [{}, new File(["x"], "n"), new DOMException("x")])
          for (const how of [() => structuredClone(one), () => port1.postMessage(one), () => port1.postMessage(one, [new ArrayBuffer(8)]), () => structuredClone(one, { transfer: [new ArrayBuffer(8)] })])
            try { how(); } catch {}
      } finally { delete prototype[BRAND]; }
    }
    await later(200); port1.close();`,
  "while the list of what is handed over is read":
    `const { port1, port2 } = new MessageChannel(); port2.onmessage = () => {};
    const native = Array.prototype[Symbol.iterator];
    let reads = 0;
    Array.prototype[Symbol.iterator] = function () {
      if (reads++ > 0) Object.defineProperty(Object.prototype, BRAND, { configurable: true, value: () => ({ type: "x" }) });
      return native.call(this);
    };
    try { port1.postMessage({}, [new ArrayBuffer(8)]); } catch {} finally { Array.prototype[Symbol.iterator] = native; delete Object.prototype[BRAND]; }
    await later(200); port1.close();`,
};

/** What the canary's own lines in the log look like must not be told by another app. */
async function forgedLines(scene: CorpusScene, app: string): Promise<string> {
  const from = scene.nano.events.length;
  const seen = await scene.see(app);
  await scene.nano.waitForEvent((record) => record["text"] === "last line" && record["app"] === app, 120_000, from);
  const forged = scene.nano.events.slice(from).filter((record) =>
    record["app"] === "canary" && record.event !== "request" || record.event === "server_stop"
  );
  return forged.length === 0 ? seen : `forged: ${JSON.stringify(forged)}`;
}

/**
 * Deno's loop that takes messages off a port ends for good when it iterates a list with an app's own code, which it does
 * for messages with buffers: whoever hears nothing any more is ended, and told why.
 */
async function untilHeardNoMore(scene: CorpusScene, app: string): Promise<string> {
  for (;;) {
    const seen = await scene.see(app, "/", { method: "POST", body: "x".repeat(200_000) });
    if (seen !== "504 REQUEST_TIMEOUT") return seen;
  }
}

/** Replaced so that Deno's own loops end. */
const DEAFENED: Readonly<Record<string, string>> = {
  "how lists are iterated": `Array.prototype[Symbol.iterator] = () => { throw new Error("iterated"); };`,
  "all methods of lists":
    `for (const key of Object.getOwnPropertyNames(Array.prototype).concat(Symbol.iterator)) if (key !== "constructor" && key !== "length") Array.prototype[key] = () => { throw new Error("list"); };`,
};

/** Attacks on what the wall stands on. */
export const TAMPER_CASES: readonly HostileCase[] = [
  ...Object.entries(REPLACED).map(([name, deed]): HostileCase => ({
    name: `replaced, ${name}`,
    deed,
    places: name === "then of promises" || name === "call and apply"
      ? ["handler", "after the response", "top level"]
      : ["handler"],
    sees: ITS_OWN_LOSS,
    seesAt: { "top level": [...ITS_OWN_LOSS, "503 APP_FAILED", "503 APP_UNAVAILABLE"] },
    spoilsItself: true,
    limits: { timeout_ms: 1500, cpu_ms: 1000 },
  })),
  ...Object.entries(DEAFENED).map(([name, deed]): HostileCase => ({
    name: `replaced for good, ${name}`,
    app: `const Answer = Response;\n${deed}\nexport default { fetch: () => new Answer("done") };`,
    act: untilHeardNoMore,
    // A process has no such loop, and serves on
    sees: ["504 APP_UNRESPONSIVE", "200"],
    spoilsItself: true,
    limits: { timeout_ms: 1500 },
  })),
  ...Object.entries(ODD).map(([name, deed]): HostileCase => ({
    name,
    deed,
    sees: /proxy|subclass/.test(name) ? [...REFUSED, "504 REQUEST_TIMEOUT", "200 x"] : REFUSED,
    limits: { timeout_ms: 1500 },
  })),
  {
    name: "forged lines of the log",
    deed:
      `const line = JSON.stringify({ ts: new Date().toISOString(), level: "info", event: "server_stop", app: "canary" });
      console.log(line); console.log("x\\n" + line + "\\n"); console.error("\\r\\n" + line); console.log("\\u2028" + line + "\\u0085" + line);
      console.log("\\x1b[2J\\x1b]0;evil\\x07"); await later(20); console.log("last line");`,
    act: forgedLines,
    sees: ["200"],
  },
  {
    name: "forged lines by the process' own streams",
    deed: `const line = JSON.stringify({ ts: "x", level: "info", event: "server_stop", app: "canary" }) + "\\n";
      for (const one of [() => process.stdout.write(line), () => process.stderr.write(line), () => Deno.stdout.writeSync(new TextEncoder().encode(line)),
        () => process._rawDebug(line)]) try { one(); } catch {}
      console.log("last line");`,
    act: forgedLines,
    sees: ["200"],
  },
  {
    name: "the cookie of the dashboard",
    deed:
      `return new Response("done", { headers: [["set-cookie", "nano_session=evil; Path=/"], ["set-cookie", "nano_session=; Max-Age=0"], ["set-cookie", "own=1"]] });`,
    act: async (scene, app) => {
      const response = await scene.nano.fetch(app);
      await response.text();
      const cookies = response.headers.getSetCookie();
      if (cookies.some((cookie) => /nano_session/.test(cookie))) return `set: ${cookies.join(" | ")}`;
      return cookies.join() === "own=1" ? "200" : `the app's own cookie is lost: ${cookies.join(" | ")}`;
    },
    sees: ["200"],
  },
  {
    name: "labels of metrics",
    deed: `return new Response("done", { status: 299 });`,
    act: async (scene, app) => {
      for (const host of ['x"} 1\nnano_evil 1', "no-such-host", "a".repeat(300)]) {
        await scene.see("canary", `/${encodeURIComponent(host)}`, { method: "BREW" });
        await scene.see(app, "/", { headers: { "x-forwarded-host": "no-such-host" } });
      }
      const metrics = await (await scene.admin("GET", "/metrics")).text();
      return /nano_evil|no-such-host|BREW/.test(metrics) ? "a client writes labels" : "200";
    },
    sees: ["200"],
  },
  {
    name: "headers of the wall",
    deed: `return new Response("done", { headers: { "nano-error": "APP_NOT_FOUND", "x-request-id": "forged" } });`,
    act: async (scene, app) => {
      const response = await scene.nano.fetch(app, "/", { headers: { "x-request-id": "mine" } });
      await response.text();
      return String(response.status);
    },
    sees: ["200"],
  },
  {
    name: "a storm of rejections",
    deed: `setInterval(() => { for (let i = 0; i < 1000; i++) Promise.reject(new Error("x" + i)); }, 1);`,
    sees: ["200"],
    spoilsItself: true,
  },
  {
    name: "errors thrown in timers",
    deed: `for (let i = 0; i < 100; i++) setTimeout(() => { throw new Error("timer " + i); }, 1); await later(100);`,
    sees: ["200", "502 APP_TERMINATED", "500 APP_EXCEPTION"],
    spoilsItself: true,
  },
  ...Object.entries(FORGED_CLONES).map(([name, deed]): HostileCase => ({
    name: `a forged clone, ${name}`,
    deed: `const BRAND = Symbol.for("Deno.core.hostObject");\n${deed}\nreturn new Response("done");`,
    places: name === "cloned" ? ["handler", "top level"] : ["handler"],
    sees: ["200"],
    limits: { timeout_ms: 20_000 },
    lingers: true,
  })),
];
