/** A rate limiter: counts by key and period, within bounds. */
import { assertEquals, assertRejects } from "@std/assert";
import { RateLimitHost } from "../../../runtime/bindings/rate_limit/host.ts";
import type { Plain } from "../../../runtime/protocol/binding_call.ts";

function scene(limit: number) {
  const clock = { nowMs: 0 };
  const host = new RateLimitHost({ limit, periodSeconds: 10, now: () => clock.nowMs });
  const { signal } = new AbortController();
  const call = (method: string, ...args: Plain[]) => host.call({ method, args, body: null, signal });
  const ask = async (key: string) => (await call("limit", key)).values[0];
  return { clock, call, ask };
}

Deno.test("A key succeeds as often as the limit says, then fails until the next period; other keys count alone", async () => {
  const { clock, ask } = scene(2);
  assertEquals([await ask("a"), await ask("a"), await ask("a"), await ask("b")], [true, true, false, true]);
  clock.nowMs = 9_999;
  assertEquals(await ask("a"), false);
  clock.nowMs = 10_000;
  assertEquals([await ask("a"), await ask("a"), await ask("a")], [true, true, false]);
});

Deno.test("More keys than are counted push the first ones out, and hold no more", async () => {
  const { ask } = scene(1);
  for (let at = 0; at < 100_000; at++) await ask(`k${at}`);
  assertEquals(await ask("k1"), false);
  assertEquals(await ask("one more"), true);
  assertEquals([await ask("k1"), await ask("k0")], [false, true]);
  // Once round, and on: the oldest goes each time, whatever has gone before.
  for (let at = 0; at < 100_002; at++) await ask(`n${at}`);
  assertEquals([await ask("n100001"), await ask("n2"), await ask("n1"), await ask("k0")], [false, false, true, true]);
});

Deno.test("Long keys count by all of their characters", async () => {
  const { ask } = scene(1);
  const long = "x".repeat(511);
  assertEquals([await ask(`${long}a`), await ask(`${long}b`), await ask(`${long}a`)], [true, true, false]);
  assertEquals([await ask(`${long}\ud800`), await ask(`${long}\ud801`)], [true, true]);
});

Deno.test("What is no key, and no method, is refused", async () => {
  const { call } = scene(1);
  await assertRejects(() => call("limit"), Error, "a text of at most 512");
  await assertRejects(() => call("limit", "x".repeat(513)), Error, "a text of at most 512");
  await assertRejects(() => call("reset", "x"), Error, "reset");
});
