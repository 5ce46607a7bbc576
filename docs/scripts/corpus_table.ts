/** The table of the npm packages that were tried, from docs/corpus.json, which `deno task corpus` writes. */

/** What became of a package: null where it does its one thing, or what is wrong in one line. */
export interface CorpusResult {
  readonly name: string;
  readonly version: string;
  /** In plain Deno. */
  readonly deno: string | null;
  /** As an ordinary app. */
  readonly nano: string | null;
  /** As a Workers project. */
  readonly workers: string | null;
}

/** How many packages do their one thing, and a row for each. */
export function corpusMarkdown(results: readonly CorpusResult[]): string {
  const count = (key: "deno" | "nano" | "workers") => results.filter((result) => result[key] === null).length;
  const rows = results.map((result) => {
    const cells = [result.deno, result.nano, result.workers].map((reason) => reason === null ? "yes" : "no");
    return `| ${[`\`${result.name}\``, result.version, ...cells, reasonOf(result)].join(" | ")} |`;
  });
  return [
    `Of ${results.length} packages, ${count("deno")} do their one thing in plain Deno, ${count("nano")} in an app of ` +
    `NANO, ${count("workers")} in a Workers project.`,
    "",
    "| Package | Version | Deno | NANO | Workers project | Why not |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** What is wrong in NANO first: what fails in Deno alone works where the page is about. */
function reasonOf({ deno, nano, workers }: CorpusResult): string {
  const reason = nano ?? workers ?? (deno === null ? "" : `Deno: ${deno}`);
  return reason === "" ? "" : `\`${reason.replace(/[`|]/g, "'")}\``;
}
