/** Twenty apps of which five misbehave all the time: the other fifteen must not lose one request. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../support/nano_process.ts";
import { RESERVE, type TempApp, TempProject } from "../support/temp_project.ts";
import { residentMb } from "../integration/life/host_threads.ts";
import { assertNothingLost, steadyLoad } from "../integration/life/steady_load.ts";
import { pause } from "../integration/life/until.ts";

/** So often every culprit does its harm. */
const ROUNDS = 4;
/** Bounds a hang only. */
const DEADLINE_MS = 300_000;
const LIMITS = { memory_mb: 64, external_mb: 64, cpu_ms: 300 };
/** Filling a heap takes a while on a busy machine, and is no loop. */
const PATIENT = { ...LIMITS, cpu_ms: 10_000 };

/** Five ways to misbehave, and all that their clients may be told. */
const CULPRITS: Readonly<Record<string, { path: string; told: string; mayBeTold: readonly string[] }>> = {
  "memory-hog": { path: "/oom/handler", told: "APP_OUT_OF_MEMORY", mayBeTold: ["APP_UNAVAILABLE"] },
  "cpu-hog": { path: "/loop/handler", told: "APP_UNRESPONSIVE", mayBeTold: ["APP_UNAVAILABLE"] },
  "thrower": { path: "/throw", told: "APP_EXCEPTION", mayBeTold: [] },
  "hanger": { path: "/hang", told: "REQUEST_TIMEOUT", mayBeTold: [] },
  "stream-breaker": { path: "/broken-stream", told: "cut", mayBeTold: [] },
};
const INNOCENT = Array.from({ length: 15 }, (_, index) => `innocent-${index}`);

function configOf(name: string): Record<string, unknown> {
  if (name === "memory-hog") return PATIENT;
  return name === "hanger" ? { ...LIMITS, timeout_ms: 1000 } : LIMITS;
}

function apps(): Record<string, TempApp> {
  const innocent = INNOCENT.map((name): [string, TempApp] => [
    name,
    { fixture: "announce", config: { env: { NAME: name } } },
  ]);
  const culprits = Object.keys(CULPRITS).map((name): [string, TempApp] => [
    name,
    { fixture: "misbehave", config: configOf(name) },
  ]);
  return Object.fromEntries([...innocent, ...culprits]);
}

/** Asks once; the code of NANO's answer, or "cut" for a body that broke off. */
async function poke(nano: NanoProcess, host: string, path: string): Promise<string> {
  const response = await nano.fetch(host, path);
  try {
    await response.arrayBuffer();
  } catch {
    return "cut";
  }
  return response.headers.get("nano-error") ?? `status ${response.status}`;
}

Deno.test("five apps that misbehave all the time cost the other fifteen no request", async () => {
  await using project = await TempProject.create(apps(), RESERVE);
  await using nano = await NanoProcess.start(project.configFile);
  const ids = new Map<string, string>();
  await using load = steadyLoad(nano, INNOCENT, {
    everyMs: 20,
    check: (body, host) => {
      const { name, id } = JSON.parse(body);
      if (name !== host) throw new Error(`${host} was answered by ${name}`);
      const before = ids.get(host) ?? id;
      ids.set(host, id);
      if (before !== id) throw new Error(`${host} lost its isolate`);
    },
  });
  const deadline = performance.now() + DEADLINE_MS;
  const told = new Map<string, Map<string, number>>();
  await Promise.all(
    Object.entries(CULPRITS).map(async ([name, { path, told: wanted }]) => {
      const seen = new Map<string, number>();
      told.set(name, seen);
      while ((seen.get(wanted) ?? 0) < ROUNDS && performance.now() < deadline) {
        const code = await poke(nano, name, path);
        seen.set(code, (seen.get(code) ?? 0) + 1);
        await pause(30);
      }
    }),
  );

  for (const [name, seen] of told) {
    console.log(`${name}: ${[...seen].map(([code, count]) => `${count} x ${code}`).join(", ")}`);
    const { told: code, mayBeTold } = CULPRITS[name]!;
    assert((seen.get(code) ?? 0) >= ROUNDS, `${name}: clients were told ${code} ${seen.get(code) ?? 0} times`);
    assertEquals([...seen.keys()].filter((one) => one !== code && !mayBeTold.includes(one)), [], name);
  }
  const result = await assertNothingLost(load, 1000);
  console.log(
    `innocent: ${result.total} requests, none lost, slowest ${result.slowestMs.toFixed(0)} ms; ` +
      `host ${residentMb(nano.pid).toFixed(0)} MB`,
  );
  const ended = new Set(
    nano.events.filter(({ event }) => event === "app_exit").map((record) => String(record["app"])),
  );
  assertEquals([...ended].sort(), ["cpu-hog", "memory-hog"], "who lost an isolate");
});
