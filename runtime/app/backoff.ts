/** How long an app that died waits before it is started again. */

/** Longest wait. */
export const MAX_BACKOFF_MS = 30_000;
/** First wait that is not zero. */
const FIRST_BACKOFF_MS = 100;
/** An app that ran this long is healthy again: its next death counts as the first. */
export const HEALTHY_AFTER_MS = 10_000;

/** Chance shortens a wait by so much at most: less than a half, so that each wait is longer than the one before. */
const MAX_SHARE = 0.4;

/** A wait that chance has shortened, so that apps that died together do not come back together. @param random from 0 to 1 */
export function jittered(ms: number, random: number): number {
  return Math.round(ms * (1 - MAX_SHARE * random));
}

/**
 * Wait before an attempt, in ms: none before the first restart, then doubling up to {@linkcode MAX_BACKOFF_MS}, each
 * {@linkcode jittered}.
 * @param attempt deaths in a row, 1 for the first
 * @param random from 0 to 1
 */
export function backoffMs(attempt: number, random: number): number {
  if (attempt <= 1) return 0;
  const wholeMs = Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 2), MAX_BACKOFF_MS);
  return jittered(wholeMs, random);
}
