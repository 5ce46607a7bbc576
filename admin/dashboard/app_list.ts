/** The apps of the overview with the figures of their last tick. */
import { type AppOrigin, type AppSnapshot, type AppTick, NanoError } from "../../runtime/mod.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import type { AppRow } from "./views/app_row.ts";
import { isTroubled } from "./views/app_states.ts";
import type { Figures } from "./views/metrics.ts";

/** All apps. */
export async function listApps(target: AdminTarget): Promise<AppRow[]> {
  const ticks = new Map((await lastTicks(target)).map((tick) => [tick.app, tick]));
  return target.apps().map((snapshot) => {
    const { name, hostnames, state, crashes, since, error, lastExit } = snapshot;
    return {
      name,
      hostnames,
      versionOf: originOrNull(target, name)?.versionOf ?? null,
      state,
      crashes,
      isStale: error !== null && !isTroubled(state),
      since,
      reason: error ?? lastExit?.detail ?? null,
      figures: figuresOf(snapshot, ticks.get(name)),
    };
  });
}

/** Where the app's entry comes from; null for one that is being removed. */
export function originOrNull(target: AdminTarget, name: string): AppOrigin | null {
  try {
    return target.operations.apps.originOf(name);
  } catch (error) {
    if (error instanceof NanoError && error.code === "NOT_FOUND") return null;
    throw error;
  }
}

/** The first batch comes at once; its whole series would be 300 times as much. */
async function lastTicks({ observations }: AdminTarget): Promise<readonly AppTick[]> {
  const done = new AbortController();
  try {
    for await (const ticks of observations.ticks(done.signal)) return ticks;
    return [];
  } finally {
    done.abort();
  }
}

function figuresOf({ inFlight, heapBytes, externalBytes }: AppSnapshot, tick: AppTick | undefined): Figures {
  return {
    requests_per_second: tick?.requestsPerSecond ?? 0,
    p50_seconds: tick?.p50Seconds ?? null,
    p99_seconds: tick?.p99Seconds ?? null,
    errors_per_second: tick?.errorsPerSecond ?? 0,
    in_flight: tick?.inFlight ?? inFlight,
    heap_bytes: tick?.heapBytes ?? heapBytes,
    external_bytes: tick?.externalBytes ?? externalBytes,
    cpu: tick?.cpu ?? 0,
  };
}
