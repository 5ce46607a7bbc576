/** Threads that do not yield, and native code that no kill can stop. */
import { until } from "../../integration/life/until.ts";
import { assert } from "@std/assert";
import { Arena } from "./arena.ts";
import { runGauntlet } from "./gauntlet.ts";

Deno.test("An app that does not yield is ended as unresponsive", async () => {
  const attack = (body: string) => ({ body, sees: ["504 APP_UNRESPONSIVE"], ends: "unresponsive" });
  await runGauntlet({
    "loop": attack(`for (;;);`),
    "regex": attack(`/(a+)+$/.test("a".repeat(50) + "b")`),
    "ticks": attack(`const f = () => process.nextTick(f); f(); await new Promise(() => {});`),
    "thenable": attack(`const o = { then(resolve) { resolve(o); } }; return o;`),
    "sleep": attack(`Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`),
    "getter": attack(`const e = new Error(); Object.defineProperty(e, "message", { get() { for (;;); } }); throw e;`),
  }, { timeout_ms: 20_000, cpu_ms: 300 });
});

Deno.test("Cryptography that could not be stopped is refused, and what apps use is not", async () => {
  const refused = (body: string) => ({
    body: `try { ${body} } catch (error) {
      if (error instanceof RangeError && error.message.startsWith("Cannot compute")) return new Response("refused");
      throw error; } throw new Error("not refused");`,
    sees: ["200"],
  });
  const key = `await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"])`;
  await runGauntlet({
    "pbkdf2": refused(`crypto_.pbkdf2Sync("a", "b", 1e8, 64, "sha512");`),
    "pbkdf2-async": refused(`crypto_.default.pbkdf2("a", "b", 1e8, 64, "sha512", () => {});`),
    "scrypt": refused(`crypto_.scryptSync("a", "b", 64, { N: 2 ** 22, r: 8, maxmem: 2 ** 40 });`),
    "rsa": refused(`crypto_.generateKeyPairSync("rsa", { modulusLength: 16384 });`),
    "prime": refused(`crypto_.generatePrimeSync(8192, { safe: true });`),
    "subtle": refused(
      `await crypto.subtle.deriveBits({ name: "PBKDF2", salt: new Uint8Array(8), iterations: 1e9, hash: "SHA-512" }, ${key}, 512);`,
    ),
    "subtle-twice": refused(
      `let reads = 0; await crypto.subtle.deriveBits({ name: "PBKDF2", salt: new Uint8Array(8),
        get iterations() { return reads++ === 0 ? 1e9 : 1; }, hash: "SHA-512" }, ${key}, 512);`,
    ),
    "in-use": {
      body: `crypto_.pbkdf2Sync("a", "b", 600_000, 32, "sha256"); crypto_.scryptSync("a", "b", 64);
        crypto_.generateKeyPairSync("rsa", { modulusLength: 2048 });
        const bits = await crypto.subtle.deriveBits(
          { name: "PBKDF2", salt: new Uint8Array(8), iterations: 600_000, hash: "SHA-256" }, ${key}, 256);
        if (bits.byteLength !== 32) throw new Error("bits");`,
      sees: ["200"],
    },
  }, { cpu_ms: 20_000, timeout_ms: 30_000 });
});

Deno.test("Fifty killed isolates leave no thread and no descriptor behind", async () => {
  const app = { files: `export default () => { for (;;); };`, config: { cpu_ms: 50, memory_mb: 32 } };
  const names = Array.from({ length: 20 }, (_, index) => `loop-${index}`);
  await using arena = await Arena.open(Object.fromEntries(names.map((name) => [name, app])));
  const count = (what: string) => [...Deno.readDirSync(`/proc/${arena.nano.pid}/${what}`)].length;
  const killed = () =>
    arena.nano.events.filter(({ event, reason }) => event === "app_exit" && reason === "unresponsive");
  const measure = async (kills: number) => {
    const wanted = killed().length + kills;
    while (killed().length < wanted) {
      // An app that died thrice in a row waits before it starts again: 503 meanwhile is its plain answer.
      const sights = await Promise.all(names.map((name) => arena.attack(name)));
      assert(sights.every(({ status }) => status === 504 || status === 503), JSON.stringify(sights));
    }
    await arena.assertUnharmed();
    return settled(() => ({ threads: count("task"), descriptors: count("fd") }));
  };
  // Twenty apps, so that hardly any of them dies often enough to wait long before it starts again.
  const before = await measure(10);
  const after = await measure(40);
  console.log(
    `threads ${before.threads} -> ${after.threads}, descriptors ${before.descriptors} -> ${after.descriptors}`,
  );
  // On a busy machine the thread of a killed isolate ends as late as it gets a core.
  await until(
    () => count("task") <= before.threads + 8,
    `threads are ${before.threads} again, and not ${after.threads}`,
  );
  await until(() => count("fd") <= before.descriptors + 20, `descriptors are ${before.descriptors} again`);
});

/** Reads until two readings a moment apart agree: threads of killed isolates end a little later. */
async function settled(
  read: () => { threads: number; descriptors: number },
): Promise<{ threads: number; descriptors: number }> {
  let last = read();
  const deadline = performance.now() + 15_000;
  while (performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const next = read();
    if (next.threads === last.threads && next.descriptors === last.descriptors) return next;
    last = next;
  }
  return last;
}
