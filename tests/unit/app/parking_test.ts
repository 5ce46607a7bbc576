/** Tests when an app is parked. */
import { assertEquals } from "@std/assert";
import { Parking } from "../../../runtime/app/parking.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

function bench(idleTimeoutMs: number) {
  const clock = new FakeClock();
  const seen = { quiet: true, parks: 0, why: "" };
  const park = (why: string) => {
    seen.parks++;
    seen.why = why;
  };
  const parking = new Parking({ clock, idleTimeoutMs, isQuiet: () => seen.quiet, park });
  return { clock, seen, parking };
}

Deno.test("Parking parks an app that nobody has asked for since the last time it looked", async () => {
  const { clock, seen, parking } = bench(1000);
  parking.look();
  parking.look();
  assertEquals(clock.armed, 1);
  await clock.advance(600);
  parking.lastActive = clock.now();
  await clock.advance(999);
  assertEquals(seen.parks, 0, "the first timer only looks again");
  await clock.advance(1);
  assertEquals([seen.parks, seen.why, clock.armed], [1, "no request for 1000 ms", 0]);
});

Deno.test("Parking parks an app before its time only while it is quiet and may be parked at all", async () => {
  const { seen, parking, clock } = bench(1000);
  const { parkable } = parking;
  seen.quiet = false;
  assertEquals(parking.parkable, null);
  parkable!.park("memory is short");
  assertEquals(seen.parks, 0, "it is busy again");
  seen.quiet = true;
  parking.parkable!.park("memory is short");
  assertEquals([seen.parks, seen.why], [1, "memory is short"]);
  await clock.advance(5000);
  assertEquals(seen.parks, 1);
  assertEquals(bench(0).parking.parkable, null);
});

Deno.test("Parking leaves an app alone that is busy when its time comes, until it is asked again", async () => {
  const { clock, seen, parking } = bench(1000);
  parking.look();
  seen.quiet = false;
  await clock.advance(1000);
  assertEquals([seen.parks, clock.armed], [0, 0]);
  seen.quiet = true;
  parking.look();
  assertEquals(seen.parks, 1);
});

Deno.test("Parking never parks an app without idle_timeout_ms, and nothing once it is disposed of", async () => {
  const never = bench(0);
  never.parking.look();
  assertEquals([never.clock.armed, never.seen.parks], [0, 0]);
  const ended = bench(10);
  ended.parking.look();
  ended.parking[Symbol.dispose]();
  await ended.clock.advance(100);
  assertEquals([ended.clock.armed, ended.seen.parks], [0, 0]);
});
