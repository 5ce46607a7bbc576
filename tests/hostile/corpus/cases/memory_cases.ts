/** Memory: of the heap, outside of it, at once, drop by drop, and beside a neighbour who grows. */
import type { HostileCase } from "../hostile_case.ts";

const OOM = "503 APP_OUT_OF_MEMORY";
const THROWN = "500 APP_EXCEPTION";
/** Some natives refuse with an exception what another machine runs into. */
const THROWN_OR_OOM = [THROWN, OOM];
const SLOW_OR_OOM = ["504 APP_UNRESPONSIVE", OOM];
const EVERYWHERE = ["handler", "timer", "microtask", "stream", "after the response", "drain", "top level"] as const;
/** Growth takes a while on a busy machine; what is told must be the memory all the same. */
const PATIENT = { cpu_ms: 10_000, timeout_ms: 300_000 };

/** A module with one growing memory, exported as `mem`. */
const WASM_MEMORY = `const code = new Uint8Array([0,0x61,0x73,0x6d,1,0,0,0, 5,3,1,0,1, 7,7,1,3,0x6d,0x65,0x6d,2,0]);
const memory = new WebAssembly.Instance(new WebAssembly.Module(code)).exports.mem;`;

/** Each is ended for the memory it takes, whatever it is made of. */
const GROWTH: Readonly<Record<string, string>> = {
  "strings": `for (let i = 0;; i++) kept.push(JSON.stringify({ i, s: text(5000) }));`,
  "maps": `for (;;) kept.push(new Map(Array.from({ length: 1000 }, (_, i) => [i, {}])));`,
  "closures": `for (let i = 0;; i++) { const held = new Array(100).fill(i); kept.push(() => held); }`,
  "promises": `for (;;) kept.push(new Promise(() => {}).then(() => kept));`,
  "timers": `for (let i = 0; i < 5e6; i++) setTimeout(() => i, 1e6);`,
  "parsed JSON": `const t = JSON.stringify(new Array(1e4).fill({ a: 1, b: [2] })); for (;;) kept.push(JSON.parse(t));`,
  "matches of an expression": `for (;;) kept.push(/(.)(.)(.)(.)/.exec(text(100)));`,
  "a chain of objects": `let o = {}; for (;;) { o = { o, more: new Array(50).fill(0) }; kept[0] = o; }`,
  "symbols": `for (let i = 0;; i++) Symbol.for("symbol number " + i);`,
  "an error swallowed again and again": `for (;;) try { for (;;) kept.push(new Array(1e5).fill({})); } catch {}`,
  "a toJSON that grows": `JSON.stringify({ toJSON() { for (;;) kept.push({ a: [1, 2, 3] }); } });`,
  "growth between turns":
    `for (;;) { for (let i = 0; i < 100; i++) kept.push(new Array(1000).fill(i)); await later(1); }`,
  "growth in promises that never rest": `for (;;) { kept.push(new Array(1000).fill(1)); await null; }`,
  "buffers in a loop": `for (;;) kept.push(new Uint8Array(1 << 20).fill(1));`,
  "buffers between turns": `for (;;) { kept.push(new Uint8Array(4 << 20).fill(1)); await later(2); }`,
  "buffers drop by drop": `for (;;) { kept.push(new Uint8Array(1 << 18).fill(1)); await later(1); }`,
  "shared buffers": `for (let i = 0; i < 100; i++) {
    const s = new SharedArrayBuffer(10 << 20); new Uint8Array(s).fill(1); kept.push(s); await later(20); } await never();`,
  "a WebAssembly memory that grows": `${WASM_MEMORY}
    for (let i = 0; i < 60; i++) { memory.grow(512);
      new Uint8Array(memory.buffer).fill(1, memory.buffer.byteLength - 512 * 65536); await later(20); } await never();`,
  "many WebAssembly memories": `for (let i = 0; i < 100; i++) {
    const m = new WebAssembly.Memory({ initial: 160 }); new Uint8Array(m.buffer).fill(1); kept.push(m); await later(20); }
    await never();`,
  "a stream that nobody reads": `const s = new ReadableStream({ async start(c) {
    for (;;) { c.enqueue(new Uint8Array(1 << 20).fill(1)); await later(1); } } }); kept.push(s); await never();`,
  "clones": `const a = Array.from({ length: 1e4 }, (_, i) => ({ i })); for (;;) kept.push(structuredClone(a));`,
  "messages that nobody takes": `const c = new MessageChannel(); const s = text(1 << 20); kept.push(c);
    for (let i = 0; i < 2000; i++) { c.port1.postMessage(s + i); if (i % 10 === 0) await later(1); } await never();`,
  "unpacked archives": `const { gzipSync, gunzipSync } = await import("node:zlib");
    const z = gzipSync(new Uint8Array(10 << 20)); for (;;) kept.push(gunzipSync(z));`,
};

