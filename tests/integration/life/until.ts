/** Waits for a condition that no event tells of, with a deadline. */

/** Between two looks. */
const LOOK_MS = 20;

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
  for (;;) {
    const found = await look();
    if (found !== null && found !== undefined && found !== false) {
      return found as Exclude<T, null | undefined | false>;
    }
    if (performance.now() > deadline) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`);
    await pause(LOOK_MS);
  }
}

/** Paces a loop; never a stand-in for something that can be waited for. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
