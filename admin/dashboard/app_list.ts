/** The apps of the overview: filtered and sorted as the address says, so that it works without a script too. */
import { type AppOrigin, type AppSnapshot, type AppTick, NanoError } from "../../runtime/mod.ts";
import type { AdminTarget } from "../gate/admin_target.ts";
import { ATTENTION_STATES, METRICS } from "./client/metrics.js";

/** One app with the figures of its last tick. */
export interface ListedApp {
  readonly snapshot: AppSnapshot;
  /** Null while the app is being removed. */
  readonly origin: AppOrigin | null;
  /** By the key of METRICS; null when nothing is known. */
  readonly figures: Readonly<Record<string, number | null>>;
}

/** What the address asks for. */
export interface ListQuery {
  /** Part of a name or host. */
  readonly q: string;
  /** A state, `attention`, or "" for all. */
  readonly state: string;
  /** `name`, `state` or a key of METRICS; with a `-` before it, the highest first. "" puts first what needs attention. */
  readonly sort: string;
}

/** All apps with their figures. */
export async function listApps(target: AdminTarget): Promise<ListedApp[]> {
  const ticks = new Map((await lastTicks(target)).map((tick) => [tick.app, tick]));
  return target.apps().map((snapshot) => ({
    snapshot,
    origin: originOrNull(target, snapshot.name),
    figures: figuresOf(snapshot, ticks.get(snapshot.name)),
  }));
}

/** The apps that match, in order. */
export function selectApps(apps: readonly ListedApp[], { q, state, sort }: ListQuery): ListedApp[] {
  const wanted = q.trim().toLowerCase();
  const found = apps.filter(({ snapshot }) =>
    (wanted === "" || searchText(snapshot).includes(wanted)) &&
    (state === "" || snapshot.state === state || (state === "attention" && needsAttention(snapshot)))
  );
  const descending = sort.startsWith("-");
  const key = descending ? sort.slice(1) : sort;
  const turn = descending ? -1 : 1;
  return found.sort((one, other) => turn * compare(one, other, key) || byName(one, other));
}

/** What the search looks at. */
export function searchText({ name, hostnames }: AppSnapshot): string {
  return [name, ...hostnames].join(" ").toLowerCase();
}

/** Whether somebody has to look at it. */
export function needsAttention({ state }: AppSnapshot): boolean {
  return ATTENTION_STATES.includes(state);
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

function figuresOf({ inFlight, heapBytes, externalBytes }: AppSnapshot, tick: AppTick | undefined) {
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

function compare(one: ListedApp, other: ListedApp, key: string): number {
  if (METRICS.some((metric) => metric.key === key)) return (one.figures[key] ?? -1) - (other.figures[key] ?? -1);
  if (key === "name") return byName(one, other);
  if (key === "state") return rank(one) - rank(other) || one.snapshot.state.localeCompare(other.snapshot.state);
  return rank(one) - rank(other);
}

function rank({ snapshot }: ListedApp): number {
  const at = ATTENTION_STATES.indexOf(snapshot.state);
  return at === -1 ? ATTENTION_STATES.length : at;
}

function byName(one: ListedApp, other: ListedApp): number {
  return one.snapshot.name.localeCompare(other.snapshot.name, "en", { numeric: true });
}
