/** Tests the farm with a real warden and real isolates. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { bundleIsolate } from "../../../runtime/bundle/isolate_bundle.ts";
import { systemClock } from "../../../runtime/clock.ts";
import { inTime } from "../../../runtime/deadline.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { BootAdmission } from "../../../runtime/pool/boot_admission.ts";
import { LateFarm } from "../../../runtime/pool/late_farm.ts";
import { appConfig } from "../runtime/app_config.ts";

/** Isolates boot in under a second; this is for the busiest machine. */
const DEADLINE_MS = 120_000;

async function farmOptions(bootSource: string, warnings: string[] = []) {
  const admission = new BootAdmission({ places: 2, clock: systemClock, suspects: [] });
  return await Promise.resolve({
    first: { apps: [], maxMemoryMb: null },
    bootSource,
    processSource: () => Promise.resolve(bootSource),
    admission,
    clock: systemClock,
    recorder: null,
    warn: (text: string) => void warnings.push(text),
    onDeath: (error: NanoError) => void warnings.push(error.message),
  });
}

Deno.test("A farm gives booted isolates, keeps others in reserve, sees each end with its reason, and ends with all threads", async () => {
  const warnings: string[] = [];
  await using bundler = new Bundler({ cacheDir: null });
  await using farm = new LateFarm();
  // It is asked before it is up.
  const taking = farm.take({ memoryMb: 64, isolation: "worker" });
  await farm.start(async () => await farmOptions(await bundleIsolate(bundler.cache), warnings));
  farm.fit({ apps: [appConfig()], maxMemoryMb: null, spareIsolates: null });
  const isolate = await taking;
  await isolate.booted;
  assert(isolate.threadId > 0, "its thread is known");
  assertEquals([isolate.inFlight, isolate.openSockets], [0, 0]);
  isolate.kill({ reason: "terminated", detail: "a test ends it" });
  assertEquals(await isolate.ended, { reason: "terminated", detail: "a test ends it" });
  const next = await farm.take({ memoryMb: 64, isolation: "worker" });
  assert(next.threadId !== isolate.threadId, "another isolate, not the one that has ended");
  next.kill({ reason: "drained", detail: "everything was finished" });
  assertEquals((await next.ended).reason, "drained");
  assertEquals([warnings, farm.unexplainedBytes >= 0], [[], true]);
});

Deno.test("Whoever waits for an isolate hears that none can be had when the farm does not come up", async () => {
  await using farm = new LateFarm();
  const taking = farm.take({ memoryMb: 64, isolation: "worker" });
  const failed = new NanoError("INTERNAL", "Cannot bundle the isolate");
  await assertRejects(() => farm.start(() => Promise.reject(failed)), NanoError, "Cannot bundle the isolate");
  await assertRejects(() => taking, NanoError, "Cannot bundle the isolate");
});

Deno.test("An isolate whose code does not run ends, and who takes it is told", async () => {
  await using farm = new LateFarm();
  await farm.start(() => farmOptions("throw new Error('boom');"));
  let outcome = "waits";
  const taking = farm.take({ memoryMb: 64, isolation: "worker" }).then(
    () => outcome = "booted",
    () => outcome = "ended",
  );
  await inTime(taking, DEADLINE_MS);
  assertEquals(outcome, "ended");
});
