/** Makes a module whose code runs when NANO calls it, not while Deno evaluates the module. */
import type { parse as Parse, StaticImport } from "es-module-lexer";
import { messageOf, NanoError } from "../errors.ts";

/** Lines that stand before the module's own. */
export const LINES_BEFORE = 1;

/**
 * Deno 2.9.6 panics, and with it ends the host, when `import()` rejects with an error without frames whose message is no
 * text, and a module that throws one rejects so. What a function throws is a value like any other.
 *
 * @param code a module as esbuild writes it: its exports are its last statement
 * @returns a module of which the default export is `[run, hasExports]`: `run()` resolves to what the module exports, as
 *   getters. What it imports is imported before. Every line is {@linkcode LINES_BEFORE} further down.
 * @throws {NanoError} APP_FAILED when its imports or exports cannot be told
 */
export async function entryFunction(code: string): Promise<string> {
  const [imports, exports] = await read(code);
  const statics = imports.filter((one): one is StaticImport => one.type === "static" || one.type === "reexport-star");
  const last = exports.find(({ type }) => type !== "reexport-all")?.exportStart ?? code.length;
  let head = "";
  let body = "";
  let at = 0;
  for (const { importStart, importEnd } of statics) {
    const statement = code.slice(importStart, importEnd);
    body += code.slice(at, importStart) + statement.replace(/[^\n]/g, " ");
    head += statement.replaceAll("\n", " ").replace(/;?$/, ";");
    at = importEnd;
  }
  body += code.slice(at, last);
  const members = membersOf(code.slice(last));
  // In parentheses V8 compiles it at once, where it would read it twice.
  return `${head}export default [(async () => {\n${body}return { __proto__: null, ${members.join(", ")} };\n}), ` +
    `${members.length > 0}];\n`;
}

/** @param statement `export { a, b as c, d as "e f" };`, or `export default expression;`, or nothing */
function membersOf(statement: string): string[] {
  const value = /^export default (.*);\s*$/s.exec(statement)?.[1];
  if (value !== undefined) return [`default: ${value}`];
  const list = /^(?:export \{(.*)\};)?\s*$/s.exec(statement);
  if (list === null) {
    throw new NanoError("APP_FAILED", `Cannot tell what its bundle exports: ${statement.slice(0, 80)}`);
  }
  const [, specifiers = ""] = list;
  return [...specifiers.matchAll(SPECIFIER)].map(([, local, name = local]) => `get ${name}() { return ${local}; }`);
}

/** The local name, and the exported one as it is written, if it is another. */
const SPECIFIER = /([^\s,]+)(?: as ("(?:[^"\\]|\\.)*"|[^\s,]+))?/g;

/** The lexer is loaded for the first build: most starts find their bundles made. */
async function read(code: string): Promise<ReturnType<typeof Parse>> {
  const { init, parse } = await import("es-module-lexer");
  await init();
  try {
    return parse(code);
  } catch (thrown) {
    throw new NanoError("APP_FAILED", `Cannot tell what its bundle imports: ${messageOf(thrown)}`, { cause: thrown });
  }
}
