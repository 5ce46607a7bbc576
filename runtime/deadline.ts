/** Waits for something, but not for ever. */
import { type Clock, systemClock } from "./clock.ts";

/** What a wait that took too long comes to. */
export const LATE = Symbol("late");

/**
 * Waits for work no longer than `timeoutMs`. Nothing is ended by it: work that is late goes on, and what comes of it,
 * failures included, is nobody's any more.
 * @returns what the work came to, or {@linkcode LATE}
 */
export async function inTime<T>(
  work: PromiseLike<T>,
  timeoutMs: number,
  clock: Clock = systemClock,
): Promise<T | typeof LATE> {
  const late = Promise.withResolvers<typeof LATE>();
  // What is over already is late at once; a timer of less than nothing is one that Deno warns of.
  const cancel = clock.after(Math.max(0, timeoutMs), () => late.resolve(LATE));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}
