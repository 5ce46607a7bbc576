/** How much of V8's memory an isolate is created with. */

/**
 * V8's own limit above `memory_mb`, which is held by the warden's judgement. V8 aborts the process when one allocation
 * passes the doubled limit, and its largest take 1 GB: an array of 2^27 elements, a text of 2^29 characters. The limit
 * reserves nothing, but V8 collects the later the higher it is: with 58 MB held, garbage made it 101 MB under 640 MB,
 * 122 under 1,024, 148 under 2,000 and 250 under 2,600.
 */
const HEADROOM_MB = 960;
/** V8's limit is old space + 1.5 x young space. */
const MAX_YOUNG_MB = 16;

/**
 * The spaces of a heap, in MiB.
 * @param canCollect whether garbage is collected on demand; where it is not, V8's own limit has to hold the cap
 */
export function heapSpaces(
  memoryMb: number,
  canCollect: boolean,
): { readonly maxOldGenerationSizeMb: number; readonly maxYoungGenerationSizeMb: number } {
  const young = Math.max(1, Math.min(MAX_YOUNG_MB, Math.floor(memoryMb / 8)));
  const old = canCollect ? memoryMb + HEADROOM_MB : Math.max(8, Math.round(memoryMb - 1.5 * young));
  return { maxOldGenerationSizeMb: old, maxYoungGenerationSizeMb: young };
}