/** Calls that want far more than there is, at once: refused or ended, never the process. */
const AT_ONCE: Readonly<Record<string, string>> = {
  "the text of a response": `return new Response("x".repeat(5e8));`,
  "arrays joined": `const a = new Array(3e7).fill(1.5); kept.push([].concat(a, a, a));`,
  "an array from a length": `kept.push(Array.from({ length: 3e8 }, (_, i) => i));`,
  "an encoded text": `kept.push(new TextEncoder().encode("x".repeat(5e8)));`,
  "a split text": `kept.push("x".repeat(5e8).split(""));`,
  "a text as an array": `kept.push([..."xy".repeat(1e8)]);`,
  "arguments by the million": `kept.push(String.fromCharCode.apply(null, new Uint8Array(5e7)));`,
  "a JSON text": `kept.push(JSON.stringify(new Array(3e7).fill("abcdefgh\\u0001")));`,
  "a parsed array": `kept.push(JSON.parse("[" + "[],".repeat(2e7) + "[]]"));`,
  "a padded text": `kept.push("x".padEnd(2 ** 29 - 30).toUpperCase());`,
  "a WebAssembly table": `kept.push(new WebAssembly.Table({ initial: 1e7, element: "anyfunc" }));`,
  "keys of a huge text": `kept.push(Object.keys("x".repeat(1e8)));`,
};

const growth = Object.entries(GROWTH).map(([name, deed]): HostileCase => ({
  name,
  deed,
  // A memory of WebAssembly beyond the limit is refused where it is asked for.
  sees: /WebAssembly memor/.test(name) ? THROWN_OR_OOM : [OOM],
  limits: PATIENT,
}));
const atOnce = Object.entries(AT_ONCE).map(([name, deed]): HostileCase => ({
  name: `at once, ${name}`,
  deed,
  sees: [...THROWN_OR_OOM, "504 APP_UNRESPONSIVE"],
  limits: { cpu_ms: 5000, timeout_ms: 300_000 },
  // A thread that is being ended may take the process along some time after its client was told
  lingers: true,
}));

