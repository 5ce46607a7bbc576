/** How many there are of something. */

/** As `1 key`, `2,000 objects`, `100,000+ keys` when the count has a bound. */
export function countedText(count: number, what: string, hasMore = false): string {
  return `${count.toLocaleString("en")}${hasMore ? "+" : ""} ${what}${count === 1 && !hasMore ? "" : "s"}`;
}
