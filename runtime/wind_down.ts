/** The end of all apps and listeners: what is in flight first, for as long as there is time. */
import { type Clock, within } from "./clock.ts";
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
  await within(clock, early ?? shutdown(), Math.max(0, deadline - clock.now()) + DELIVERY_GRACE_MS);
}
