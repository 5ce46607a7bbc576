/** When a node takes what is new: at once, or one node after the other and none after one that failed. */
import type { Clock } from "../clock.ts";
import { NanoError } from "../errors.ts";
import { appOfKey } from "./app_record.ts";
import { type FleetStore, LEASE_MS, type NodeReport } from "./fleet_store.ts";
import { type ReplicaTools, Unfetched } from "./replica_tools.ts";

const ROLL_LEASE = "roll";
/** A boot may take longer than a lease stands. */
const RENEW_MS = LEASE_MS / 3;
/** What the failure of a node begins with that did not even try: it holds nobody up, or two of them would for ever. */
const HALTED = "halted: ";
/** Between two looks at who is at it. */
const TURN_MS = 500;
/** A node that waits so long looks at the fleet anew before it goes on. */
const PATIENCE_MS = 60_000;

/** What it works with. */
export interface PacingTools {
  readonly store: Pick<FleetStore, "lease" | "release">;
  readonly clock: Clock;
  readonly name: string;
  /** What tells this process from others. */
  readonly holder: string;
  /** All nodes as the engine has them now. */
  readonly nodes: () => Promise<readonly NodeReport[]>;
  readonly warn: (text: string) => void;
}

/** Makes nodes take changes one by one. */
export function oneByOne(apply: ReplicaTools["apply"], tools: PacingTools): ReplicaTools["apply"] {
  const { store, holder } = tools;
  return async (news) => {
    await turn(tools);
    const { held } = news;
    const app = appOfKey(held.key);
    const failed = (await asked(tools.nodes())).find(({ name, failed }) =>
      name !== tools.name &&
      failed.some((one) => one.app === app && one.revision === held.revision && !one.error.startsWith(HALTED))
    );
    if (failed !== undefined) {
      await store.release(ROLL_LEASE, holder).catch(() => {});
      throw new NanoError("CONFLICT", `${HALTED}node "${failed.name}" could not start it`);
    }
    {
      // When it fails, the lease ends by itself: until then the others have heard of it.
      using _renewed = renewed(tools);
      await apply(news);
    }
    await store.release(ROLL_LEASE, holder).catch(() => {});
  };
}

/** Keeps the lease for as long as it takes. */
function renewed({ store, clock, holder, warn }: PacingTools): Disposable {
  let cancel = () => {};
  const later = () =>
    cancel = clock.after(RENEW_MS, () => {
      store.lease(ROLL_LEASE, holder).then((isOurs) => {
        if (isOurs) return;
        // Whoever has it by then has waited longer than a lease stands; what is under way here cannot be taken back.
        warn("Another node starts the change, too: this one's turn has ended while it was frozen or cut off");
        cancel();
      }, () => {});
      later();
    });
  later();
  return { [Symbol.dispose]: () => cancel() };
}

async function turn({ store, clock, holder }: PacingTools): Promise<void> {
  const until = clock.now() + PATIENCE_MS;
  while (!await asked(store.lease(ROLL_LEASE, holder))) {
    if (clock.now() >= until) throw new Unfetched("Other nodes are still at it");
    await new Promise<void>((resolve) => clock.after(TURN_MS, resolve));
  }
}

/** Without an engine nobody's turn is known: the pull ends, and is tried again. */
async function asked<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw new Unfetched("Cannot ask whose turn it is: the engine gives no answer", { cause });
  }
}
