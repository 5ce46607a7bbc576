/** The bench: `deno task bench [--short] [dispatch|streams|start|restart|wake|fairness|tail|memory ...]`. Prints, asserts nothing. */
import { benchDispatch } from "./dispatch.ts";
import { benchFairness } from "./fairness.ts";
import { findLoadGenerator } from "./load.ts";
import { printMachine } from "./machine.ts";
import { benchMemory } from "./memory.ts";
import { benchRestart } from "./restart.ts";
import { benchStart } from "./start.ts";
import { benchStreams } from "./streams.ts";
import { benchTail } from "./tail.ts";
import { benchWake } from "./wake.ts";

/** In the order in which they run. */
const GROUPS = {
  dispatch: async (short: boolean) => benchDispatch({ short, generator: await findLoadGenerator() }),
  streams: benchStreams,
  start: benchStart,
  restart: benchRestart,
  wake: benchWake,
  fairness: benchFairness,
  tail: async (short: boolean) => benchTail({ short, generator: await findLoadGenerator() }),
  memory: benchMemory,
} as const;

type Group = keyof typeof GROUPS;

function isGroup(name: string): name is Group {
  return Object.hasOwn(GROUPS, name);
}

const short = Deno.args.includes("--short");
const wanted = Deno.args.filter((arg) => arg !== "--short");
const unknown = wanted.find((name) => !isGroup(name));
if (unknown !== undefined) {
  console.error(`Cannot bench "${unknown}": there are ${Object.keys(GROUPS).join(", ")}, and --short`);
  Deno.exit(2);
}

printMachine({ short, generator: (await findLoadGenerator()).name });
for (const [name, run] of Object.entries(GROUPS)) {
  if (wanted.length === 0 || wanted.includes(name)) await run(short);
}
