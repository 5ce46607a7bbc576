/** What can be read of an app that has no isolate. */
import type { AppConfig } from "../config/resolved_config.ts";
import type { AppSnapshot } from "../terms/events.ts";

/** The snapshot of an app without an isolate, which nothing has happened to. */
export function idleSnapshot(
  app: AppConfig,
  known: Pick<AppSnapshot, "state" | "version" | "since">,
): AppSnapshot {
  return {
    ...known,
    name: app.name,
    hostnames: app.hostnames,
    port: app.port,
    restarts: {},
    crashes: 0,
    lastExit: null,
    error: null,
    inFlight: 0,
    queued: 0,
    heapBytes: 0,
    externalBytes: 0,
    processId: null,
    kept: null,
    cpuSeconds: 0,
    startSeconds: null,
  };
}
