/** A wait with an end. */
import { assertEquals, assertRejects } from "@std/assert";
import { inTime, LATE } from "../../../runtime/deadline.ts";
import { FakeClock } from "./fake_clock.ts";

Deno.test("inTime() gives what the work came to, undefined too, and leaves no timer behind", async () => {
  const clock = new FakeClock();
  assertEquals(await inTime(Promise.resolve(7), 100, clock), 7);
  assertEquals(await inTime(Promise.resolve(undefined), 100, clock), undefined);
  await assertRejects(() => inTime(Promise.reject(new RangeError("no")), 100, clock), RangeError, "no");
  assertEquals(clock.armed, 0);
});

Deno.test("inTime() gives up at its end and not before; a failure that comes later is nobody's", async () => {
  const clock = new FakeClock();
  const work = Promise.withResolvers<number>();
  let given: unknown = null;
  const waiting = inTime(work.promise, 100, clock).then((value) => given = value);
  await clock.advance(99);
  assertEquals(given, null);
  await clock.advance(1);
  await waiting;
  assertEquals([given, clock.armed], [LATE, 0]);
  work.reject(new Error("too late to be heard"));
  await work.promise.catch(() => {});
});

Deno.test("inTime() stays with the real clock when none is given", async () => {
  assertEquals(await inTime(new Promise(() => {}), 0), LATE);
});
