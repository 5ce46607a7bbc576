/** Chooses who ends when all apps together hold more than the host may give them. */
import { mebibytes, type Verdict } from "./verdict.ts";

/** What all apps together hold, and may hold at most. */
export interface SharedMemory {
  readonly heldBytes: number;
  readonly ceilingBytes: number;
}

/** An isolate under the ceiling. */
export interface HeldMemory {
  readonly number: number;
  readonly heldBytes: number;
  /** What its own limits allow it; its part of the ceiling is measured by that. */
  readonly allowedBytes: number;
}

/** One side: all isolates that are threads of NANO, or all that are processes of their own. They share the ceiling. */
export interface HeldSide {
  readonly heldBytes: number;
  readonly allowedBytes: number;
  /** Of those on it, the one most above its part. */
  readonly worst: Pick<HeldMemory, "heldBytes" | "allowedBytes"> | null;
}

/** Nobody is there. */
export const EMPTY_SIDE: HeldSide = { heldBytes: 0, allowedBytes: 0, worst: null };

/**
 * The isolate that holds most above its fair part, which is to the ceiling as its limits are to everybody's limits. Each
 * side judges its own, and leaves it to the other one when that has a worse.
 *
 * @param heldBytes memory of all on this side
 * @returns null while all apps are below the ceiling, or nobody here is most above its part
 */
export function judgeCeiling(
  heldBytes: number,
  ceilingBytes: number,
  isolates: readonly HeldMemory[],
  elsewhere: HeldSide = EMPTY_SIDE,
): { readonly number: number; readonly verdict: Verdict } | null {
  const all = heldBytes + elsewhere.heldBytes;
  if (!(all > ceilingBytes)) return null;
  const allowed = allowedBytes(isolates) + elsewhere.allowedBytes;
  const worst = mostAbove(isolates, ceilingBytes, allowed);
  const above = (one: HeldSide["worst"]) =>
    one === null ? 0 : one.heldBytes - ceilingBytes * one.allowedBytes / allowed;
  if (worst === null || above(elsewhere.worst) > above(worst)) return null;
  const detail = `all apps together held ${mebibytes(all)} of max_memory_mb ${mebibytes(ceilingBytes)}, ` +
    `and this one with ${mebibytes(worst.heldBytes)} most above its part`;
  return { number: worst.number, verdict: { reason: "out_of_memory", detail } };
}

/** What one side tells the other. */
export function heldSide(
  heldBytes: number,
  ceilingBytes: number,
  isolates: readonly HeldMemory[],
  elsewhere: Pick<HeldSide, "allowedBytes"> = EMPTY_SIDE,
): HeldSide {
  const allowed = allowedBytes(isolates);
  const worst = mostAbove(isolates, ceilingBytes, allowed + elsewhere.allowedBytes);
  return {
    heldBytes,
    allowedBytes: allowed,
    worst: worst && { heldBytes: worst.heldBytes, allowedBytes: worst.allowedBytes },
  };
}

function allowedBytes(isolates: readonly HeldMemory[]): number {
  return isolates.reduce((total, one) => total + one.allowedBytes, 0);
}

function mostAbove(isolates: readonly HeldMemory[], ceilingBytes: number, allowed: number): HeldMemory | null {
  let worst: HeldMemory | null = null;
  let most = 0;
  for (const one of isolates) {
    const above = one.heldBytes - ceilingBytes * one.allowedBytes / allowed;
    if (above > most) [worst, most] = [one, above];
  }
  return worst;
}
