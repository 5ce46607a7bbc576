/** Finds and reads the file in which a Workers project says what it is: wrangler.json, .jsonc or .toml. */
import { findNodeAtLocation, parseTree } from "jsonc-parser";
import { parse as parseToml, TomlError } from "smol-toml";
import { basename, dirname, join, relative } from "node:path";
import { messageOf } from "../errors.ts";
import { JsonSyntaxError, parseJsonDocument, positionOf } from "./json_document.ts";

/** In the order in which wrangler looks. */
const NAMES = ["wrangler.json", "wrangler.jsonc", "wrangler.toml"] as const;
/** Written by build tools (`@cloudflare/vite-plugin`, adapters): names the file that holds for what they have built. */
const REDIRECT = ".wrangler/deploy/config.json";
/** A file beyond this is none that a person or a build tool wrote. */
const MAX_BYTES = 1024 * 1024;

/** A file as it was read. */
export interface WranglerFile {
  /** Absolute. */
  readonly path: string;
  /** As seen from the project's folder, for people. */
  readonly shown: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Whether a build tool wrote it, and named it by its redirection. */
  readonly isBuilt: boolean;
  /** The line of a key, from 1; null where that is not known. */
  readonly lineOf: (path: readonly (string | number)[]) => number | null;
}

/** What is wrong with a file. */
export class WranglerFileError extends Error {
  override readonly name = "WranglerFileError";
}

/**
 * Reads the file of a project.
 * @param folder absolute path of the project
 * @returns null when it has none
 * @throws {WranglerFileError} when it cannot be read as what its ending says
 */
export async function readWranglerFile(folder: string): Promise<WranglerFile | null> {
  const redirect = await readText(join(folder, REDIRECT));
  if (redirect !== null) {
    const { configPath } = parseJsonObject(redirect, REDIRECT).document;
    if (typeof configPath !== "string") throw new WranglerFileError(`${REDIRECT}: "configPath" is no text`);
    const path = join(folder, dirname(REDIRECT), configPath);
    const shown = relative(folder, path);
    if (shown.startsWith("..")) throw new WranglerFileError(`${REDIRECT}: "${configPath}" lies outside the project`);
    const text = await readText(path);
    if (text === null) {
      throw new WranglerFileError(`${REDIRECT} names "${shown}", which does not exist: build the project again`);
    }
    return { path, shown, isBuilt: true, ...parseByName(text, shown) };
  }
  for (const name of NAMES) {
    const path = join(folder, name);
    const text = await readText(path);
    if (text !== null) return { path, shown: name, isBuilt: false, ...parseByName(text, name) };
  }
  return null;
}

type Parsed = Pick<WranglerFile, "document" | "lineOf">;

function parseByName(text: string, shown: string): Parsed {
  return shown.endsWith(".toml") ? parseTomlObject(text, shown) : parseJsonObject(text, shown);
}

/** Comments and trailing commas as wrangler takes them, in .json too. */
function parseJsonObject(text: string, shown: string): Parsed {
  let value: unknown;
  try {
    // A key that stands twice is no mistake there: the last one holds.
    ({ value } = parseJsonDocument(text));
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    const { line, column } = positionOf(text, error.offset);
    throw new WranglerFileError(`${shown}, line ${line}, column ${column}: ${error.message}`);
  }
  const tree = parseTree(text, [], { allowTrailingComma: true, disallowComments: false });
  return {
    document: objectOf(value, shown),
    lineOf(path) {
      const node = tree && findNodeAtLocation(tree, [...path]);
      if (node === undefined) return null;
      return positionOf(text, (node.parent?.type === "property" ? node.parent : node).offset).line;
    },
  };
}

function parseTomlObject(text: string, shown: string): Parsed {
  let document: unknown;
  try {
    document = parseToml(text.replace(/\r\n/g, "\n"));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [why] = error.message.split("\n");
    throw new WranglerFileError(`${shown}, line ${error.line}: ${why}`);
  }
  return { document: objectOf(document, shown), lineOf: (path) => tomlLine(text, path) };
}

/** The parser keeps no places: the first line that names the table, or assigns the key. */
function tomlLine(text: string, path: readonly (string | number)[]): number | null {
  const names = path.filter((part) => typeof part === "string");
  const index = path.find((part) => typeof part === "number") ?? 0;
  const table = new RegExp(`^\\s*\\[\\[?\\s*(?:env\\.[\\w-]+\\.)?${names.map(RegExp.escape).join("\\.")}\\s*\\]`);
  const key = new RegExp(`^\\s*(?:${RegExp.escape(names[0] ?? "")}\\b|${RegExp.escape(names.at(-1) ?? "")}\\s*=)`);
  const lines = text.split("\n");
  const tables = lines.flatMap((line, at) => table.test(line) ? [at + 1] : []);
  if (tables.length > 0) return tables[Math.min(index, tables.length - 1)]!;
  const at = lines.findIndex((line) => key.test(line));
  return at < 0 ? null : at + 1;
}

function objectOf(document: unknown, shown: string): Readonly<Record<string, unknown>> {
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return document as Record<string, unknown>;
  }
  throw new WranglerFileError(`${shown} holds no object`);
}

/** Null when there is no such file, as far as anybody can see. */
async function readText(path: string): Promise<string | null> {
  // Whatever is wrong with the folder itself is told by who has to serve it.
  const info = await Deno.stat(path).catch(() => null);
  if (info === null || !info.isFile) return null;
  const name = basename(path);
  if (info.size > MAX_BYTES) throw new WranglerFileError(`"${name}" has more than ${MAX_BYTES} bytes`);
  try {
    return (await Deno.readTextFile(path)).replace(/^\ufeff/, "");
  } catch (error) {
    throw new WranglerFileError(`"${name}" cannot be read: ${messageOf(error)}`);
  }
}
