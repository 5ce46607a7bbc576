/** Memory beyond the heap cap, and inside it in ways that a catch could swallow. */
import { KILLED_FOR_MEMORY, runGauntlet, THROWN_OR_KILLED } from "./gauntlet.ts";

const CAUGHT_OR_KILLED = ["200", ...THROWN_OR_KILLED, "504 REQUEST_TIMEOUT"];
const OOM = "out_of_memory";

Deno.test("An app that swallows its out-of-memory is ended all the same", async () => {
  const sees = ["503 APP_OUT_OF_MEMORY"];
  await runGauntlet({
    "catch": {
      body: `const k = []; for (;;) try { for (;;) k.push(new Array(1e5).fill({})); } catch {}`,
      sees,
      ends: OOM,
    },
    "tojson": { body: `const a = []; JSON.stringify({ toJSON() { for (;;) a.push({}); } });`, sees, ends: OOM },
    "generator": {
      body: `function* g() { const a = []; try { for (;;) a.push(new Array(1000).fill(1)); } finally { yield* g(); } }
        for (const _ of g());`,
      sees,
      ends: OOM,
    },
    "microtasks": {
      body:
        `const a = []; const f = async () => { for (;;) { a.push(new Array(1000).fill(1)); await null; } }; await f();`,
      sees,
      ends: OOM,
    },
    "timer": {
      body: `const a = []; setInterval(() => { for (let i = 0; i < 300; i++) a.push(new Array(1000).fill(i)); }, 1);
        await new Promise(() => {});`,
      sees,
      ends: OOM,
    },
    "weak-references": { body: `const a = []; for (;;) a.push(new WeakRef({}));`, sees, ends: OOM },
    "symbols": { body: `for (let i = 0;; i++) Symbol.for("x" + i);`, sees, ends: OOM },
    "timers": { body: `for (let i = 0; i < 3e6; i++) setTimeout(() => {}, 1e6);`, sees, ends: OOM },
  }, { timeout_ms: 120_000, cpu_ms: 10_000 });
});

Deno.test("Memory outside the heap is charged to the app that took it", async () => {
  const wasm = `const code = new Uint8Array([0,0x61,0x73,0x6d,1,0,0,0, 5,3,1,0,1, 7,7,1,3,0x6d,0x65,0x6d,2,0]);
    const memory = new WebAssembly.Instance(new WebAssembly.Module(code)).exports.mem;`;
  await runGauntlet({
    "wasm": {
      body: `${wasm} for (let i = 0; i < 60; i++) {
        memory.grow(512); new Uint8Array(memory.buffer).fill(1, memory.buffer.byteLength - 512 * 65536); await later(50); }
        await later(20_000);`,
      // Growth by the app's JavaScript is refused; by the code of the module itself it is counted.
      sees: ["500 APP_EXCEPTION"],
    },
    "wasm-code": {
      body: `const code = new Uint8Array([0,0x61,0x73,0x6d,1,0,0,0, 1,6,1,0x60,1,0x7f,1,0x7f, 3,2,1,0, 5,3,1,0,1,
          7,11,2,3,0x6d,0x65,0x6d,2,0,1,0x67,0,0, 10,8,1,6,0,0x20,0,0x40,0,0xb]);
        const { instance: { exports: { mem, g } } } = await WebAssembly.instantiate(code);
        for (let i = 0; i < 60; i++) { if (g(100) < 0) throw new Error("refused"); await later(50); } await later(20_000);`,
      sees: KILLED_FOR_MEMORY,
      ends: OOM,
    },
    "shared": {
      body: `const k = []; for (let i = 0; i < 80; i++) {
        const s = new SharedArrayBuffer(20 << 20); new Uint8Array(s).fill(1); k.push(s); await later(50); } await later(20_000);`,
      sees: KILLED_FOR_MEMORY,
      ends: OOM,
    },
    "queue": {
      body: `const c = new MessageChannel(); const s = text(1 << 20);
        for (let i = 0; i < 2000; i++) { c.port1.postMessage(s + i); if (i % 20 === 0) await later(5); } await later(20_000);`,
      sees: KILLED_FOR_MEMORY,
      ends: OOM,
    },
    "stream": {
      body: `let c; const s = new ReadableStream({ start(given) { c = given; } });
        for (let i = 0; i < 4000; i++) { c.enqueue(new Uint8Array(1 << 20).fill(1)); if (i % 20 === 0) await later(1); }`,
      sees: KILLED_FOR_MEMORY,
      ends: OOM,
    },
    "gunzip": {
      body: `const z = zlib.gzipSync(new Uint8Array(20 << 20)); const k = []; for (;;) k.push(zlib.gunzipSync(z));`,
      sees: KILLED_FOR_MEMORY,
      ends: OOM,
    },
    "clone-queue": {
      body:
        `const a = []; for (let i = 0; i < 1e5; i++) a.push({ i }); const k = []; for (;;) k.push(structuredClone(a));`,
      sees: THROWN_OR_KILLED,
    },
  }, { timeout_ms: 120_000, cpu_ms: 10_000 });
});

