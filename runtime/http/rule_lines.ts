/** Splits `_headers` and `_redirects` into lines: comments and blanks dropped, what is too long told. */

/** Cloudflare's limit, in characters. */
const MAX_LINE_CHARS = 2000;
/** 100 rules of 100 headers each, or 2100 redirects, with comments; it bounds what may be wrong as well. */
const MAX_LINES = 20_000;

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
  for (const [at, whole] of text.split("\n", MAX_LINES + 1).entries()) {
    if (at === MAX_LINES) {
      mistakes.push({ line: at + 1, why: `there are more than ${MAX_LINES} lines` });
      return;
    }
    const line = whole.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (line.length <= MAX_LINE_CHARS) yield { line, number: at + 1 };
    else mistakes.push({ line: at + 1, why: `it is longer than ${MAX_LINE_CHARS} characters` });
  }
}
