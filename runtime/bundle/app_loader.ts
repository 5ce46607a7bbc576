/** Gives the files of an app to esbuild, each with the meaning that its name or its import says. */

import type { Loader, OnLoadArgs, OnLoadResult, Plugin, PluginBuild } from "esbuild";
import { basename, dirname, extname, join, relative } from "node:path";
import { messageOf } from "../errors.ts";
import type { ProjectBuild } from "../config/project_build.ts";
import { appPath, type AppReach, isInside, isOfPackage, isReachable, whyNot } from "./app_files.ts";
import type { AppResolution } from "./app_resolution.ts";
import { withoutAbsentGlobs } from "./absent_globs.ts";
import { withoutAmdWrapper } from "./amd_wrapper.ts";
import { BundleBudget } from "./bundle_budget.ts";
import type { AppEntry } from "./app_entry.ts";
import { withSeenRequires } from "./created_require.ts";
import { readStamped } from "./input_stamp.ts";
import { withJsxRuntime } from "./jsx_pragma.ts";
import { moduleRules } from "./module_rules.ts";
import { speaksOfItself, writeModuleMeta } from "./module_meta.ts";
import { withNodeTimers } from "./node_timers.ts";
import { withFolderRequires } from "./folder_requires.ts";
import { withRunTimeImports } from "./run_time_import.ts";
import { nativeAddonError } from "./run_time_require.ts";
import { withoutSourcePhase } from "./source_phase.ts";
import { wasmModule } from "./wasm_module.ts";

