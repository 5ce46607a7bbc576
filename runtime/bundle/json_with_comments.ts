/** Parses JSON as deno.json and tsconfig.json are written: with comments and trailing commas. */
import { JsonSyntaxError, parseJsonDocument, positionOf } from "../config/json_document.ts";

/**
 * Parses one document.
 *
 * @throws {SyntaxError} with line and column in its message
 */
export function parseJsonWithComments(text: string): unknown {
  // Some editors write a byte order mark, which is no JSON.
  const json = text.replace(/^\uFEFF/, "");
  try {
    return parseJsonDocument(json).value;
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = positionOf(json, error.offset);
    throw new SyntaxError(`${error.message} (line ${line} column ${column})`, { cause: error });
  }
}

/** Whether a parsed value is an object, and no list. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
