/** What can be read of an app that has an isolate, or could have one. */
import type { AppConfig } from "../config/resolved_config.ts";
import type { AppSnapshot } from "../terms/events.ts";
import type { AppIsolate } from "./supervisor_tools.ts";

/** What its supervisor knows of it. */
export interface KnownOfApp
  extends Pick<AppSnapshot, "state" | "version" | "since" | "restarts" | "crashes" | "lastExit" | "error" | "queued"> {
  /** CPU time of the isolates before this one. */
  readonly pastCpuMicros: number;
  /** How long the last start took, or null before the first. */
  readonly startMs: number | null;
}

/** The snapshot. @param isolate null while there is none */
export function appSnapshot(
  { name, hostnames, port }: AppConfig,
  isolate: Pick<AppIsolate, "inFlight" | "heapBytes" | "externalBytes" | "processId" | "kept" | "cpuMicros"> | null,
  { pastCpuMicros, startMs, ...known }: KnownOfApp,
): AppSnapshot {
  return {
    ...known,
    name,
    hostnames,
    port,
    inFlight: isolate?.inFlight ?? 0,
    heapBytes: isolate?.heapBytes ?? 0,
    externalBytes: isolate?.externalBytes ?? 0,
    processId: isolate?.processId || null,
    kept: isolate?.kept ?? null,
    cpuSeconds: (pastCpuMicros + (isolate?.cpuMicros ?? 0)) / 1e6,
    startSeconds: startMs === null ? null : startMs / 1000,
  };
}
