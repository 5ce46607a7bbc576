/** Finds the fenced code blocks of a page, and puts the files in that they quote. */

/** A fenced block. */
export interface FencedBlock {
  readonly language: string;
  /** What follows the language: `file="api/fetch/index.ts"`, `run`, `output`. */
  readonly options: ReadonlyMap<string, string>;
  readonly text: string;
  /** Line of the opening fence in the page, from 1. */
  readonly line: number;
}

const FENCE = /^( *)(`{3,})([a-z]*)([^\n`]*)\n([\s\S]*?)^\1\2[ \t]*$/gm;

/** All blocks of a page, in order. */
export function fencedBlocks(markdown: string): FencedBlock[] {
  return [...markdown.matchAll(FENCE)].map((match) => blockOf(match, markdown));
}

/**
 * Puts the quoted files into the blocks with a `file` option.
 *
 * @param readFile gets the path as the page has it
 * @throws Error when such a block holds text of its own: nobody would see that it is dropped
 */
export async function quoteFiles(
  markdown: string,
  readFile: (path: string) => Promise<string>,
): Promise<string> {
  let quoted = "";
  let end = 0;
  for (const match of markdown.matchAll(FENCE)) {
    const [whole, indent = "", ticks = ""] = match;
    const { language, options, text, line } = blockOf(match, markdown);
    quoted += markdown.slice(end, match.index);
    end = match.index + whole.length;
    const file = options.get("file");
    if (file === undefined) {
      // Options like `run` are for the tests; Expressive Code would take them for its own.
      quoted += whole.replace(/^( *`{3,}[a-z]*)[^\n]*/, "$1");
      continue;
    }
    if (text.trim() !== "") {
      throw new Error(
        `Cannot quote "${file}" in line ${line}: the block has text of its own`,
      );
    }
    const title = options.get("title") ?? file.split("/").at(-1)!;
    const lines = (await readFile(file)).replace(/\n$/, "").split("\n");
    const body = lines.map((one) => one === "" ? "" : indent + one).join("\n");
    quoted += `${indent}${ticks}${language}${title === "" ? "" : ` title="${title}"`}\n${body}\n${indent}${ticks}`;
  }
  return quoted + markdown.slice(end);
}

function blockOf(match: RegExpExecArray, markdown: string): FencedBlock {
  const [, , , language = "", rest = "", text = ""] = match;
  const options = new Map<string, string>();
  for (const [, name, value] of rest.matchAll(/([a-z]+)(?:="([^"]*)")?/g)) options.set(name!, value ?? "");
  return {
    language,
    options,
    text,
    line: markdown.slice(0, match.index).split("\n").length,
  };
}
