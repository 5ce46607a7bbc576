/** What a Workers project says of how its code becomes a bundle: kinds of modules, names that are replaced, its build. */
import { dirname, join, relative } from "node:path";
import type { WranglerReader } from "./wrangler_reader.ts";

/** Files that fit these globs are modules of this kind. */
export interface ModuleRule {
  /** Text, an ArrayBuffer, or a WebAssembly.Module. */
  readonly type: "Text" | "Data" | "CompiledWasm";
  /** Compared with paths from the project's folder. */
  readonly globs: readonly string[];
}

/** How a project's code is bundled. */
export interface ProjectBuild {
  /** The first that fits a file holds, before its ending does. */
  readonly rules: readonly ModuleRule[];
  /** What is imported in the place of a module; a relative path begins in the project's folder. */
  readonly alias: Readonly<Record<string, string>>;
  /** JavaScript in the place of names. */
  readonly define: Readonly<Record<string, string>>;
  /** Absolute path of Pages' `functions/`, the app's code in the place of a first module; else null. */
  readonly functions: string | null;
  /** File of its compiler options, as seen from the project's folder; null for the tsconfig.json there. */
  readonly tsconfig: string | null;
  /** Compiler options that its own file gives: those of the tsconfig win, as they do in esbuild. */
  readonly compilerOptions: Readonly<Record<"jsxFactory" | "jsxFragmentFactory", string>> | null;
  /** What makes `main`, or null: run by hand, or by `--build`. */
  readonly command: BuildCommand | null;
}

/** A command that a project is built by. */
export interface BuildCommand {
  /** For a shell. */
  readonly text: string;
  /** Absolute. */
  readonly cwd: string;
}

/** A project that says nothing of it. */
export const PLAIN_BUILD: ProjectBuild = {
  rules: [],
  alias: {},
  define: {},
  functions: null,
  tsconfig: null,
  compilerOptions: null,
  command: null,
};

const TYPES: ReadonlySet<unknown> = new Set(["Text", "Data", "CompiledWasm"]);
/** Code is code, whatever it is called there: modules of a bundle are of one kind. */
const CODE_TYPES: ReadonlySet<unknown> = new Set(["ESModule", "CommonJS"]);

/** Reads it. @param file absolute path of the project's file, whose folder paths begin in */
export function projectBuild(reader: WranglerReader, file: string, folder: string): ProjectBuild {
  const build = reader.object("build");
  const { command, cwd } = build ?? {};
  const base = dirname(file);
  const alias = textsOf(reader, "alias");
  const tsconfig = reader.text("tsconfig");
  if (reader.value("find_additional_modules") === true) {
    reader.note("find_additional_modules has no effect: the bundle holds what imports reach", [
      "find_additional_modules",
    ]);
  }
  return {
    rules: rulesOf(reader),
    alias: Object.fromEntries(
      Object.entries(alias).map(([name, to]) => [name, /^\.\.?\//.test(to) ? fromFolder(join(base, to), folder) : to]),
    ),
    define: textsOf(reader, "define"),
    functions: null,
    tsconfig: tsconfig === null ? null : relative(folder, join(base, tsconfig)),
    compilerOptions: jsxOf(reader),
    command: typeof command === "string" && command.trim() !== ""
      ? { text: command, cwd: typeof cwd === "string" ? join(base, cwd) : base }
      : null,
  };
}

/** What is not named is React's, as wrangler has it. */
function jsxOf(reader: WranglerReader): ProjectBuild["compilerOptions"] {
  const jsxFactory = reader.text("jsx_factory");
  const jsxFragmentFactory = reader.text("jsx_fragment");
  if (jsxFactory === null && jsxFragmentFactory === null) return null;
  return {
    jsxFactory: jsxFactory ?? "React.createElement",
    jsxFragmentFactory: jsxFragmentFactory ?? "React.Fragment",
  };
}

function fromFolder(path: string, folder: string): string {
  const name = relative(folder, path);
  return name.startsWith("../") ? name : `./${name}`;
}

function rulesOf(reader: WranglerReader): ModuleRule[] {
  const list = reader.value("rules");
  const rules: ModuleRule[] = [];
  for (const [at, rule] of (Array.isArray(list) ? list : []).entries()) {
    const { type, globs } = rule ?? {};
    const texts = Array.isArray(globs) ? globs.filter((glob) => typeof glob === "string") : [];
    if (TYPES.has(type)) rules.push({ type, globs: texts });
    else if (!CODE_TYPES.has(type)) {
      reader.note(`a rule of type ${JSON.stringify(type)} has no effect: there are Text, Data and CompiledWasm`, [
        "rules",
        at,
      ]);
    }
  }
  return rules;
}

function textsOf(reader: WranglerReader, key: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(reader.object(key) ?? {}).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}
