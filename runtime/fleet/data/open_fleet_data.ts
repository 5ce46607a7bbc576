/** Opens what a fleet keeps for its apps, when nano.json has it keep something. */
import { join } from "node:path";
import type { NanoConfig } from "../../config/resolved_config.ts";
import type { OutsideKind, OutsideStores } from "../../data/outside_stores.ts";
import { engineOf } from "../engine_of.ts";
import type { FleetState } from "../fleet_store.ts";
import { FleetData } from "./fleet_data.ts";

/** Namespaces that a warning names; of more it tells how many. */
const MAX_NAMED = 5;

/** What is needed of a node. */
export interface FleetDataNode {
  readonly name: string;
  readonly state: FleetState | "refused";
}

/** Who hears of what. */
export interface FleetDataListeners {
  /** Of data that this node has kept before its fleet did. */
  readonly warn: (text: string) => void;
  /** Of queues that something was sent to; null when it may have been to any. */
  readonly onSent: (queue: string | null) => void;
}

/** Where a node that is alone keeps them. */
const KEPT = {
  kv: { folder: "kv", word: "KV namespaces" },
  r2: { folder: "r2", word: "R2 buckets" },
  queue: { folder: "queues", word: "queues" },
} as const satisfies Record<OutsideKind, unknown>;

/**
 * The stores, or null when all stay on this node.
 * @throws {NanoError} CONFIG_INVALID when the engine cannot be used so
 */
export async function openFleetData(
  { fleet, stateDir }: NanoConfig,
  node: FleetDataNode,
  { warn, onSent }: FleetDataListeners,
): Promise<OutsideStores | null> {
  if (fleet === null || fleet.bindings.length === 0) return null;
  const engine = await engineOf(fleet, `${node.name} data`);
  if (engine.kind !== "nats") return null;
  for (const kind of fleet.bindings) {
    const { folder, word } = KEPT[kind];
    const left = await namesIn(join(stateDir, "data", folder));
    if (left.length === 0) continue;
    warn(`${leftText(word, left)} before its fleet did: what they hold stays there, and no app sees it`);
  }
  return new FleetData({
    engine,
    kinds: new Set(fleet.bindings),
    onSent,
    foreign: () =>
      node.state === "diverged" ? "this node is diverged from its fleet, as nano fleet status tells" : null,
  });
}

function leftText(word: string, names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return `This node has kept ${word} (${names.slice(0, MAX_NAMED).join(", ")}${more})`;
}

/** Stores in a folder that may not be there. */
async function namesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) if (name.endsWith(".db")) names.push(name.slice(0, -3));
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names.sort();
}
