/** Parses JSON as deno.json and tsconfig.json are written: with comments and trailing commas. */

/** A text, a comment, a comma before a closing bracket, or one other character. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|,(?=(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*[}\]])/g;

/**
 * Parses one document.
 *
 * @throws {SyntaxError} Whose line and column are those of `text`: what is left out is replaced by blanks.
 */
export function parseJsonWithComments(text: string): unknown {
  const json = text.replace(/^\uFEFF/, " ").replaceAll(
    TOKEN,
    (token) => token.startsWith('"') ? token : token.replaceAll(/[^\n]/g, " "),
  );
  return JSON.parse(json);
}

/** Whether a parsed value is an object, and no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
