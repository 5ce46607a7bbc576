/** Interleaved rounds: on a noisy machine only the ratio of two neighbours in time means something. */

/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Measures by name; what is measured says whether more or less is better. */
export type Contestants = Readonly<Record<string, () => Promise<number>>>;

/**
 * Runs A, B, C, A, B, C, … after one round that does not count.
 * @returns the figures of each, by name, in order of the rounds
 */
export async function interleave(contestants: Contestants, rounds: number): Promise<Record<string, number[]>> {
  const figures = Object.fromEntries(Object.keys(contestants).map((name) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, measure] of Object.entries(contestants)) {
      const figure = await measure();
      if (round >= 0) figures[name]!.push(figure);
    }
  }
  return figures;
}

/** Median of the ratios round by round, with the extremes. */
export function ratioOf(over: readonly number[], under: readonly number[]): string {
  const ratios = over.map((value, round) => value / under[round]!);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)];
  return `${median(ratios).toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;
}
