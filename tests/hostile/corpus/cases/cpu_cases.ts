/** CPU: threads that give nobody a turn, native code, and those who stay just below every limit. */
import type { HostileCase } from "../hostile_case.ts";

const ENDED = ["504 APP_UNRESPONSIVE"];
const EVERYWHERE = ["handler", "timer", "microtask", "stream", "after the response", "drain", "top level"] as const;
const QUICK = { cpu_ms: 500, timeout_ms: 300_000 };

/** `(func (loop br 0))`, exported as `f`. */
const WASM_LOOP = `const code = new Uint8Array([0,0x61,0x73,0x6d,1,0,0,0, 1,4,1,0x60,0,0, 3,2,1,0, 7,5,1,1,0x66,0,0,
  10,9,1,7,0,3,0x40,0x0c,0,0x0b,0x0b]);
new WebAssembly.Instance(new WebAssembly.Module(code)).exports.f();`;

/** Each is ended as unresponsive. */
const STUCK: Readonly<Record<string, string>> = {
  "ticks of the process": `const f = () => process.nextTick(f); f(); await never();`,
  "an expression that backtracks": `/(a+)+$/.test("a".repeat(50) + "b")`,
  "synchronous reads of its own files": `const { readFileSync } = await import("node:fs"); for (;;) try {
    readFileSync("/absent"); } catch { /* Again. */ }`,
  "a wait on shared memory": `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
  "a WebAssembly loop": WASM_LOOP,
  "big integers": `const m = 10n ** 5000n; for (let x = 3n;;) x = (x * x) % m;`,
  "a sort that never ends":
    `const a = Array.from({ length: 1e5 }, Math.random); for (;;) a.sort((x, y) => y - x || 1);`,
  "JSON to and fro":
    `let v = Array.from({ length: 1000 }, (_, i) => ({ i })); for (;;) v = JSON.parse(JSON.stringify(v));`,
  "digests": `const { createHash } = await import("node:crypto"); const b = new Uint8Array(1 << 16);
    for (;;) createHash("sha512").update(b).digest();`,
  "compression": `const { brotliCompressSync } = await import("node:zlib"); const b = new Uint8Array(1 << 16);
    for (;;) brotliCompressSync(b);`,
  "a thenable that resolves to itself": `const o = { then(resolve) { resolve(o); } }; return o;`,
  "a message that is a getter":
    `const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e;`,
  "a stack that is a getter":
    `const e = new Error(); Object.defineProperty(e, "stack", { get() { for (;;); } }); throw e;`,
  "clocks that stand still": `Date.now = () => 0; performance.now = () => 0; while (performance.now() < 1);`,
  "an endless proxy chain": `let p = {}; p = new Proxy(p, { get(t, k, r) { for (;;) t[k]; } }); p.x;`,
  "a replacing function": `for (;;) text(1e5).replace(/x/g, () => "y");`,
  "an async loop without a turn": `for (;;) await null;`,
  "a generator in a loop": `const g = (function* () { for (;;) yield 1; })(); for (const _ of g);`,
  "finally after finally": `const f = () => { try { f(); } finally { f(); } }; f();`,
  "loops that allocate": `for (;;) kept[0] = new Array(1000);`,
  "an array of ever new lengths": `const a = []; for (let i = 0;; i = (i + 7919) % 1e5) { a.length = i; a[i] = 1; }`,
};

/** Attacks on the processor. */
export const CPU_CASES: readonly HostileCase[] = [
  { name: "a loop", deed: `for (;;);`, places: EVERYWHERE, sees: ENDED, limits: QUICK },
  {
    name: "a storm of microtasks",
    deed: `const f = () => queueMicrotask(f); f(); await never();`,
    places: ["handler", "timer", "after the response", "drain", "top level"],
    sees: ENDED,
    limits: QUICK,
  },
  ...Object.entries(STUCK).map(([name, deed]): HostileCase => ({ name, deed, sees: ENDED, limits: QUICK })),
  {
    name: "a forged answer whose parts are getters",
    deed:
      `return Object.create(Response.prototype, { body: { get() { for (;;); } }, status: { get() { for (;;); } } });`,
    sees: ["504 APP_UNRESPONSIVE", "500 APP_BAD_RESPONSE", "500 APP_EXCEPTION"],
    limits: QUICK,
  },
  {
    name: "just below the limit for ever",
    deed: `for (;;) { const end = performance.now() + 150; while (performance.now() < end); await later(0); }`,
    sees: ["504 REQUEST_TIMEOUT", "504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 3000, timeout_ms: 1500 },
  },
  {
    name: "a storm of immediates",
    deed: `const f = () => setTimeout(f, 0); for (let i = 0; i < 200; i++) f(); await never();`,
    sees: ["504 REQUEST_TIMEOUT", "504 APP_UNRESPONSIVE"],
    limits: { cpu_ms: 3000, timeout_ms: 1000 },
  },
  {
    name: "ports that play ping-pong",
    deed: `const { port1, port2 } = new MessageChannel(); port1.onmessage = () => port1.postMessage(1);
      port2.onmessage = () => port2.postMessage(1); port1.postMessage(1); await never();`,
    sees: ["504 REQUEST_TIMEOUT"],
    limits: { cpu_ms: 3000, timeout_ms: 1000 },
  },
  {
    name: "twenty loops asked for at once",
    deed: `for (;;);`,
    act: async (scene, app) => {
      const seen = await Promise.all(Array.from({ length: 20 }, () => scene.see(app)));
      const wrong = seen.filter((one) => one !== "504 APP_UNRESPONSIVE" && one !== "503 APP_UNAVAILABLE");
      return wrong[0] ?? (seen.includes("504 APP_UNRESPONSIVE") ? "504 APP_UNRESPONSIVE" : "nobody was told");
    },
    sees: ENDED,
    limits: QUICK,
  },
  {
    name: "a client that is gone",
    deed: `const end = Date.now() + 400; while (Date.now() < end); await later(1);`,
    act: async (scene, app) => {
      const gone = new AbortController();
      const from = scene.nano.events.length;
      const answer = scene.see(app, "/", { signal: gone.signal });
      await scene.canarySings();
      gone.abort();
      await answer;
      await scene.nano.waitForEvent((record) => record.event === "request" && record["app"] === app, 120_000, from);
      return await scene.see(app);
    },
    sees: ["200"],
    limits: { cpu_ms: 5000 },
  },
  {
    name: "two apps that compute beside each other",
    deed:
      `for (let round = 0; round < 20; round++) { const end = Date.now() + 50; while (Date.now() < end); await later(0); }`,
    act: async (scene, app) => {
      const seen = await Promise.all([scene.see(app), scene.see(app), scene.canarySings()]);
      return String(seen[0]);
    },
    sees: ["200"],
    limits: { cpu_ms: 5000, timeout_ms: 300_000 },
  },
];
