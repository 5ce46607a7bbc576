/** Reads the compilerOptions that an app's own tsconfig.json and deno.json give, for esbuild. */

import { dirname, join, relative } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { type AppReach, foldersUpTo, isInside, type OwnText, readOwnText } from "./app_files.ts";
import { isRecord, parseJsonWithComments } from "./json_with_comments.ts";

/** What was read. */
export interface CompilerOptions {
  readonly options: Readonly<Record<string, unknown>>;
  /** Every file that has a say. */
  readonly files: readonly OwnText[];
  readonly warnings: readonly string[];
  /** Whether decorators are to have metadata of types, which nothing here makes. */
  readonly hasMetadata: boolean;
}

type Options = Record<string, unknown>;

/** Those that change what the code does; all others are for the type checker. */
const KNOWN = [
  "alwaysStrict",
  "baseUrl",
  "experimentalDecorators",
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "paths",
  "strict",
  "target",
  "useDefineForClassFields",
  "verbatimModuleSyntax",
];
const MAX_DEPTH = 10;
/** Names in all `extends`, each as often as its file is read: two files that list each other twice have 2,000. */
const MAX_EXTENDED = 100;

/** Where they stand. */
export interface OptionSources {
  /** Name of the file that is read in the place of tsconfig.json, relative to the app's folder; null for that one. */
  readonly tsconfig: string | null;
  /** Options that hold where the file has none: those of a Workers project. */
  readonly below: Readonly<Record<string, unknown>>;
  /** Options that hold before the file's: `compilerOptions` of deno.json. */
  readonly above: unknown;
}

/** An app that has its tsconfig.json, and nothing else. */
export const PLAIN_SOURCES: OptionSources = { tsconfig: null, below: {}, above: undefined };

/**
 * Reads them; deno.json stands above tsconfig.json, and that above what it extends.
 *
 * It is not left to esbuild, which would follow `extends` to wherever it leads.
 *
 * @param app Real paths of the app's folder, and of the one that `extends` may not leave.
 * @throws {NanoError} APP_FAILED when a file that has a say is no JSON, the one that is named does not exist, or too many
 * have a say.
 */
export async function readCompilerOptions(
  { root, reach }: Pick<AppReach, "root" | "reach">,
  { tsconfig, below, above }: OptionSources,
): Promise<CompilerOptions> {
  const files: OwnText[] = [];
  const warnings: string[] = [];
  let hasMetadata = false;
  let extended = 0;
  const given = {
    ...below,
    ...await readTsconfig(tsconfig ?? "tsconfig.json", 0),
    ...(isRecord(above) ? rebased(above, root) : {}),
  };
  if (tsconfig !== null && files.length === 0) {
    throw new NanoError("APP_FAILED", `"tsconfig" of the project names "${tsconfig}", which does not exist`);
  }
  return { options: withJsx(given), files, warnings, hasMetadata };

  async function readTsconfig(name: string, depth: number): Promise<Options> {
    const file = await readOwnText(root, name, reach);
    if (file === undefined) return {};
    files.push(file);
    const json = parseConfig(name, file.text);
    const options: Options = {};
    if (depth < MAX_DEPTH) {
      for (const parent of [json["extends"] ?? []].flat()) {
        if (++extended > MAX_EXTENDED) {
          throw new NanoError("APP_FAILED", `${tsconfig ?? "tsconfig.json"} extends more than ${MAX_EXTENDED} files`);
        }
        if (typeof parent === "string") Object.assign(options, await readParent(parent, file.path, depth));
      }
    }
    const own = json["compilerOptions"];
    if (isRecord(own) && own["emitDecoratorMetadata"] === true) hasMetadata = true;
    return { ...options, ...(isRecord(own) ? rebased(own, dirname(file.path)) : {}) };
  }

  async function readParent(parent: string, path: string, depth: number): Promise<Options> {
    const isPath = /^\.{0,2}\//.test(parent);
    const stems = isPath
      ? [join(dirname(path), parent)]
      : [...foldersUpTo(reach, dirname(path))].map((folder) => join(folder, "node_modules", parent));
    const where = `${relative(root, path)}: "extends" names "${parent}"`;
    if (parent.startsWith("/") || !stems.every((stem) => isInside(reach, stem))) {
      warnings.push(`${where}, which lies outside the app's folder and is ignored`);
      return {};
    }
    for (const file of stems.flatMap((stem) => [stem, `${stem}.json`, join(stem, "tsconfig.json")])) {
      if (file.endsWith(".json") && await readOwnText(root, relative(root, file), reach) !== undefined) {
        return await readTsconfig(relative(root, file), depth + 1);
      }
    }
    warnings.push(`${where}, which does not exist and is ignored`);
    return {};
  }
}

/** Whether an app's tsconfig.json asks for the metadata of decorators, which only a compiler makes. */
export async function wantsMetadata(root: string): Promise<boolean> {
  const { hasMetadata } = await readCompilerOptions({ root, reach: root }, PLAIN_SOURCES);
  return hasMetadata;
}

/**
 * Parses a configuration file of an app.
 *
 * @throws {NanoError} APP_FAILED when it is no JSON object.
 */
export function parseConfig(name: string, text: string): Readonly<Record<string, unknown>> {
  let json;
  try {
    json = parseJsonWithComments(text);
  } catch (cause) {
    throw new NanoError("APP_FAILED", `${name} is no JSON: ${messageOf(cause)}`, { cause });
  }
  if (!isRecord(json)) throw new NanoError("APP_FAILED", `${name} is no JSON object`);
  return json;
}

/** Only what is known, with paths that do not depend on which file they stood in. */
function rebased(options: Readonly<Record<string, unknown>>, folder: string): Options {
  const known: Options = {};
  for (const key of KNOWN) if (options[key] !== undefined) known[key] = options[key];
  const { baseUrl, paths } = known;
  const base = typeof baseUrl === "string" ? join(folder, baseUrl) : folder;
  if (typeof baseUrl === "string") known["baseUrl"] = base;
  if (isRecord(paths)) {
    known["paths"] = Object.fromEntries(
      Object.entries(paths).map(([key, places]) => [
        key,
        Array.isArray(places) ? places.map((place) => join(base, String(place))) : places,
      ]),
    );
  }
  return known;
}

function withJsx(options: Options): Options {
  const { jsx, jsxFactory, jsxFragmentFactory } = options;
  // Nothing after NANO would turn "preserve" into code; "precompile" is an optimisation of Deno with the same meaning.
  if (jsx === "react" || jsx === "react-jsx" || jsx === "react-jsxdev") return options;
  const isClassic = jsx === undefined && (jsxFactory !== undefined || jsxFragmentFactory !== undefined);
  return { ...options, jsx: isClassic ? "react" : "react-jsx" };
}
