/// <reference lib="dom" />
/** What the overview asks of the server beside the stream of ticks. */
import type { OverviewView } from "../views/app_row.ts";
import type { Past } from "../views/metrics.ts";

/** The server answers for no more at once. */
const MAX_APPS = 100;

/** All apps; null when the connection is lost, which the stream tells. */
export async function fetchOverview(): Promise<OverviewView | null> {
  return await fetchJson("/overview") as OverviewView | null;
}

/** The recent past of some apps; of those that are left out nothing is known. */
export async function fetchPasts(names: readonly string[]): Promise<ReadonlyMap<string, Past>> {
  const found = new Map<string, Past>();
  for (let at = 0; at < names.length; at += MAX_APPS) {
    const query = new URLSearchParams(names.slice(at, at + MAX_APPS).map((name) => ["app", name]));
    const pasts = await fetchJson(`/series?${query}`) as Readonly<Record<string, Past>> | null;
    for (const [name, past] of Object.entries(pasts ?? {})) found.set(name, past);
  }
  return found;
}

/** The recent past of all apps together, by the key of a tile. */
export async function fetchTotals(): Promise<ReadonlyMap<string, readonly number[]>> {
  const sums = await fetchJson("/series/total") as Readonly<Record<string, readonly number[]>> | null;
  if (sums === null) return new Map();
  const { heap_bytes: heap = [], external_bytes: external = [], ...others } = sums;
  return new Map([...Object.entries(others), ["memory", heap.map((bytes, at) => bytes + (external[at] ?? 0))]]);
}

async function fetchJson(url: string): Promise<unknown> {
  try {
    const response = await fetch(url, { cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
