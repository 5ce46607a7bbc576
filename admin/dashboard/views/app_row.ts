/** One app as the overview shows it, and which apps it shows in which order: the same on the server and in the browser. */
import type { AppStateName } from "../../../runtime/mod.ts";
import { isTroubled, stateRank } from "./app_states.ts";
import { type Figures, METRICS } from "./metrics.ts";

/** One app of the overview. */
export interface AppRow {
  readonly name: string;
  readonly hostnames: readonly string[];
  /** The app of which it is a version with hosts of its own. */
  readonly versionOf: string | null;
  readonly state: AppStateName;
  /** Deaths in a row. */
  readonly crashes: number;
  /** Whether it serves on because its last change was refused. */
  readonly isStale: boolean;
  /** When it came into its state, ms since the epoch. */
  readonly since: number;
  /** Why it does not serve, as far as it is known. */
  readonly reason: string | null;
  readonly figures: Figures;
}

/** All that the overview shows, as the server answers it. */
export interface OverviewView {
  readonly rows: readonly AppRow[];
  /** Of the server, ms since the epoch. */
  readonly now: number;
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

// The same order on every machine, whatever its language
const collator = new Intl.Collator("en", { numeric: true });

/** The apps that match, in order. */
export function selectRows(rows: readonly AppRow[], query: ListQuery): AppRow[] {
  const { key, descending } = sortOf(query);
  const turn = descending ? -1 : 1;
  return rows.filter((row) => matches(row, query)).sort((one, other) =>
    turn * compare(one, other, key) || collator.compare(one.name, other.name)
  );
}

/** As many rows as a browser draws at once without a pause; who has more apps finds one by its name, host or state. */
export const MOST_ROWS = 500;

/** How many apps match, in words. */
export function countOfRows(shown: number, total: number): string {
  return shown === total ? `${total} apps` : `${shown} of ${total} apps`;
}

/** The column that rows are sorted by, "" for none. */
export function sortOf({ sort }: ListQuery): { readonly key: string; readonly descending: boolean } {
  return sort.startsWith("-") ? { key: sort.slice(1), descending: true } : { key: sort, descending: false };
}

/** Whether somebody has to look at an app. */
export function needsAttention({ state, isStale }: Pick<AppRow, "state" | "isStale">): boolean {
  return isStale || isTroubled(state);
}

function matches(row: AppRow, query: ListQuery): boolean {
  const { name, hostnames, state } = row;
  const wanted = query.q.trim().toLowerCase();
  return (wanted === "" || [name, ...hostnames].join(" ").toLowerCase().includes(wanted)) &&
    (query.state === "" || state === query.state || (query.state === "attention" && needsAttention(row)));
}

function compare(one: AppRow, other: AppRow, key: string): number {
  const metric = METRICS.find((metric) => metric.key === key);
  if (metric !== undefined) return (one.figures[metric.key] ?? -1) - (other.figures[metric.key] ?? -1);
  if (key === "name") return collator.compare(one.name, other.name);
  const byRank = stateRank(one.state) - stateRank(other.state);
  return key === "state" ? byRank || one.state.localeCompare(other.state) : byRank;
}
