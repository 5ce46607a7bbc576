/** Chooses who ends when all apps together hold more than the host may give them. */
import { mebibytes, type Verdict } from "./verdict.ts";

/** An isolate under the ceiling. */
export interface HeldMemory {
  readonly number: number;
  readonly heldBytes: number;
  /** What its own limits allow it; its part of the ceiling is measured by that. */
  readonly allowedBytes: number;
}

/**
 * The isolate that holds most above its fair part, which is to the ceiling as its limits are to everybody's limits.
 *
 * @param rss memory of all apps together
 * @returns null while they are below the ceiling, or nobody is above its part
 */
export function judgeCeiling(
  rss: number,
  ceilingBytes: number,
  isolates: readonly HeldMemory[],
): { readonly number: number; readonly verdict: Verdict } | null {
  if (!(rss > ceilingBytes)) return null;
  const allowed = isolates.reduce((total, one) => total + one.allowedBytes, 0);
  let worst: { number: number; above: number; held: number } | null = null;
  for (const { number, heldBytes, allowedBytes } of isolates) {
    const above = heldBytes - ceilingBytes * allowedBytes / allowed;
    if (above > (worst?.above ?? 0)) worst = { number, above, held: heldBytes };
  }
  if (worst === null) return null;
  const detail = `all apps together held ${mebibytes(rss)} of max_memory_mb ${mebibytes(ceilingBytes)}, ` +
    `and this one with ${mebibytes(worst.held)} most above its part`;
  return { number: worst.number, verdict: { reason: "out_of_memory", detail } };
}
