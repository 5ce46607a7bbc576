/** Opens what a fleet keeps for its apps, when nano.json has it keep something. */
import { join } from "node:path";
import type { NanoConfig } from "../../config/resolved_config.ts";
import type { OutsideStores } from "../../data/outside_stores.ts";
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

/**
 * The stores, or null when all stay on this node.
 * @param warn is told of data that this node has kept before its fleet did
 * @throws {NanoError} CONFIG_INVALID when the engine cannot be used so
 */
export async function openFleetData(
  { fleet, stateDir }: NanoConfig,
  node: FleetDataNode,
  warn: (text: string) => void,
): Promise<OutsideStores | null> {
  if (fleet === null || !fleet.bindings.includes("kv")) return null;
  const engine = await engineOf(fleet, `${node.name} data`);
  if (engine.kind !== "nats") return null;
  const left = await namesIn(join(stateDir, "data", "kv"));
  if (left.length > 0) warn(`${leftText(left)} before its fleet did: what they hold stays there, and no app sees it`);
  return new FleetData({
    engine,
    foreign: () =>
      node.state === "diverged" ? "this node is diverged from its fleet, as nano fleet status tells" : null,
  });
}

function leftText(names: readonly string[]): string {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return `This node has kept KV namespaces (${names.slice(0, MAX_NAMED).join(", ")}${more})`;
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
