/** The states of an app as the dashboard writes, explains and ranks them. */
import type { AppStateName } from "../../../runtime/mod.ts";

/** All states in the order in which they are offered: what needs a look comes first. */
export const APP_STATES: readonly AppStateName[] = [
  "quarantined",
  "failed",
  "crash_loop",
  "backoff",
  "starting",
  "draining",
  "stopped",
  "running",
  "idle",
];

/** States that somebody has to look at, the worst first. */
const ATTENTION_STATES: readonly AppStateName[] = APP_STATES.filter((state) => state !== "running" && state !== "idle");

/** What a state means for the person who looks. */
export const STATE_MEANINGS: Readonly<Record<AppStateName, string>> = {
  quarantined: "Suspected twice of ending the whole process, and not started. A new version or a restart ends it",
  failed: "Cannot start. A new version or a restart tries again",
  crash_loop: "Keeps dying, and is started again after ever longer waits; while it runs it serves",
  backoff: "Ended too often and waits to be started again",
  starting: "Boots its isolate",
  draining: "Finishes its requests and takes no new ones",
  stopped: "Out of service. A restart brings it back",
  running: "Serves requests",
  idle: "Parked. The next request wakes it",
};

/** Whether somebody has to look at an app in this state. */
export function isTroubled(state: AppStateName): boolean {
  return ATTENTION_STATES.includes(state);
}

/** Place of a state when the worst comes first; the same for all that need no attention. */
export function stateRank(state: AppStateName): number {
  const at = ATTENTION_STATES.indexOf(state);
  return at === -1 ? ATTENTION_STATES.length : at;
}

/** A state as people read it, a crash loop with its length. @param crashes deaths in a row */
export function stateText(state: AppStateName, crashes: number): string {
  return state === "crash_loop" ? `crash loop, ${crashes} ${crashes === 1 ? "death" : "deaths"}` : state;
}

/** How many apps are in each state beside running, as `2 failed, 3 idle`. @param states one an app */
export function statesText(states: readonly AppStateName[]): string {
  const counts = new Map<AppStateName, number>();
  for (const state of states) if (state !== "running") counts.set(state, (counts.get(state) ?? 0) + 1);
  if (counts.size === 0) return "All serve";
  return APP_STATES.filter((state) => counts.has(state)).map((state) =>
    `${counts.get(state)} ${state.replace("_", " ")}`
  ).join(", ");
}