/** Attacks on memory. */
export const MEMORY_CASES: readonly HostileCase[] = [
  {
    name: "arrays",
    deed: `for (;;) kept.push(new Array(1000).fill(kept.length));`,
    places: EVERYWHERE,
    sees: [OOM],
    limits: PATIENT,
  },
  ...growth,
  ...atOnce,
  {
    name: "absurd lengths are range errors",
    deed: `const makers = [() => new Uint8Array(1e12), () => new ArrayBuffer(2 ** 50), () => new Float64Array(1e11),
        () => "x".repeat(2 ** 30), () => new Array(-1), () => new SharedArrayBuffer(2 ** 45),
        () => new Uint8Array(8).buffer.transfer(1e13)];
      for (const make of makers) {
        try { make(); } catch (error) { if (error instanceof RangeError) continue; throw error; }
        throw new Error("made " + make);
      }`,
    sees: ["200"],
  },
  {
    name: "a length field of a client is a range error, and the next request is served",
    deed: `try { new Uint8Array(Number(request.headers.get("x-length") ?? 4e12)); } catch (e) {
        if (!(e instanceof RangeError)) throw e; }
      await later(300);`,
    sees: ["200"],
  },
  {
    name: "work that outlives its answer",
    deed: `for (;;) context.waitUntil(new Promise(() => {}));`,
    // It grows so slowly that either limit may come first
    sees: SLOW_OR_OOM,
    limits: PATIENT,
  },
  {
    name: "a buffer that is resized",
    deed: `const b = new ArrayBuffer(8, { maxByteLength: 2 ** 31 });
      for (let n = 1 << 20;; n += 1 << 20) { b.resize(n); new Uint8Array(b, n - (1 << 20)).fill(1); await later(1); }`,
    sees: THROWN_OR_OOM,
    limits: PATIENT,
  },
  {
    name: "blobs",
    deed:
      `for (let i = 0; i < 500; i++) { kept.push(new Blob([new Uint8Array(1 << 20).fill(1)])); await later(1); } await never();`,
    sees: THROWN_OR_OOM,
    limits: PATIENT,
  },
  {
    name: "files of forms",
    deed:
      `const body = "--x\\r\\nContent-Disposition: form-data; name=\\"f\\"; filename=\\"f\\"\\r\\n\\r\\n" + text(1 << 20) + "\\r\\n--x--\\r\\n";
      for (;;) kept.push(await new Response(body, { headers: { "content-type": "multipart/form-data; boundary=x" } }).formData());`,
    sees: THROWN_OR_OOM,
    limits: PATIENT,
  },
  {
    name: "a bomb in a decompression stream",
    deed: `const { gzipSync } = await import("node:zlib");
      const bomb = gzipSync(new Uint8Array(48 << 20));
      for (;;) kept.push(await new Response(new Response(bomb).body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());`,
    sees: THROWN_OR_OOM,
    limits: PATIENT,
  },
  {
    name: "compressors by the thousand",
    deed: `for (let i = 0; i < 4000; i++) { const c = new CompressionStream("gzip"); const w = c.writable.getWriter();
        w.write(new Uint8Array(1000)).catch(() => {}); kept.push(c, w); if (i % 50 === 0) await later(1); } await never();`,
    sees: [...THROWN_OR_OOM, "504 REQUEST_TIMEOUT"],
    limits: { cpu_ms: 10_000, timeout_ms: 15_000 },
  },
  {
    name: "formats of languages by the thousand",
    deed:
      `for (let i = 0;; i++) kept.push(new Intl.DateTimeFormat(["ar-EG", "ja", "de"][i % 3], { dateStyle: "full" }));`,
    sees: SLOW_OR_OOM,
    limits: { cpu_ms: 8000, timeout_ms: 300_000 },
  },
  {
    name: "headers without end",
    deed: `const h = new Headers(); for (let i = 0;; i++) h.append("x-" + i, text(1000));`,
    // Each one more costs more than the one before: of a larger limit the rest would be computing, four times over
    sees: SLOW_OR_OOM,
    limits: { timeout_ms: 300_000 },
  },
  {
    name: "the console in a loop",
    deed: `for (;;) console.log(text(1000));`,
    places: ["handler", "after the response"],
    sees: SLOW_OR_OOM,
  },
  {
    name: "a cache without end",
    deed: `const cache = await caches.open("c");
      for (let i = 0; i < 300; i++) await cache.put("http://app/" + i, new Response(text(1 << 20)));`,
    sees: ["200", ...THROWN_OR_OOM],
    limits: PATIENT,
  },
  {
    name: "listeners and signals",
    deed:
      `const c = new AbortController(); for (;;) { kept.push(AbortSignal.any([c.signal])); c.signal.addEventListener("abort", () => kept); }`,
    sees: SLOW_OR_OOM,
    limits: { cpu_ms: 8000, timeout_ms: 300_000 },
  },
  {
    name: "one half of a forked stream",
    deed:
      `let n = 0; const [one] = new ReadableStream({ pull(c) { c.enqueue(new Uint8Array(1 << 20).fill(n++)); } }).tee();
      for await (const part of one) { kept[0] = part; if (n % 8 === 0) await later(1); }`,
    sees: [OOM],
    limits: PATIENT,
  },
  {
    name: "pairs of sockets that nobody reads",
    deed: `const { 0: one, 1: other } = new WebSocketPair(); one.accept(); other.accept(); kept.push(one, other);
      for (let i = 0; i < 3000; i++) { one.send(text(1 << 18)); if (i % 10 === 0) await later(1); } await never();`,
    sees: [...THROWN_OR_OOM, "504 REQUEST_TIMEOUT"],
    limits: { cpu_ms: 10_000, timeout_ms: 15_000 },
  },
  {
    name: "absurd memories of WebAssembly",
    deed: `for (const wrong of [{ initial: -1 }, { initial: 1e9 }, {}, { initial: "x" }]) {
        try { new WebAssembly.Memory(wrong); } catch (error) {
          if (error instanceof TypeError || error instanceof RangeError) continue; throw error; }
        throw new Error("made " + JSON.stringify(wrong)); }`,
    sees: ["200"],
  },
  {
    name: "a garbage-heavy app within its limits lives",
    deed: `for (let i = 0; i < 10; i++) kept.push(new Array(4e5).fill(i));
      for (let round = 0; round < 200; round++) { let waste = []; for (let i = 0; i < 200; i++) waste.push(new Array(500).fill(i));
        kept[10] = waste; if (round % 20 === 0) await later(1); }`,
    sees: ["200"],
    limits: PATIENT,
  },
  {
    name: "shared memory and modules in messages that nobody reads",
    deed: `const { port1 } = new MessageChannel(); kept.push(port1);
      const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
      for (let i = 0; i < 100; i++) { const s = new SharedArrayBuffer(4 << 20); new Uint8Array(s).fill(1);
        port1.postMessage({ s, module }); try { structuredClone([s, () => {}]); } catch {} await later(1); }`,
    sees: [OOM],
    limits: PATIENT,
  },
  {
    name: "shared memory whose clones alone are kept",
    deed: `for (let i = 0; i < 100; i++) { const s = new SharedArrayBuffer(4 << 20); new Uint8Array(s).fill(1);
        kept.push(structuredClone({ s })); await later(1); } await never();`,
    sees: [OOM],
    limits: PATIENT,
  },
  {
    name: "an attacker sits still beside a neighbour who grows",
    deed: `const s = new SharedArrayBuffer(50 << 20); new Uint8Array(s).fill(1); kept.push(s);`,
    act: async (scene, app) => {
      const first = await scene.see(app);
      if (first !== "200") return first;
      const victim = "grows-rightly";
      const source = `const kept = []; export default { async fetch() {
        for (let i = 0; i < 30; i++) { kept.push(new Uint8Array(1 << 20).fill(1)); await new Promise((r) => setTimeout(r, 5)); }
        return new Response("done"); } };`;
      await scene.add(victim, { files: { "index.js": source }, limits: {} });
      const seen = await scene.see(victim);
      const ends = scene.exits(victim);
      await scene.remove(victim);
      return ends.length === 0 ? seen : `the neighbour was ended: ${ends.join()}`;
    },
    sees: ["200"],
    limits: { external_mb: 128 },
  },
];
