/** Reads the names that a PromQL expression uses: metrics, and the labels that it matches and groups by. */

/** A label matcher. */
export interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** What an expression names. */
export interface PromqlNames {
  /** Each with its own matchers. */
  readonly metrics: readonly { readonly name: string; readonly matchers: readonly Matcher[] }[];
  /** Labels after `by`, `on` and the like. */
  readonly grouped: readonly string[];
}

const KEYWORDS = new Set("by without on ignoring group_left group_right and or unless offset bool inf nan".split(" "));
const SELECTOR = /([a-zA-Z_:][\w:]*)\s*(\{[^{}]*\})?(\s*\()?/g;

/** @throws Error when a matcher cannot be read */
export function promqlNames(expression: string): PromqlNames {
  const grouped: string[] = [];
  const plain = expression
    .replaceAll(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)/g, (_, labels: string) => {
      grouped.push(...labels.split(",").map((label) => label.trim()).filter((label) => label !== ""));
      return " ";
    })
    .replaceAll(/\[[^\]]*\]/g, " ");
  const metrics = [...plain.matchAll(SELECTOR)]
    .filter(([, name, , call]) => call === undefined && !KEYWORDS.has(name!.toLowerCase()))
    .map(([, name, braces]) => ({ name: name!, matchers: matchersOf(braces ?? "{}") }));
  return { metrics, grouped };
}

function matchersOf(braces: string): Matcher[] {
  const inner = braces.slice(1, -1).trim();
  if (inner === "") return [];
  const matchers = [...inner.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)];
  const read = matchers.map(([whole]) => whole).join(",");
  if (read !== inner.replaceAll(/,\s+/g, ",")) throw new Error(`Cannot read the matchers ${braces}`);
  return matchers.map(([, label, operator, value]) => ({ label: label!, operator: operator!, value: value! }));
}
