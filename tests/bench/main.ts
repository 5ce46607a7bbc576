/**
 * The bench: `deno task bench [--short] [dispatch|streams|sockets|bindings|start|restart|boots|wake|fairness|tail|memory|idle|isolation|fleet|promises|react ...]`, or one of
 * the long ones, `deno task bench kills 2000` (`process_kills 1000`: SIGKILLs to apps' processes),
 * `deno task bench killers 40`, `deno task bench soak 30` (`mixed 30`: of both kinds of isolates;
 * `soak 5 "natives: a raw text"`: of attacks whose titles begin so) and
 * `deno task bench many 10000` (kills, deaths, minutes, apps). Prints, asserts nothing.
 */
import { benchBindings } from "./bindings.ts";
import { benchDispatch } from "./dispatch.ts";
import { benchFairness } from "./fairness.ts";
import { benchFleetDeploys } from "./fleet_deploys.ts";
import { benchFleetEngines } from "./fleet_engines.ts";
import { benchFleetIdle } from "./fleet_idle.ts";
import { benchFleetJoin } from "./fleet_join.ts";
import { benchIdleApps } from "./idle_apps.ts";
import { benchIsolation } from "./isolation.ts";
import { benchKillers } from "./killers.ts";
import { benchKills } from "./kills.ts";
import { findLoadGenerator } from "./load.ts";
import { benchManyBoots } from "./many_boots.ts";
import { printMachine } from "./machine.ts";
import { benchManyApps } from "./many_apps.ts";
import { benchMemory } from "./memory.ts";
import { benchProcessKills } from "./process_kills.ts";
import { benchPromises } from "./promises.ts";
import { benchReact } from "./react.ts";
import { benchRestart } from "./restart.ts";
import { benchMixedSoak, benchSoak } from "./soak.ts";
import { benchSockets } from "./sockets.ts";
import { benchStart } from "./start.ts";
import { benchStreams } from "./streams.ts";
import { benchTail } from "./tail.ts";
import { benchWake } from "./wake.ts";

/** In the order in which they run. */
const GROUPS = {
  dispatch: async (short: boolean) => benchDispatch({ short, generator: await findLoadGenerator() }),
  streams: benchStreams,
  sockets: benchSockets,
  bindings: async (short: boolean) => benchBindings({ short, generator: await findLoadGenerator() }),
  start: benchStart,
  restart: benchRestart,
  boots: benchManyBoots,
  wake: benchWake,
  fairness: benchFairness,
  tail: async (short: boolean) => benchTail({ short, generator: await findLoadGenerator() }),
  memory: benchMemory,
  idle: benchIdleApps,
  fleet: async (short: boolean) => {
    await benchFleetEngines(short);
    await benchFleetDeploys(short);
    await benchFleetJoin(short);
    await benchFleetIdle(short);
  },
  isolation: async (short: boolean) => benchIsolation({ short, generator: await findLoadGenerator() }),
  promises: benchPromises,
  react: async (short: boolean) => benchReact({ short, generator: await findLoadGenerator() }),
} as const;
/** Only when they are named, with a number: of kills, of deaths, of minutes, of apps. */
const LONG = {
  kills: benchKills,
  process_kills: benchProcessKills,
  killers: benchKillers,
  soak: benchSoak,
  mixed: benchMixedSoak,
  many: benchManyApps,
} as const;

type Group = keyof typeof GROUPS;

function isGroup(name: string): name is Group {
  return Object.hasOwn(GROUPS, name);
}

const [first = "", count, ...titles] = Deno.args;
if (first in LONG) {
  const many = count === undefined ? undefined : Number(count);
  const isSoak = first === "soak" || first === "mixed";
  if (titles.length > 0 && !isSoak || many !== undefined && !(many > 0)) {
    const takes = `one number above 0${isSoak ? ", and beginnings of titles of attacks" : ""}`;
    console.error(`Cannot bench "${Deno.args.join(" ")}": "${first}" takes ${takes}`);
    Deno.exit(2);
  }
  printMachine({ short: false, generator: "the bench itself" });
  await LONG[first as keyof typeof LONG](many, titles);
  Deno.exit(0);
}

const short = Deno.args.includes("--short");
const wanted = Deno.args.filter((arg) => arg !== "--short");
const unknown = wanted.find((name) => !isGroup(name));
if (unknown !== undefined) {
  console.error(
    `Cannot bench "${unknown}": there are ${[...Object.keys(GROUPS), ...Object.keys(LONG)].join(", ")}, and --short`,
  );
  Deno.exit(2);
}

printMachine({ short, generator: (await findLoadGenerator()).name });
for (const [name, run] of Object.entries(GROUPS)) {
  if (wanted.length === 0 || wanted.includes(name)) await run(short);
}
