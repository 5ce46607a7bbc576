/** What esbuild answers to a plugin's questions where an import leads; it looks each time anew, for up to 8 ms. */
import type { ImportKind, OnResolveArgs, PluginBuild } from "esbuild";
import { join } from "node:path";
import { packageName } from "./package_specifier.ts";

/** What esbuild found. */
export type FoundModule = Awaited<ReturnType<PluginBuild["resolve"]>>;

/** There is nothing of that name; not: there is something that cannot be had. */
export function isMissing(found: FoundModule): boolean {
  return found.errors.every(({ text }) => text.startsWith("Could not resolve "));
}

/** Whether it is known before the code runs, and cannot stand in a try block. */
export function isStatic(kind: ImportKind): boolean {
  return kind === "import-statement";
}

/** The answers of one build. */
export class ResolverAnswers {
  readonly #build: PluginBuild;
  readonly #asked: symbol;
  readonly #known = new Map<string, Promise<FoundModule>>();

  /** @param asked marks the questions, which plugins do not answer */
  constructor(build: PluginBuild, asked: symbol) {
    this.#build = build;
    this.#asked = asked;
  }

  /** Where an import would lead, were it of this specifier. All files of a package are told the same of another one. */
  ask(args: OnResolveArgs, specifier: string): Promise<FoundModule> {
    const { kind, importer, namespace, resolveDir, with: attributes } = args;
    const options = { kind, importer, namespace, resolveDir, with: attributes, pluginData: this.#asked };
    const folder = namespace === "file" && Object.keys(attributes).length === 0 ? packageFolder(importer) : undefined;
    const isOfOther = folder !== undefined && /^[@\w]/.test(specifier) &&
      !folder.endsWith(`/${packageName(specifier)}`);
    if (!isOfOther) return this.#build.resolve(specifier, options);
    const key = `${kind} ${folder} ${specifier}`;
    const answer = this.#known.get(key) ?? this.#build.resolve(specifier, options);
    this.#known.set(key, answer);
    return answer;
  }
}

/** The likely endings of what a relative path leads to. */
const ENDINGS = ["", ".js", "/index.js", ".json", ".ts", ".cjs", ".mjs"];

/** Whether a relative path leads to a file, as far as a look at the disk tells: whoever only wants to know that need not ask. */
export async function isFileBeside({ path, namespace, resolveDir }: OnResolveArgs): Promise<boolean> {
  if (namespace !== "file" || !/^\.\.?(?:\/|$)/.test(path)) return false;
  for (const ending of ENDINGS) {
    try {
      if ((await Deno.stat(join(resolveDir, path) + ending)).isFile) return true;
    } catch {
      // Not this one.
    }
  }
  return false;
}

/** The folder of the package that a file belongs to. */
function packageFolder(path: string): string | undefined {
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(path)?.[0];
}
