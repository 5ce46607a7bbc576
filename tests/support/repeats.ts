/** How often a test repeats what chance and timing decide: a few times in every run, as often as the docs tell on demand. */

/**
 * NANO_THOROUGH=1 runs the thorough number.
 * @param usual enough to meet a fault of the kind that the test is about, since each run draws anew
 * @param thorough what the figures of the docs and of a release come from
 */
export function repeats(usual: number, thorough: number): number {
  return Deno.env.get("NANO_THOROUGH") === "1" ? thorough : usual;
}
