/** The end of all apps and listeners: what is in flight first, for as long as there is time. */
import type { Clock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import type { EventHub } from "../terms/events.ts";
import type { AppUnit } from "./reload.ts";

/** Answers that the apps have finished may take this long to reach their clients after the drain's deadline. */
const DELIVERY_GRACE_MS = 1_000;

/** What winds down. */
export interface WindDown {
  /** In force. */
  readonly units: readonly AppUnit[];
  /** Replaced or removed before, with what settles at their end. */
  readonly stopping: ReadonlyMap<AppUnit, Promise<unknown>>;
  /** Settles when no request body may still be on its way. */
  readonly bodiesRead: Promise<void>;
  /** Stops listening; settles when every connection is finished. */
  readonly shutdown: () => Promise<void>;
  readonly timeoutMs: number;
}

/** What a drain came to. */
export interface DrainResult {
  /** Requests that were in flight and finished. */
  readonly drainedRequests: number;
  /** Requests that had to be cut. */
  readonly forcedClosed: number;
}

/**
 * Runs a drain, which ends with {@linkcode windDown}, and counts what it finishes and what it cuts.
 * @param units that hold requests now
 */
export async function countedDrain(
  units: readonly AppUnit[],
  { events, timeoutMs }: { events: EventHub; timeoutMs: number },
  drain: () => Promise<void>,
): Promise<DrainResult> {
  const inFlight = units.reduce((sum, unit) => sum + unit.pending, 0);
  let forcedClosed = 0;
  const forget = events.listen((event) => {
    if (event.event === "app_drained") forcedClosed += event.forcedClosed;
  });
  events.emit({ event: "drain_start", inFlight, timeoutMs });
  await drain();
  forget();
  const result = { drainedRequests: Math.max(0, inFlight - forcedClosed), forcedClosed };
  events.emit({ event: "drain_complete", ...result });
  return result;
}

/** Settles when all has ended, or was cut. */
export async function windDown(
  { units, stopping, bodiesRead, shutdown, timeoutMs }: WindDown,
  clock: Clock,
): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  // Deno closes every WebSocket and breaks every request body off the moment its server stops listening. Where there
  // are some, listening ends with them; new requests meanwhile get 503 and a closed connection.
  const hasSockets = [...units, ...stopping.keys()].some((unit) => unit.openSockets > 0);
  const stopped = Promise.all([...units.map((unit) => unit.stop(timeoutMs)), ...stopping.values()]);
  const quiet = Promise.race([bodiesRead, stopped]);
  const early = hasSockets ? null : quiet.then(shutdown);
  await stopped;
  // The apps' own close frames need a turn to leave; then Deno closes what is left in its own words.
  if (early === null) await new Promise<void>((resolve) => clock.after(0, resolve));
  await inTime(early ?? shutdown(), Math.max(0, deadline - clock.now()) + DELIVERY_GRACE_MS, clock);
}
