/** Odd values: what a handler returns, throws and leaves behind, when looking at it runs the app's own code. */
import type { HostileCase } from "../hostile_case.ts";
import type { CorpusScene } from "../corpus_scene.ts";

const THROWN = "500 APP_EXCEPTION";
const BAD = "500 APP_BAD_RESPONSE";
const SLOW = "504 APP_UNRESPONSIVE";
const OOM = "503 APP_OUT_OF_MEMORY";
/** A wrong value is answered long before this. */
const LIMITS = { cpu_ms: 1500, timeout_ms: 120_000 };
const ALIVE = `if (new URL(request.url).pathname === "/alive") return new Response("alive");`;

/** Returned by the handler itself, not by a promise: nothing stands between it and NANO. */
const AT_ONCE: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "a revoked proxy": [`const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy;`, [THROWN]],
  "a then that throws": [`return { get then() { throw new Error("then"); } };`, [THROWN]],
  "a then that throws at the second look": [
    `let n = 0; return { get then() { if (n++) throw new Error("then"); return () => {}; } };`,
    [THROWN],
  ],
  "a then that answers twice": [
    `return { then(r) { r(new Response("done")); r(new Response("two")); throw 1; } };`,
    ["200"],
  ],
  "a then that is its own answer": [`const t = { then(r) { r(t); } }; return t;`, [SLOW]],
  "a promise with a species that throws": [
    `class P extends Promise { static get [Symbol.species]() { throw new Error("species"); } } return new P((r) => r(new Response("done")));`,
    [THROWN],
  ],
  "a promise whose constructor throws": [
    `const p = Promise.resolve(new Response("done")); Object.defineProperty(p, "constructor", { get() { throw new Error("x"); } }); return p;`,
    [THROWN],
  ],
  "a promise with a then of its own": [
    `const p = Promise.resolve(new Response("done")); p.then = () => { throw 1; }; return p;`,
    ["200"],
  ],
  "a promise that is none": [`return Object.create(Promise.prototype);`, [THROWN]],
  "a proxy that loops": [`return new Proxy({}, { get() { for (;;); } });`, [SLOW]],
};

/** Returned by a promise. */
const LATER: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "a constructor whose name throws": [`return { constructor: { get name() { throw 1; } } };`, [THROWN, BAD]],
  "a proxy below a response": [
    `return Object.create(new Proxy(Response.prototype, { get() { throw new Error("get"); } }));`,
    [THROWN, BAD],
  ],
  "a response without a prototype": [`return Object.setPrototypeOf(new Response("done"), null);`, [BAD]],
  "a response that is a request": [`return Object.setPrototypeOf(request, Response.prototype);`, [BAD]],
  "a request": [`return request;`, [BAD]],
  "members of a response that throw": [
    `const r = new Response("done"); for (const k of ["status", "headers", "body", "bodyUsed"]) Object.defineProperty(r, k, { get() { throw new Error(k); } }); return r;`,
    [BAD, THROWN, "200"],
  ],
  "headers that never end": [
    `Headers.prototype[Symbol.iterator] = Headers.prototype.entries = function* () { for (;;) yield ["x", "y"]; }; Headers.prototype.forEach = () => { throw 1; };
    return new Response("done", { headers: { a: "b" } });`,
    ["200"],
  ],
  "a generator that throws as a body": [
    `return new Response((async function* () { yield new TextEncoder().encode("a"); throw new Error("x"); })());`,
    ["200 cut"],
  ],
  "results of an iterator that throw": [
    `return new Response({ [Symbol.asyncIterator]() { return { next() { return { get done() { throw 1; } }; }, return() { for (;;); } }; } });`,
    ["200 cut", SLOW],
  ],
  "a view that is handed on in the middle of a read": [
    `return new Response(new ReadableStream({ type: "bytes", pull(c) { c.enqueue(new Uint8Array(new SharedArrayBuffer(4))); } }));`,
    ["200 cut"],
  ],
  "a message that throws the error itself": [
    `const e = new Error("x"); Object.defineProperty(e, "message", { get() { throw e; } }); throw e;`,
    [THROWN],
  ],
  "causes that are made anew": [
    `const make = () => Object.defineProperty(new Error("x".repeat(1e5)), "cause", { get: make }); throw make();`,
    [THROWN],
  ],
  "a name that grows": [
    `const e = new Error("x"); e.name = { toString() { for (;;) kept.push(new Array(1e4).fill(0)); } }; throw e;`,
    [OOM],
  ],
  "a stack that grows": [
    `Error.prepareStackTrace = () => { for (;;) kept.push(new Array(1e4).fill({})); }; throw new Error("x");`,
    [OOM],
  ],
  "a thrown value that loops": [`throw { [Symbol.toPrimitive]() { for (;;); } };`, [SLOW]],
  "a thrown proxy of an error": [
    `throw new Proxy(new Error("x"), { get() { throw new Error("inner"); }, getPrototypeOf() { throw 1; } });`,
    [THROWN],
  ],
  "a thrown number of a million digits": [`throw 2n ** 1000000n;`, [THROWN, SLOW]],
  "a status beyond HTTP by a property": [
    `return Object.defineProperty(new Response("done"), "status", { value: 999 });`,
    ["200", BAD],
  ],
  "headers of a connection": [
    `return new Response("done", { headers: { connection: "close, x-request-id", "keep-alive": "timeout=1e9", upgrade: "h2c", trailer: "x", te: "trailers" } });`,
    ["200"],
  ],
  "work that waits for itself": [
    `const again = () => context.waitUntil(later(1).then(again)); again();`,
    ["200"],
  ],
  "a hundred thousand works that never end": [
    `for (let i = 0; i < 1e5; i++) context.waitUntil(never());`,
    ["200"],
  ],
  "timers with odd delays": [
    `for (const d of [NaN, Infinity, -1, 2 ** 53, "1e9", { valueOf() { throw 1; } }, 1n, Symbol()]) try { clearTimeout(setTimeout(() => {}, d)); clearTimeout(d); } catch {}`,
    ["200"],
  ],
  "intervals of nothing by the thousand": [`for (let i = 0; i < 1e4; i++) setInterval(() => {}, 0);`, ["200"]],
  "an array of timers' arguments": [
    `for (let i = 0;; i++) setTimeout(() => {}, 1e6 + i, new Array(1000).fill(i));`,
    [OOM],
  ],
  "waits on shared memory that are left behind": [
    `const a = new Int32Array(new SharedArrayBuffer(4)); for (let i = 0; i < 1000; i++) Atomics.waitAsync(a, 0, 0, 300).value.then(() => {});`,
    ["200"],
  ],
  "registries in registries": [
    `const f = new FinalizationRegistry(() => new FinalizationRegistry(() => {}).register({}, 1)); for (let i = 0; i < 1e5; i++) f.register({}, i); await later(50);`,
    ["200"],
  ],
};

