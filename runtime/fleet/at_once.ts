/** Work of which a bounded part is under way at once. */

/**
 * Runs it for each, in order.
 * @returns what came of each
 * @throws what the first that failed threw; the others go on
 */
export async function atOnce<Item, Result>(
  items: readonly Item[],
  most: number,
  run: (item: Item, at: number) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  let next = 0;
  const lane = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await run(items[at]!, at);
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, lane));
  return results;
}
