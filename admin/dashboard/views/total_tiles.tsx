/** The figures of all apps together, as tiles. */
import type { AppStateName } from "../../../runtime/mod.ts";
import { statesText } from "./app_states.ts";
import { bytesText, countText, cpuText } from "../../schemas/figures.ts";
import type { Figures } from "./metrics.ts";
import { Sparkline } from "./sparkline.tsx";

/** What is told of each app. */
export interface TotalledApp {
  readonly state: AppStateName;
  readonly figures: Figures;
}

/** One tile. */
export interface Total {
  readonly key: "running" | "requests_per_second" | "errors_per_second" | "in_flight" | "memory" | "cpu";
  readonly label: string;
  readonly unit: string;
  readonly of: (figures: Figures) => number;
  readonly text: (sum: number) => string;
}

/** In the order of the tiles, after that of the apps that run. */
export const TOTALS: readonly Total[] = [
  {
    key: "requests_per_second",
    label: "Requests",
    unit: "per second",
    of: ({ requests_per_second }) => requests_per_second ?? 0,
    text: countText,
  },
  {
    key: "errors_per_second",
    label: "Errors",
    unit: "per second",
    of: ({ errors_per_second }) => errors_per_second ?? 0,
    text: countText,
  },
  { key: "in_flight", label: "In flight", unit: "requests", of: ({ in_flight }) => in_flight ?? 0, text: countText },
  {
    key: "memory",
    label: "Memory",
    unit: "in use",
    of: ({ heap_bytes, external_bytes }) => (heap_bytes ?? 0) + (external_bytes ?? 0),
    text: bytesText,
  },
  { key: "cpu", label: "CPU", unit: "of one core", of: ({ cpu }) => cpu ?? 0, text: cpuText },
];

/** The recent sums by the key of a tile, oldest first. */
export type TotalsPast = ReadonlyMap<string, readonly number[]>;

/** The sum of one tile over all apps. */
export function sumOf({ of }: Total, apps: readonly TotalledApp[]): number {
  return apps.reduce((sum, { figures }) => sum + of(figures), 0);
}

/** All tiles; they belong into a `dl`. @param props.past draws a sparkline in every tile that has one */
export function TotalTiles({ apps, past }: { apps: readonly TotalledApp[]; past?: TotalsPast }) {
  const running = apps.filter(({ state }) => state === "running").length;
  return (
    <>
      <div data-total="running">
        <dt>Running</dt>
        <dd>
          <span data-value>{running}</span> <span class="unit" data-unit>of {apps.length}</span>
        </dd>
        <dd class="states" data-states>{statesText(apps.map(({ state }) => state))}</dd>
      </div>
      {TOTALS.map((total) => (
        <TotalTile key={total.key} total={total} sum={sumOf(total, apps)} past={past?.get(total.key)} />
      ))}
    </>
  );
}

function TotalTile({ total, sum, past }: { total: Total; sum: number; past: readonly number[] | undefined }) {
  const { key, label, unit, text } = total;
  return (
    <div data-total={key}>
      <dt>{label}</dt>
      <dd>
        <span data-value>{text(sum)}</span> <span class="unit" data-unit>{unit}</span>
      </dd>
      {past === undefined ? null : <Sparkline values={past} tone={key === "errors_per_second" ? "bad" : ""} />}
    </div>
  );
}
