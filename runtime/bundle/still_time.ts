/**
 * How long a build has gone no further: what esbuild has computed meanwhile when it computes, else what has passed. On a
 * machine with much to do a build waits for its turn, and hangs not at all.
 */
import type { BuildSigns } from "./build_signs.ts";

/** Looks until the time is over: so often that a process which gets a hundredth of a core is seen to compute. */
const LOOKS = 20;

/** Whose build it is, and what there is to look at it. */
export interface StillTimeParts {
  readonly signs: BuildSigns;
  /** CPU time of the process that builds, in milliseconds; null when nobody tells. */
  cpuMs(): number | null;
  /** Calls back once after `delayMs`; returns how to call it off. */
  startTimer(callback: () => void, delayMs: number): () => void;
}

/** Calls back once a build has gone no further for `limitMs`; returns how to call it off. */
export function onStill(limitMs: number, parts: StillTimeParts, callback: () => void): () => void {
  const lookMs = limitMs / LOOKS;
  let seen = parts.signs.count;
  let stillLooks = 0;
  let cpuMs = parts.cpuMs();
  const look = (): void => {
    const before = { seen, cpuMs };
    seen = parts.signs.count;
    cpuMs = parts.cpuMs();
    const computed = (cpuMs ?? 0) - (before.cpuMs ?? 0);
    if (seen !== before.seen) stillLooks = 0;
    // A clock that did not move, or began anew with another process, is none; two threads compute no faster than one.
    else stillLooks += computed > 0 ? Math.min(computed / lookMs, 1) : 1;
    if (stillLooks >= LOOKS) callback();
    else callOff = parts.startTimer(look, lookMs);
  };
  let callOff = parts.startTimer(look, lookMs);
  return () => callOff();
}
