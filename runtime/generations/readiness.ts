/** Whether NANO takes requests, and how its apps are. */
import type { AppSnapshot } from "../terms/events.ts";
import type { AppStateName } from "../terms/lifecycle.ts";

/** Whether NANO takes requests, and how its apps are. */
export interface Readiness {
  /** Every app has left its first start, and no drain has begun. */
  readonly ready: boolean;
  /** NANO is going away. */
  readonly draining: boolean;
  /** How this node stands to its fleet; null without one. */
  readonly fleet: string | null;
  /** State of every app, with the message of its failure. */
  readonly apps: readonly { readonly name: string; readonly state: AppStateName; readonly error: string | null }[];
}

/** The readiness that these apps amount to. @param phase.starting whether the first start is under way */
export function readinessOf(
  snapshots: readonly AppSnapshot[],
  { starting, draining, fleet = null, unheard = false }: {
    readonly starting: boolean;
    readonly draining: boolean;
    readonly fleet?: string | null;
    /** Whether the fleet may yet have something to say that this node should serve from the start. */
    readonly unheard?: boolean;
  },
): Readiness {
  const apps = snapshots.map(({ name, state, error }) => ({ name, state, error }));
  return { ready: !draining && !unheard && !(starting && snapshots.some(isFirstStart)), draining, fleet, apps };
}

/**
 * Whether an app has yet to come up or fail for the first time; later restarts, and lazy apps that come up, are no reason to
 * take NANO out of service.
 */
function isFirstStart(app: AppSnapshot): boolean {
  return app.state === "starting" && app.startSeconds === null && app.lastExit === null;
}
