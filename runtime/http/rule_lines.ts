/** Splits `_headers` and `_redirects` into lines: comments and blanks dropped, what is too long told. */

/** Cloudflare's limit, in characters. */
const MAX_LINE_CHARS = 2000;

/** What is wrong with a line. */
export interface RuleMistake {
  /** From 1. */
  readonly line: number;
  readonly why: string;
}

/** A line that says something. */
export interface RuleLine {
  readonly line: string;
  /** From 1. */
  readonly number: number;
}

/** @param mistakes those of lines that are passed over are added */
export function* ruleLines(text: string, mistakes: RuleMistake[]): Generator<RuleLine> {
  for (const [at, whole] of text.split("\n").entries()) {
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.length <= MAX_LINE_CHARS) yield { line, number: at + 1 };
    else mistakes.push({ line: at + 1, why: `it is longer than ${MAX_LINE_CHARS} characters` });
  }
}