Deno.test("Whatever way Blobs are made, what does not fit outside the heap is a RangeError, and the app lives", async () => {
  const made = (make: string) => ({
    body: `const u = new Uint8Array(1 << 20); const Parent = Object.getPrototypeOf(File);
      const turn = () => new Promise((resolve) => setTimeout(resolve));
      let kept = []; let thrown = null;
      try { for (let i = 0; i < 70; i++) { kept.push(await (${make})(u)); await turn(); } } catch (error) { thrown = error; }
      if (!(thrown instanceof RangeError) || !thrown.message.includes("external_mb")) throw new Error(String(thrown));
      if (kept.length < 40) throw new Error("made " + kept.length);
      kept = null;
      for (let i = 0; i < 40; i++) { await (${make})(u); await turn(); }`,
    sees: ["200"],
  });
  await runGauntlet({
    "constructor": made("(u) => new Blob([u])"),
    "file": made("(u) => new File([u], 'n')"),
    "subclass": made("(u) => new (class extends Blob {})([u])"),
    "parent": made("(u) => new Parent([u])"),
    "buffer": made("async (u) => new (await import('node:buffer')).Blob([u])"),
    "consumers": made("async (u) => (await import('node:stream/consumers')).blob(new Blob([u]).stream())"),
    "response": made("(u) => new Response(u).blob()"),
    "request": made("(u) => new Request('http://x', { method: 'POST', body: u }).blob()"),
    "read": made("(u) => new Blob([u]).arrayBuffer()"),
    "form": made(
      `async () => (await new Response('--x\\r\\nContent-Disposition: form-data; name="f"; filename="f"\\r\\n\\r\\n' +
        text(1 << 20) + '\\r\\n--x--\\r\\n', { headers: { "content-type": "multipart/form-data; boundary=x" } })
        .formData()).get("f")`,
    ),
    "lying-size": made(
      `(u) => { Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), "byteLength", { configurable: true, get: () => 0 });
        Object.defineProperty(Blob.prototype, "size", { configurable: true, get: () => 0 }); return new Blob([u]); }`,
    ),
  }, { memory_mb: 64, timeout_ms: 20_000 });
});

Deno.test("Natives that could end the process end at most the app", async () => {
  const attack = (body: string) => ({ body, sees: CAUGHT_OR_KILLED });
  await runGauntlet({
    "split": attack(`text(1 << 26).split("").length`),
    "match": attack(`text(1 << 26).match(/x/g).length`),
    "stringify": attack(`JSON.stringify(new Array(2e7).fill("abcdefgh\\u0001")).length`),
    "deep": attack(`let o = {}; for (let i = 0; i < 1e6; i++) o = { o }; structuredClone(o); JSON.stringify(o)`),
    "nested-code": attack(`Function("return " + "(".repeat(1e6) + "1" + ")".repeat(1e6))()`),
    "regex": attack(`new RegExp("(".repeat(1e6) + ")".repeat(1e6))`),
    "table": attack(`new WebAssembly.Table({ initial: 1e7, element: "anyfunc" })`),
    "resizable": attack(
      `const b = new ArrayBuffer(8, { maxByteLength: 2 ** 33 }); for (let n = 8;; n *= 2) b.resize(n)`,
    ),
    "bigint": attack(`const x = 2n ** (2n ** 29n); (x * x).toString()`),
    "recursion": attack(`const f = () => { try { f(); } finally { f(); } }; f()`),
  });
});