/** What ends an isolate where Deno itself looks at it: its prototypes cannot be asked for. */
const UNREADABLE = {
  "a proxy": `new Proxy(new Error("x"), { getPrototypeOf() { throw 1; } })`,
  "a proxy without any trap that works": `new Proxy({}, new Proxy({}, { get() { throw 2; } }))`,
  "a revoked proxy": `(() => { const r = Proxy.revocable({}, {}); r.revoke(); return r.proxy; })()`,
};
/** Where no promise takes it. */
const THROWN_IN = ["setTimeout", "setImmediate", "queueMicrotask", "process.nextTick"];

/** What the others of one batch get when one answer throws as soon as it is looked at. */
async function besideHonest(scene: CorpusScene, app: string): Promise<string> {
  const all = Array.from({ length: 40 }, (_, at) => scene.see(app, at % 2 === 0 ? "/" : "/alive"));
  return [...new Set(await Promise.all(all))].sort().join();
}

/** Attacks by values that run code. */
export const ODD_CASES: readonly HostileCase[] = [
  ...Object.entries(AT_ONCE).map(([name, [deed, sees]]): HostileCase => ({
    name: `${name}, at once`,
    app: `export default { fetch(request) { ${ALIVE} ${deed} } };`,
    sees,
    limits: LIMITS,
  })),
  ...Object.entries(LATER).map(([name, [deed, sees]]): HostileCase => ({ name, deed, sees, limits: LIMITS })),
  {
    name: "unreadable values thrown in timers and microtasks",
    deed: `const values = [${Object.values(UNREADABLE).map((value) => `() => ${value}`).join(", ")}];
      for (const start of [${THROWN_IN.join(", ")}]) for (const value of values) start(() => { throw value(); });
      for (const value of values) Promise.reject(value());
      await later(50);`,
    sees: ["200"],
    limits: LIMITS,
  },
  {
    name: "an answer that throws, among forty",
    app: `export default { fetch(request) { ${ALIVE} return { get then() { throw new Error("then"); } }; } };`,
    act: besideHonest,
    sees: [`200 alive,${THROWN}`],
    limits: LIMITS,
  },
  {
    name: "promises whose constructor throws, everywhere",
    app: `Object.defineProperty(Promise.prototype, "constructor", { get() { throw new Error("constructor"); } });
      export default { fetch(request) { ${ALIVE} return Promise.resolve(new Response("done")); } };`,
    // In a process Deno's own reads from its connection fail of it, before the app is there.
    sees: [THROWN, "503 APP_FAILED", "200", "400 CONFIG_INVALID"],
    limits: { ...LIMITS, timeout_ms: 5000 },
    spoilsItself: true,
  },
  {
    name: "a client that leaves an app that loops for it",
    deed: `request.signal.addEventListener("abort", () => { for (;;); }); await never();`,
    act: async (scene, app) => {
      await scene.nano.fetch(app, "/", { signal: AbortSignal.timeout(1000) }).catch(() => {});
      return `gone, then ${await scene.see(app, "/alive")}`;
    },
    sees: [`gone, then ${SLOW}`, "gone, then 200 alive"],
    limits: LIMITS,
    spoilsItself: true,
  },
];
