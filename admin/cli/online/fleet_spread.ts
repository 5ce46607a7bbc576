/** How a change gets to the nodes of a fleet, as whoever made it waits for it. */
import type { AdminClient } from "../../client/client.ts";
import type { FleetNodeAnswer } from "../../schemas/fleet_schemas.ts";

/** A boot may take its time, and nodes may start one after the other; no news for so long is an answer too. */
const QUIET_MS = 60_000;
const LOOK_MS = 100;
/** In the place of a name, for nodes that the engine could not be asked for. */
const OTHERS = "others";

/** How a change got to a node. */
export interface Spread {
  readonly node: string;
  /** Null: it is in force there. */
  readonly error: string | null;
  readonly seconds: number;
}

/** What is waited for. */
export interface SpreadOptions {
  readonly app: string;
  /** Of the change: a node that has got so far has it in force, or cannot. */
  readonly revision: number;
  /** Told of each node as soon as that is known. */
  readonly onNode?: (spread: Spread) => void;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/**
 * Waits until every node that lives has heard of a change, and has it in force or cannot. One that was there and is gone
 * before that has failed, and so have those that the engine cannot be asked for.
 * @throws {AdminError} when the node cannot be asked; the signal's reason when it aborts
 */
export async function spreadOf(
  client: Pick<AdminClient, "fleet">,
  { app, revision, onNode = () => {}, signal }: SpreadOptions,
): Promise<readonly Spread[]> {
  const from = performance.now();
  let newsAt = from;
  const known = new Map<string, Spread>();
  const seen = new Map<string, FleetNodeAnswer>();
  const tell = (node: string, error: string | null) => {
    newsAt = performance.now();
    const spread = { node, error, seconds: (newsAt - from) / 1000 };
    known.set(node, spread);
    onNode(spread);
  };
  const left = () => [...seen.values()].filter(({ name }) => !known.has(name));
  for (;;) {
    signal?.throwIfAborted();
    const { nodes, complete } = await client.fleet.view(signal);
    for (const node of nodes) {
      seen.set(node.name, node);
      if (known.has(node.name) || node.revision < revision) continue;
      tell(node.name, node.failed.find((one) => one.app === app)?.error ?? null);
    }
    if (complete) {
      const names = new Set(nodes.map(({ name }) => name));
      for (const { name } of left()) {
        if (!names.has(name)) tell(name, "it is gone: it tells nothing of itself any more");
      }
      if (left().length === 0) return [...known.values()];
    }
    if (performance.now() - newsAt >= QUIET_MS) {
      const after = `after ${QUIET_MS / 1000} s without news`;
      for (const one of left()) tell(one.name, `it is ${one.state} at revision ${one.revision}, ${after}`);
      if (!complete) tell(OTHERS, `the engine cannot be asked for them, ${after}`);
      return [...known.values()];
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** Names of the nodes that do not have a change in force. */
export function failedNodes(spreads: readonly Spread[]): readonly string[] {
  return spreads.filter(({ error }) => error !== null).map(({ node }) => node);
}

/** One line of a spread. */
export function spreadLine({ node, error, seconds }: Spread): string {
  return error === null ? `  ${node} ok ${seconds.toFixed(1)} s` : `  ${node} FAILED ${error}`;
}
