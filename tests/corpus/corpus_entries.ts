/** Reads the corpus: packages in their exact versions, each with a snippet that does one thing with it. */
import { REPO } from "../support/repo.ts";

/** How a snippet is used: it exports a function to call, or an app; or it listens at `process.env.PORT`. */
export type SnippetKind = "function" | "app" | "server";

/** A package of the corpus. */
export interface CorpusEntry {
  readonly name: string;
  readonly version: string;
  readonly source: string;
  readonly kind: SnippetKind;
  /** What must come out, as JSON. */
  readonly expected: string;
}

/** `all` is the corpus; `tested` is the part of it that runs in every test run, with a lock file. */
export type CorpusPart = "all" | "tested";

const FOLDER = new URL("tests/corpus/", REPO);
/** A heading with the package, a block of code, and in its last line what comes out. */
const SNIPPET = /^## (\S+)\n+```js\n([\s\S]*?)\/\/ => (.*)\n```$/gm;

/** Where package.json of a part is. */
export function corpusFolder(part: CorpusPart): URL {
  return new URL(`${part}/`, FOLDER);
}

/**
 * The entries of a part, by name.
 * @throws Error when a snippet's package has no version
 */
export async function corpusEntries(part: CorpusPart): Promise<CorpusEntry[]> {
  const { dependencies } = JSON.parse(await Deno.readTextFile(new URL("package.json", corpusFolder(part))));
  const found: CorpusEntry[] = [];
  for await (const { name: file } of Deno.readDir(new URL("snippets/", FOLDER))) {
    const text = await Deno.readTextFile(new URL(`snippets/${file}`, FOLDER));
    for (const [, name, source, expected] of text.matchAll(SNIPPET)) {
      const version: unknown = dependencies[name!];
      if (typeof version === "string") {
        found.push({ name: name!, version, source: source!, kind: kindOf(source!), expected: expected! });
      } else if (part === "all") throw new Error(`Cannot read the corpus: package "${name}" has no version`);
    }
  }
  return found.sort((a, b) => a.name < b.name ? -1 : 1);
}

function kindOf(source: string): SnippetKind {
  if (/^export default (?:async )?\(\) =>/m.test(source)) return "function";
  return /^export default /m.test(source) ? "app" : "server";
}
