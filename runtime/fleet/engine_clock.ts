/** What time the engine has, as a node knows it from when its own reports were heard there: nodes' clocks may be wrong. */
import type { HeardReport } from "./fleet_store.ts";

/** A report may be heard 15 s after it was made, when servers hold an election. */
export const CLOCK_APART_MS = 30_000;

/** Milliseconds by which the clock of who made a report is ahead of the engine's; null when the report does not tell. */
export function clockSkew({ at, heardAt }: HeardReport): number | null {
  return at === undefined ? null : at - heardAt;
}

/** The engine's clock. It goes on by the monotonic one: the wall clock may be set at any time. */
export class EngineClock {
  #sent: { readonly at: number; readonly now: number } | null = null;
  #known: { readonly time: number; readonly now: number } | null = null;

  /** A report is sent. @param now monotonic ms */
  sent(at: number, now: number): void {
    this.#sent = { at, now };
  }

  /** A report of this process was found. */
  heard({ at, heardAt }: HeardReport): void {
    if (this.#sent !== null && this.#sent.at === at) this.#known = { time: heardAt, now: this.#sent.now };
  }

  /** ms since the epoch, or null before any report was found. */
  time(now: number): number | null {
    return this.#known && this.#known.time + now - this.#known.now;
  }
}