/** `.js` may hold JSX, as wrangler has it: every JavaScript file means the same under both loaders. */
const SCRIPTS: Readonly<Record<string, Loader>> = {
  ".ts": "ts",
  ".mts": "ts",
  ".cts": "ts",
  ".tsx": "tsx",
  ".js": "jsx",
  ".mjs": "jsx",
  ".cjs": "jsx",
  ".jsx": "jsx",
};
const TEXTS = [".txt", ".html", ".htm", ".css", ".sql", ".md", ".svg", ".xml", ".csv", ".graphql", ".gql"];
const BY_ATTRIBUTE: Readonly<Record<string, Loader>> = { text: "text", bytes: "binary", json: "json" };
const MAP_COMMENT = /^(.*\/\/[#@] *sourceMappingURL=)(?!data:)(\S+)(\s*)$/s;

/** Whether an app may begin in this file. */
export function isScript(path: string): boolean {
  return Object.hasOwn(SCRIPTS, extname(path).toLowerCase());
}

/** Whose files are loaded, and what they may be. */
export type AppToLoad = Pick<AppEntry, "file"> & AppReach & Pick<ProjectBuild, "rules"> & {
  readonly nodeCompat: boolean;
};

/**
 * An esbuild plugin that reads every file, refuses those outside the app's folder, and notes the others.
 *
 * @param compilerOptions As for the build itself.
 * @param resolution Filled while the build runs.
 */
export function appLoader(
  { file: entry, rules, ...app }: AppToLoad,
  compilerOptions: Readonly<Record<string, unknown>>,
  resolution: AppResolution,
): Plugin {
  const { root } = app;
  const kindOf = moduleRules(rules);
  return {
    name: "nano-app-loader",
    setup(build) {
      const budget = new BundleBudget();
      build.onLoad({ filter: /.*/, namespace: "file" }, async (args) => {
        try {
          const path = await Deno.realPath(args.path);
          const shown = relative(root, path);
          if (!isReachable(app, path)) return refuse(`Cannot import "${shown}": ${whyNot(app, path)}`);
          if (isAddon(path, args)) return { contents: refusedAddon(path), loader: "js" };
          const { contents, stamp } = await readStamped(path);
          resolution.inputs.set(path, stamp);
          const excess = budget.excess(path, stamp.size);
          if (excess !== null) return refuse(`Cannot bundle "${shown}": ${excess}`);
          return { ...await load(build, path, contents, args), resolveDir: dirname(path) };
        } catch (thrown) {
          const text = `Cannot read "${relative(root, args.path)}": ${messageOf(thrown)}`;
          return { errors: [{ text, detail: thrown }] };
        }
      });
    },
  };

  /** Machine code, which is not read: as large as it may be, it fails where it is asked for, which may be optional. */
  function isAddon(path: string, { with: { type } }: OnLoadArgs): boolean {
    const isAsked = type === undefined && (isOfPackage(path) || kindOf(relative(root, path)) === null);
    return isAsked && extname(path).toLowerCase() === ".node";
  }

  function refusedAddon(path: string): string {
    return `throw ${nativeAddonError(JSON.stringify(appPath(root, path).slice(1)))};`;
  }

  async function load(build: PluginBuild, path: string, contents: Uint8Array, args: OnLoadArgs): Promise<OnLoadResult> {
    const shown = relative(root, path);
    const { type } = args.with;
    if (type !== undefined) {
      const loader = Object.hasOwn(BY_ATTRIBUTE, type) ? BY_ATTRIBUTE[type]! : undefined;
      if (loader !== undefined) return { contents, loader };
      return refuse(`Cannot import "${shown}" with { type: "${type}" }: there are "text", "bytes" and "json"`);
    }
    const kind = isOfPackage(path) ? null : kindOf(shown);
    if (kind === "Text") return { contents, loader: "text" };
    if (kind === "CompiledWasm") return await loadWasm(build, path, contents);
    const extension = extname(path).toLowerCase();
    if (kind === "Data" || extension === ".bin") return arrayBuffer(path);
    if (extension === ".json") return { contents, loader: "json" };
    if (TEXTS.includes(extension)) return { contents, loader: "text" };
    if (extension === ".wasm") return await loadWasm(build, path, contents);
    // A program's name has no ending: bin/www.
    const isProgram = path === entry && extension === "";
    const loader = isProgram ? "js" : Object.hasOwn(SCRIPTS, extension) ? SCRIPTS[extension]! : undefined;
    if (loader !== undefined) return await loadScript(build, path, contents, loader);
    const known = [...Object.keys(SCRIPTS), ".json", ".wasm", ".bin", ...TEXTS].join(", ");
    const text = `Cannot import "${shown}": only ${known}, and others by ` +
      `\`with { type: "text" }\` or \`with { type: "bytes" }\``;
    // Beside what a template means lies a README or a catalogue for translators: it fails when it is asked for.
    const isGlobbed = [...resolution.globbedFolders].some((folder) => isInside(folder.replace(/\/$/, ""), path));
    return isGlobbed ? { contents: `throw new TypeError(${JSON.stringify(text)});`, loader: "js" } : refuse(text);
  }

  async function loadScript(build: PluginBuild, path: string, contents: Uint8Array, loader: Loader) {
    const written = withoutSourcePhase(new TextDecoder().decode(contents));
    const plain = withJsxRuntime(await withoutForeignMap(path, written));
    const present = await withoutAbsentGlobs(withSeenRequires(plain), dirname(path), resolution.globbedFolders);
    const required = withFolderRequires(present, { root, path });
    for (const folder of required.folders) resolution.requiredFolders.add(folder);
    const own = await withImports(build, { path, loader, text: required.text });
    const text = app.nodeCompat && isOfPackage(path) ? withNodeTimers(withoutAmdWrapper(own)) : own;
    if (!speaksOfItself(text)) return { contents: text, loader };
    return await writeModuleMeta(build, {
      path,
      root,
      text,
      loader,
      compilerOptions,
      isMain: path === entry,
    });
  }

  /** By a pattern: where what it makes is no code, what it found was something else. */
  async function withImports(
    build: PluginBuild,
    { path, loader, text }: { path: string; loader: Loader; text: string },
  ) {
    const completed = withRunTimeImports(text, { root, path });
    if (completed === text) return text;
    if (isOfPackage(path)) resolution.importers.add(path);
    const isCode = await build.esbuild.transform(completed, { loader, logLevel: "silent" }).then(
      () => true,
      () => false,
    );
    return isCode ? completed : text;
  }

  /** esbuild reads a source map that lies beside a file; it may not be led elsewhere. */
  async function withoutForeignMap(path: string, text: string): Promise<string> {
    const comment = text.lastIndexOf("sourceMappingURL=");
    // A longer tail is code that speaks of maps.
    const start = text.lastIndexOf("\n", comment) + 1;
    const match = comment === -1 ? null : MAP_COMMENT.exec(text.slice(start));
    if (match === null) return text;
    // Perhaps the end of a text that is code of its own (workerpool's): nothing of it may go, and no map be named.
    if (/["'`\\]/.test(match[2]!)) return text.slice(0, start) + match[1]!.replace(/=$/, " =") + match[2] + match[3];
    try {
      const map = await Deno.realPath(join(dirname(path), decodeURIComponent(match[2]!)));
      if (isReachable(app, map)) {
        resolution.inputs.set(map, (await readStamped(map)).stamp);
        return text;
      }
    } catch {
      // Many packages name a map that they do not ship; the code is all there is then.
    }
    return text.slice(0, start) + match[1]!.slice(0, match[1]!.lastIndexOf("//")) + match[3]!;
  }

  async function loadWasm(build: PluginBuild, path: string, bytes: Uint8Array): Promise<OnLoadResult> {
    const shown = relative(root, path);
    try {
      const { code, missing } = await wasmModule({ specifier: `./${basename(path)}`, bytes, canImport });
      if (missing.length > 0) {
        resolution.unresolved.set(
          shown,
          `"${shown}" has no named exports: it imports "${
            missing.join('", "')
          }", which is no module of the app; import ` +
            `the WebAssembly.Module (import module from "./${basename(path)}") and instantiate it`,
        );
      }
      return { contents: code, loader: "js" };
    } catch (thrown) {
      if (!(thrown instanceof TypeError)) throw thrown;
      return refuse(`Cannot import "${shown}": ${thrown.message}`);
    }

    async function canImport(specifier: string): Promise<boolean> {
      const resolveDir = dirname(path);
      const found = await build.resolve(specifier, {
        kind: "dynamic-import",
        importer: path,
        namespace: "file",
        resolveDir,
      });
      return found.errors.length === 0 && (found.external || found.namespace === "file");
    }
  }
}

/** As wrangler has it. */
function arrayBuffer(path: string): OnLoadResult {
  return {
    contents: `import bytes from ${specifierOf(path)} with { type: "bytes" };\nexport default bytes.buffer;`,
    loader: "js",
  };
}

function specifierOf(path: string): string {
  return JSON.stringify(`./${basename(path)}`);
}

function refuse(text: string): OnLoadResult {
  return { errors: [{ text }] };
}
