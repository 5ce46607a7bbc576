/** Many seeds through the simulator of a fleet, and proofs that it sees what goes wrong. */
import { assert, assertEquals } from "@std/assert";
import { repeats } from "../support/repeats.ts";
import { type FleetFault, type FleetSimOptions, type FleetSimResult, simulateFleet } from "./simulate_fleet.ts";

const SEEDS = repeats(200, 10_000);
const FAULTS: readonly FleetFault[] = [
  "the engine takes what was planned on an old head",
  "nodes take what they have not seen for nothing",
  "an archive is acknowledged and not kept",
  "claims are lost",
];
/** With this many seeds each fault has come up many times. */
const FAULT_SEEDS = 200;

/** SIM_SEED runs one seed and tells what happens in it, SIM_FROM others than the first. */
function wanted(name: string): number | null {
  const given = Deno.env.get(name);
  if (given === undefined) return null;
  if (!/^\d+$/.test(given)) throw new Error(`Cannot use ${name}=${given}: it is no whole number`);
  return Number(given);
}

/** The line that runs a seed again. */
function lineOf(seed: number): string {
  return `SIM_SEED=${seed} deno task test tests/simulation/fleet_simulator_test.ts --filter "simulated fleet makes no"`;
}

async function run(seed: number, options: FleetSimOptions): Promise<FleetSimResult> {
  const { stackTraceLimit } = Error;
  // Nobody reads the stacks of the refusals.
  Error.stackTraceLimit = 0;
  const thrown: string[] = [];
  const onThrown = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    thrown.push(`nobody took an error: ${event.reason}`);
  };
  addEventListener("unhandledrejection", onThrown);
  try {
    const result = await simulateFleet(seed, options);
    return { ...result, mistakes: [...result.mistakes, ...thrown] };
  } catch (error) {
    return { mistakes: [...thrown, `it threw: ${error}`], checks: 0, acknowledged: 0 };
  } finally {
    removeEventListener("unhandledrejection", onThrown);
    Error.stackTraceLimit = stackTraceLimit;
  }
}

Deno.test(`A simulated fleet makes no mistake in ${SEEDS} seeds`, async () => {
  const one = wanted("SIM_SEED");
  const from = one ?? wanted("SIM_FROM") ?? 1;
  let acknowledged = 0;
  for (let seed = from; seed < from + (one === null ? SEEDS : 1); seed++) {
    const result = await run(seed, one === null ? {} : { trace: (text) => console.log(text) });
    acknowledged += result.acknowledged;
    assertEquals(result.mistakes, [], `again: ${lineOf(seed)}`);
  }
  console.log(`${acknowledged} deploys were acknowledged`);
  assert(acknowledged > 0);
});

for (const fault of FAULTS) {
  Deno.test(`The simulator of a fleet sees that ${fault}`, async () => {
    for (let seed = 1; seed <= FAULT_SEEDS; seed++) {
      if ((await run(seed, { fault })).mistakes.length > 0) return;
    }
    assert(false, `no mistake in ${FAULT_SEEDS} seeds`);
  });
}
