/** The states of an app in the order in which the dashboard offers them. */
import type { AppStateName } from "../../runtime/mod.ts";

/** What needs a look comes first. */
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
