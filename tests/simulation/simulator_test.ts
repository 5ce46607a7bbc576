/** Ten thousand seeds through the simulator, and proofs that it sees what goes wrong. */
import { assert, assertEquals } from "@std/assert";
import { type SimOptions, type SimResult, simulate } from "./simulate.ts";
import type { SimFault } from "./sim_isolate.ts";

const SEEDS = 10_000;
const FAULTS: readonly SimFault[] = [
  "forgets a request at its end",
  "answers twice",
  "is given out twice",
  "outlives its kill",
  "tells no end",
];
/** With this many seeds each fault has come up many times. */
const FAULT_SEEDS = 200;

/** SIM_SEED runs one seed and tells what happens in it, SIM_FROM other ten thousand than the first. */
function wanted(name: string): number | null {
  const given = Deno.env.get(name);
  if (given === undefined) return null;
  if (!/^\d+$/.test(given)) throw new Error(`Cannot use ${name}=${given}: it is no whole number`);
  return Number(given);
}

/** The line that runs a seed again. */
function lineOf(seed: number): string {
  return `SIM_SEED=${seed} deno task test tests/simulation/simulator_test.ts --filter "simulator finds no"`;
}

/** Nobody reads the stacks of the refusals that a run makes by the hundred; capturing them takes a fifth of its time. */
async function run(seed: number, options: SimOptions): Promise<SimResult> {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const thrown: string[] = [];
  const onThrown = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    thrown.push(`nobody took an error: ${event.reason}`);
  };
  addEventListener("unhandledrejection", onThrown);
  try {
    const result = await simulate(seed, options);
    return { ...result, mistakes: [...result.mistakes, ...thrown] };
  } catch (error) {
    return { mistakes: [...thrown, `it threw: ${error}`], checks: 0 };
  } finally {
    removeEventListener("unhandledrejection", onThrown);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

Deno.test(`The simulator finds no mistake in ${SEEDS} seeds`, async () => {
  const one = wanted("SIM_SEED");
  const from = one ?? wanted("SIM_FROM") ?? 1;
  let checks = 0;
  for (let seed = from; seed < from + (one === null ? SEEDS : 1); seed++) {
    const result = await run(seed, one === null ? {} : { trace: (text) => console.log(text) });
    checks += result.checks;
    assertEquals(result.mistakes, [], `again: ${lineOf(seed)}`);
  }
  assert(checks > 0);
});

for (const fault of FAULTS) {
  Deno.test(`The simulator sees an isolate that ${fault}`, async () => {
    for (let seed = 1; seed <= FAULT_SEEDS; seed++) {
      if ((await run(seed, { fault })).mistakes.length > 0) return;
    }
    assert(false, `no mistake in ${FAULT_SEEDS} seeds`);
  });
}
