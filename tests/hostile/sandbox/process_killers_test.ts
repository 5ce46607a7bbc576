/** Single calls whose result is larger than a heap cap: they end at most the app, and its client hears the truth. */
import { Arena } from "./arena.ts";
import { runGauntlet } from "./gauntlet.ts";

/** The end of an app that took too much, or the plain exception that the call throws. */
const PLAIN_OR_KILLED = ["200", "500 APP_EXCEPTION", "503 APP_OUT_OF_MEMORY"];
const attack = (body: string) => ({ body, sees: PLAIN_OR_KILLED });
const wide = JSON.stringify("\u0400");

Deno.test("One allocation beyond memory_mb ends no process, in whatever call it is made", async () => {
  await runGauntlet({
    "response": attack(`new Response("x".repeat(5e8))`),
    "wide-response": attack(`new Response(${wide}.repeat(3e8))`),
    "concat": attack(`const a = new Array(3e7).fill(1); const k = []; for (;;) k.push([].concat(a, a, a))`),
    "from": attack(`Array.from({ length: 1e8 }, (_, i) => ({ i }))`),
    "encoder": attack(`new TextEncoder().encode("x".repeat(5e8))`),
    "stringify": attack(`JSON.stringify(new Array(2e7).fill("abcdefgh\\u0001"))`),
    "spread": attack(`const a = new Array(3e7).fill(1.5); const k = []; for (;;) k.push([...a])`),
    "pad": attack(`const s = "".padStart(5e8, "ab"); new TextEncoder().encode(s)`),
    "join": attack(`new Array(5e7).join("xxxxxxxxxx").charCodeAt(5)`),
    "fill": attack(`const k = []; for (;;) k.push(new Array(1e8).fill(0))`),
    "flatten": attack(`let s = "x".repeat(1e6); for (;;) { s += s; s.charCodeAt(3); }`),
    "clone": attack(`structuredClone(new Array(3e7).fill("abc"))`),
    "regexp": attack(`new RegExp("x".repeat(5e8))`),
    "set": attack(`const s = new Set(); for (let i = 0;; i++) s.add(i)`),
  }, { timeout_ms: 60_000, cpu_ms: 20_000 });
});

Deno.test("A length that no app may hold is a RangeError, and the app lives on", async () => {
  const absurd: readonly string[] = [
    "new Uint8Array(1e12)",
    "new Uint8Array('1e12')",
    "new Float64Array(1e9)",
    "new (class extends Uint8Array {})(1e12)",
    "Uint8Array.from({ length: 1e12 })",
    "new ArrayBuffer(1e12)",
    "new ArrayBuffer(8).transfer(1e12)",
    "new ArrayBuffer(8, { maxByteLength: 1e11 }).resize(1e11)",
    "new SharedArrayBuffer(1e12)",
    "new SharedArrayBuffer(8, { maxByteLength: 1e9 }).grow(1e9)",
    "new Array(1e12)",
    "'x'.repeat(1e12)",
    "Buffer.alloc(1e12)",
    "Buffer.allocUnsafe(1e12)",
    "Buffer.concat([], 1e12)",
    "new WebAssembly.Memory({ initial: 65536 })",
    "new WebAssembly.Memory({ initial: 1 }).grow(60000)",
  ];
  const files = `let lives = 0; export default { fetch() {
    const said = [];
    for (const make of [${absurd.map((code) => `() => ${code}`).join(", ")}]) {
      try { make(); said.push("made " + make); } catch (error) { if (!(error instanceof RangeError)) said.push(make + ": " + error); }
    }
    try { new WebAssembly.Memory({ initial: 1, maximum: Infinity }); said.push("maximum"); } catch (error) { if (!(error instanceof TypeError)) said.push(String(error)); }
    class Own extends Uint8Array {}
    const own = new Own(4).slice(1);
    if (!(own instanceof Own && own instanceof Uint8Array && new Uint8Array(1).constructor === Uint8Array)) said.push("classes");
    if (typeof gc !== "undefined") said.push("gc");
    return new Response(said.join("\\n") || "lives " + ++lives);
  } };`;
  await using arena = await Arena.open({ absurd: { files, config: { memory_mb: 64 } } });
  for (const round of [1, 2]) {
    const sight = await arena.attack("absurd");
    if (sight.text !== `lives ${round}`) throw new Error(sight.text);
    await arena.assertUnharmed([sight]);
  }
});

Deno.test("The app most above its part ends when all together pass max_memory_mb, and is told why", async () => {
  const holder = (kilobytes: number) =>
    `const held = []; export default { async fetch() {
      for (let i = 0; i < ${kilobytes}; i++) { held.push(new Uint8Array(1024 * 1024).fill(1)); if (i % 8 === 0) await new Promise((r) => setTimeout(r, 2)); }
      await new Promise((r) => setTimeout(r, 5000)); return new Response("held"); } };`;
  const config = { memory_mb: 64, external_mb: 2048 };
  await using arena = await Arena.open({
    large: { files: holder(700), config },
    small: { files: holder(60), config },
  }, { config: { max_memory_mb: 512 } });
  const small = arena.attack("small");
  const large = await arena.attack("large");
  if (large.code !== "APP_OUT_OF_MEMORY" || !large.text.includes("max_memory_mb 512 MiB")) throw new Error(large.text);
  if ((await small).text !== "held") throw new Error((await small).text);
  await arena.assertUnharmed([large]);
});
