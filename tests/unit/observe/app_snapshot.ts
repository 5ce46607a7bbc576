/** A snapshot of an app for the tests of what watches. */
import type { AppSnapshot } from "../../../runtime/terms/events.ts";

/** A running app. */
export function snapshot(name: string, changes: Partial<AppSnapshot> = {}): AppSnapshot {
  return {
    name,
    state: "running",
    hostnames: [`${name}.localhost`],
    port: null,
    version: "v1",
    since: 0,
    restarts: {},
    crashes: 0,
    lastExit: null,
    error: null,
    inFlight: 2,
    queued: 3,
    heapBytes: 1000,
    externalBytes: 500,
    processId: null,
    kept: null,
    cpuSeconds: 1.5,
    startSeconds: 0.02,
    ...changes,
  };
}
