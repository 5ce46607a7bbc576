/** When a node looks at the engine again: hints of the engine may come late or never. */
import type { FleetState } from "./fleet_store.ts";

const PULL_MS = 5_000;
/** An engine that has come back and holds an election gives no hints: who has missed one must not be late by a whole turn. */
const PULL_OFFLINE_MS = 1_000;

/** Nodes that were started together should not ask together. */
export function pullDelayMs(state: FleetState, random: number = Math.random()): number {
  return (state === "offline" ? PULL_OFFLINE_MS : PULL_MS) * (0.8 + 0.4 * random);
}
