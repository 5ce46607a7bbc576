/** The recent past of some apps, for the sparklines of the rows on the screen. */
import type { AdminTarget } from "../gate/admin_target.ts";
import { snakeCase } from "../gate/snake_case.ts";

/** As many values as a sparkline shows. */
const POINTS = 60;
/** More rows than a screen holds. */
const MAX_APPS = 100;

/** Keys of a series that add up over apps. */
const TOTALS = ["requestsPerSecond", "errorsPerSecond", "inFlight", "heapBytes", "externalBytes", "cpu"] as const;

/** The last values of all apps together, keys as in a tick. */
export function totalSeries(target: AdminTarget): Record<string, readonly number[]> {
  const sums = TOTALS.map(() => new Array<number>(POINTS).fill(0));
  let length = 0;
  for (const { name } of target.apps()) {
    const series = target.observations.series(name);
    TOTALS.forEach((key, at) => {
      const values = series[key].slice(-POINTS);
      length = Math.max(length, values.length);
      // A young app has a short past: the last values belong together
      values.forEach((value, index) => sums[at]![POINTS - values.length + index]! += value);
    });
  }
  const entries = TOTALS.map((key, at) => [key, sums[at]!.slice(POINTS - length)]);
  return snakeCase(Object.fromEntries(entries)) as Record<string, readonly number[]>;
}

/** The last values of each app that exists, keys as in a tick. */
export function recentSeries({ observations }: AdminTarget, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names.slice(0, MAX_APPS).map((name) => {
      const series = Object.entries(observations.series(name)).map(([key, values]) => [key, values.slice(-POINTS)]);
      return [name, snakeCase(Object.fromEntries(series))];
    }),
  );
}
