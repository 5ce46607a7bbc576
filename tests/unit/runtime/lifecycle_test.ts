/** Tests the lifecycle: every state against every event. */
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import {
  APP_STATE_NAMES,
  type AppEvent,
  type AppPhase,
  type AppState,
  type AppStateName,
  nextAppState,
  shownState,
} from "../../../runtime/terms/lifecycle.ts";

const ERROR = new NanoError("APP_FAILED", "boom");

const STATES: Readonly<Record<AppPhase, AppState<string>>> = {
  idle: { name: "idle" },
  starting: { name: "starting", worker: "own", attempt: 3 },
  running: { name: "running", worker: "own" },
  backoff: { name: "backoff", retryAt: 5, attempt: 3, lastExit: "terminated" },
  failed: { name: "failed", error: ERROR },
  draining: { name: "draining", worker: "own", deadline: 9 },
  stopped: { name: "stopped", reason: "drained" },
};

const PHASES = Object.keys(STATES) as AppPhase[];

const EVENTS = {
  "start": { name: "start", worker: "new", attempt: 1 },
  "ready": { name: "ready", worker: "own" },
  "ready of another": { name: "ready", worker: "old" },
  "exit to retry": { name: "exit", worker: "own", reason: "out_of_memory", next: { retryAt: 77, attempt: 4 } },
  "exit to failure": { name: "exit", worker: "own", reason: "boot_failed", next: { error: ERROR } },
  "exit of another": { name: "exit", worker: "old", reason: "terminated", next: { retryAt: 77, attempt: 4 } },
  "park": { name: "park" },
  "stop": { name: "stop", deadline: 99, reason: "drained" },
} as const satisfies Record<string, AppEvent<string>>;

/** What follows; where a row says nothing, the event means nothing and the state stays. */
const MOVES: Readonly<Record<AppPhase, Partial<Record<keyof typeof EVENTS, AppState<string>>>>> = {
  idle: {
    start: { name: "starting", worker: "new", attempt: 1 },
    stop: { name: "stopped", reason: "drained" },
  },
  starting: {
    ready: { name: "running", worker: "own" },
    "exit to retry": { name: "backoff", retryAt: 77, attempt: 4, lastExit: "out_of_memory" },
    "exit to failure": { name: "failed", error: ERROR },
    stop: { name: "draining", worker: "own", deadline: 99 },
  },
  running: {
    "exit to retry": { name: "backoff", retryAt: 77, attempt: 4, lastExit: "out_of_memory" },
    "exit to failure": { name: "failed", error: ERROR },
    park: { name: "idle" },
    stop: { name: "draining", worker: "own", deadline: 99 },
  },
  backoff: {
    start: { name: "starting", worker: "new", attempt: 1 },
    stop: { name: "stopped", reason: "drained" },
  },
  failed: {
    start: { name: "starting", worker: "new", attempt: 1 },
    stop: { name: "stopped", reason: "drained" },
  },
  draining: {
    "exit to retry": { name: "stopped", reason: "out_of_memory" },
    "exit to failure": { name: "stopped", reason: "boot_failed" },
  },
  stopped: {},
};

for (const name of PHASES) {
  for (const event of Object.keys(EVENTS) as (keyof typeof EVENTS)[]) {
    const expected = MOVES[name][event];
    Deno.test(`nextAppState() in ${name} on ${event}: ${expected?.name ?? "stays"}`, () => {
      const before = structuredClone({ ...STATES[name], error: null });
      const next = nextAppState(STATES[name], EVENTS[event]);
      if (expected === undefined) assertStrictEquals(next, STATES[name], "the same object says: nothing has moved");
      else assertEquals(next, expected);
      assertEquals({ ...STATES[name], error: null }, before, "the old state is not touched");
    });
  }
}

Deno.test("APP_STATE_NAMES lists every state once", () => {
  assertEquals([...APP_STATE_NAMES].sort(), [...PHASES, "crash_loop", "quarantined"].sort());
});

Deno.test("nextAppState() reaches every state from idle and leaves every state but stopped", () => {
  const reached = new Set<AppPhase>(["idle"]);
  for (let grown = true; grown;) {
    grown = false;
    for (const from of [...reached]) {
      for (const next of Object.values(MOVES[from])) {
        grown ||= !reached.has(next.name);
        reached.add(next.name);
      }
    }
  }
  assertEquals(reached.size, PHASES.length);
  for (const name of PHASES) assert(name === "stopped" || Object.keys(MOVES[name]).length > 0, name);
});

Deno.test("shownState() is the phase, or a crash loop from the third death in a row while the app is started again and again", () => {
  for (const phase of PHASES) {
    assertEquals([0, 1, 2].map((crashes) => shownState(phase, crashes)), [phase, phase, phase]);
    const isLife = phase === "starting" || phase === "running" || phase === "backoff";
    const expected: AppStateName = isLife ? "crash_loop" : phase;
    assertEquals([3, 100].map((crashes) => shownState(phase, crashes)), [expected, expected]);
  }
});
