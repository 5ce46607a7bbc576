/** The recent past of some apps, for the sparklines of the rows on the screen. */
import type { AdminTarget } from "../admin_target.ts";
import { snakeCase } from "../snake_case.ts";

/** As many values as a sparkline shows. */
const POINTS = 60;
/** More rows than a screen holds. */
const MAX_APPS = 100;

/** The last values of each app that exists, keys as in a tick. */
export function recentSeries({ observations }: AdminTarget, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(names.slice(0, MAX_APPS).map((name) => {
    const series = Object.entries(observations.series(name)).map(([key, values]) => [key, values.slice(-POINTS)]);
    return [name, snakeCase(Object.fromEntries(series))];
  }));
}
