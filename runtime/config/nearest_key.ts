/** Which known key was probably meant by an unknown one. */

/**
 * Finds the known key that is nearest to a written one: the same but for case and separators, a shortened form, or
 * a few letters away.
 *
 * @returns the key, or null when none is near enough to be meant
 */
export function nearestKey(written: string, known: readonly string[]): string | null {
  const plain = simplified(written);
  if (plain === "") return null;
  const most = Math.max(1, Math.floor(plain.length / 3));
  let nearest: string | null = null;
  let least = Infinity;
  for (const key of known) {
    const candidate = simplified(key);
    const shortened = plain.length >= 3 && (candidate.startsWith(plain) || plain.startsWith(candidate));
    // As far as that they are at least.
    if (!shortened && Math.abs(candidate.length - plain.length) > most) continue;
    const distance = shortened && candidate !== plain ? 1 : editDistance(plain, candidate);
    if (distance < least) [nearest, least] = [key, distance];
  }
  return least <= most ? nearest : null;
}

function simplified(key: string): string {
  // Keys are short; a longer one is a mistake of another kind and must not make the comparison slow.
  return key.slice(0, 64).toLowerCase().replace(/[^a-z0-9$]/g, "");
}

/** Letters to add, drop, replace or swap with their neighbour (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let older: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      let least = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1));
      const isSwap = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      if (isSwap) least = Math.min(least, older[j - 2]! + 1);
      next.push(least);
    }
    [older, row] = [row, next];
  }
  return row[to.length]!;
}
