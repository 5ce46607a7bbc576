/** Two versions of one app behind the same hosts: each request goes to one of them by chance. */
import type { AppTarget } from "../terms/app_call.ts";
import type { AppStateName } from "../terms/lifecycle.ts";

/** A version that serves; an AppUnit fits. */
export interface SplitSide extends AppTarget {
  readonly state: AppStateName;
}

/** States in which a version takes requests, or wakes for one. */
const SERVING: ReadonlySet<AppStateName> = new Set(["running", "starting", "idle"]);

/**
 * The target that chooses.
 *
 * @param percent of the requests that the candidate gets while it is able to serve
 * @param random between 0 and 1
 */
export function splitTarget(
  stable: SplitSide,
  candidate: SplitSide,
  percent: number,
  random: () => number = Math.random,
): AppTarget {
  return {
    app: stable.app,
    fetch: (call) => stable.fetch(call),
    choose: () => random() * 100 < percent && SERVING.has(candidate.state) ? candidate : stable,
  };
}
