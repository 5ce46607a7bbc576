/** Waits for a condition that no event tells of, with a deadline. */

/** Between the first looks. */
const LOOK_MS = 20;
/** The most between two looks: a look is often a request, so that fifty of them a second take what is waited for its CPU. */
const MOST_LOOK_MS = 100;

/**
 * Looks until the condition gives something.
 * @param what is missing when the deadline passes
 * @throws Error with `what` when the deadline passes
 */
export async function until<T>(
  look: () => T | Promise<T>,
  what: string,
  timeoutMs = 120_000,
): Promise<Exclude<T, null | undefined | false>> {
  const deadline = performance.now() + timeoutMs;
  for (let lookMs = LOOK_MS;; lookMs = Math.min(lookMs * 1.2, MOST_LOOK_MS)) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) {
      return found as Exclude<T, null | undefined | false>;
    }
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await pause(lookMs);
  }
}

/** Paces a loop; never a stand-in for something that can be waited for. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
