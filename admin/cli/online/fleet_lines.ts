/** What people read of a fleet: a row a node, and how far a change has got. */
import type { AdminClient } from "../../client/client.ts";
import type { FleetAnswer, FleetNodeAnswer } from "../../schemas/fleet_schemas.ts";
import { type CliIo, wantsColor } from "../terminal/cli_io.ts";
import { bytesText, type Style } from "../terminal/text_style.ts";
import { type Column, tableLines } from "../terminal/text_table.ts";

/** Nodes start a version one after the other at worst; whoever deploys should not wait for ever. */
const SPREAD_MS = 60_000;
const LOOK_MS = 250;

const NODE_COLUMNS: readonly Column<FleetNodeAnswer>[] = [
  { title: "NODE", value: ({ name, self }) => self ? `${name} *` : name },
  { title: "STATE", value: ({ state }) => state, style: ({ state }) => state === "following" ? "green" : "red" },
  { title: "ROLE", value: ({ role }) => role },
  { title: "REVISION", value: ({ revision }) => String(revision), right: true },
  { title: "LAG", value: ({ lag }) => String(lag), right: true, style: ({ lag }) => redIf(lag > 0) },
  { title: "APPS UP", value: ({ apps_up }) => String(apps_up), right: true },
  {
    title: "FAILED",
    value: ({ failed }) => String(failed.length),
    right: true,
    style: (one) => redIf(one.failed.length > 0),
  },
  { title: "DRIFT", value: ({ drift }) => drift.join(", ") || "-", style: ({ drift }) => redIf(drift.length > 0) },
  { title: "NANO", value: ({ version }) => version },
  { title: "MEMORY", value: ({ memory_bytes }) => bytesText(memory_bytes), right: true },
  { title: "ADDRESS", value: ({ address }) => address ?? "-", shrinks: true },
];

/** The whole fleet. */
export function fleetLines(fleet: FleetAnswer, io: CliIo): readonly string[] {
  const { node, state, why, engine, revision, complete, nodes } = fleet;
  const failures = nodes.flatMap(({ name, failed }) =>
    failed.map(({ app, revision, error }) =>
      `${name}: app "${app}"${revision === 0 ? "" : ` at ${revision}`}: ${error}`
    )
  );
  return [
    `Node "${node}" is ${state} at revision ${revision}, by ${engine}${why === null ? "" : `: ${why}`}`,
    ...complete ? [] : ["The engine cannot be asked for the other nodes"],
    ...tableLines(nodes, NODE_COLUMNS, { columns: io.columns, color: wantsColor(io) }),
    ...failures,
  ];
}

/** How a change got to a node. */
export interface Spread {
  readonly node: string;
  /** Null: it is in force there. */
  readonly error: string | null;
  readonly seconds: number;
}

/**
 * Waits until every live node has heard of a change, and has it in force or cannot.
 * @param onNode told of each node as soon as that is known
 */
export async function spreadOf(
  client: AdminClient,
  { app, revision }: { readonly app: string; readonly revision: number },
  onNode: (spread: Spread) => void,
): Promise<readonly Spread[]> {
  const from = performance.now();
  const known = new Map<string, Spread>();
  for (;;) {
    const { nodes } = await client.fleet.view();
    const seconds = (performance.now() - from) / 1000;
    const tell = (node: string, error: string | null) => {
      const spread = { node, error, seconds };
      known.set(node, spread);
      onNode(spread);
    };
    const waiting = nodes.filter(({ name }) => !known.has(name));
    for (const { name, failed, revision: at } of waiting) {
      const failure = failed.find((one) => one.app === app);
      if (at >= revision) tell(name, failure?.error ?? null);
    }
    const left = nodes.filter(({ name }) => !known.has(name));
    if (left.length === 0) return [...known.values()];
    if (seconds * 1000 >= SPREAD_MS) {
      for (const { name, state, revision: at } of left) {
        tell(name, `it is ${state} at revision ${at}, after ${SPREAD_MS / 1000} s`);
      }
      return [...known.values()];
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** One line of a spread. */
export function spreadLine({ node, error, seconds }: Spread): string {
  return error === null ? `  ${node} ok ${seconds.toFixed(1)} s` : `  ${node} FAILED ${error}`;
}

function redIf(isBad: boolean): Style | null {
  return isBad ? "red" : null;
}
