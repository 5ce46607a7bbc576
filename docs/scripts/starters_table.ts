/** The table of the starters that were tried, from docs/starters.json, which `deno task starters` writes. */

/** What became of a starter. */
export interface StarterResult {
  readonly name: string;
  readonly title: string;
  /** Whether its files are those that its documentation shows, as its tool has its template elsewhere than on npm. */
  readonly byHand: boolean;
  /** What starts its own server. */
  readonly serve: string;
  /** What nano.json says of it beside its path, as JSON; null for nothing. */
  readonly nano: string | null;
  /** What a reader should know, or why answers differ. */
  readonly note: string | null;
  /** Why it does not run, or null. */
  readonly error: string | null;
  /** Each path that was asked for, and how the answers differ. */
  readonly paths: readonly { readonly path: string; readonly status: number; readonly difference: string | null }[];
}

/** How many run, how many answer the same, and a row for each. */
export function startersMarkdown(results: readonly StarterResult[]): string {
  const running = results.filter(({ error }) => error === null);
  const plain = running.filter(({ nano }) => nano === null).length;
  const own = results.filter(({ byHand }) => !byHand).length;
  const same = running.filter(isSame).length;
  const rows = results.map((result) => {
    const { title, byHand, serve, nano } = result;
    const cells = [`${title}${byHand ? ", by hand" : ""}`, `\`${serve}\``, nano === null ? "" : `\`${nano}\``];
    return `| ${[...cells, outcomeOf(result)].join(" | ")} |`;
  });
  return [
    `Of ${results.length} starters, ${own} of them made by their own tools, ${running.length} run, ${plain} of them ` +
    `without a word in nano.json; ${same} answer as their own server does.`,
    "",
    "| Starter | Its own server | nano.json | NANO |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function isSame({ paths }: StarterResult): boolean {
  return paths.every(({ difference }) => difference === null);
}

function outcomeOf({ error, note, paths }: StarterResult): string {
  if (error !== null) return `no: ${escaped(error)}`;
  const asked = paths.map(({ path, status }) => `\`${path}\` ${status}`).join(", ");
  const different = paths.filter(({ difference }) => difference !== null);
  if (different.length === 0) return `same (${asked})${note === null ? "" : `; ${note}`}`;
  const told = different.map(({ path, difference }) => `\`${path}\`: ${note ?? `\`${escaped(difference!)}\``}`);
  const distinct = note === null ? told : [`${different.map(({ path }) => `\`${path}\``).join(", ")}: ${note}`];
  return `runs (${asked}); ${distinct.join("; ")}`;
}

function escaped(text: string): string {
  return text.replace(/[`|]/g, "'").replace(/\s+/g, " ");
}
