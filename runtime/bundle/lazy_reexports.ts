/**
 * Keeps what only re-exports from being dropped where that would leave modules unrun. In one file esbuild runs what is
 * imported by `import()` or `require` when it is first asked for, and lets static imports of it ask too; but a module
 * between that has no side effects is dropped with its question (esbuild 0.28, evanw/esbuild#3357), and its importers
 * find `undefined`.
 */
import type { ImportKind, Metafile, Plugin } from "esbuild";
import { join } from "node:path";

const LAZY: ReadonlySet<ImportKind> = new Set(["dynamic-import", "require-call"]);
/** Marks what this plugin itself asks esbuild. */
const ASKED = Symbol("asked");

/** Absolute paths of modules that were dropped though what they import runs when it is asked for. */
export function droppedReexports({ inputs, outputs }: Metafile, root: string): Set<string> {
  const isPlain = (path: string) => inputs[path]?.format !== "cjs";
  const lazy = new Set<string>();
  const queue = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, external }) => LAZY.has(kind) && external !== true).map(({ path }) => path)
  ).filter(isPlain);
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (lazy.has(path)) continue;
    lazy.add(path);
    for (const one of inputs[path]?.imports ?? []) if (isPlain(one.path)) queue.push(one.path);
  }
  const written = new Set(Object.values(outputs).flatMap((output) => Object.keys(output.inputs)));
  const dropped = Object.entries(inputs).filter(([path, { imports }]) =>
    !written.has(path) && !lazy.has(path) &&
    imports.some((one) => one.kind === "import-statement" && lazy.has(one.path) && written.has(one.path))
  );
  return new Set(dropped.map(([path]) => join(root, path)));
}

/** Makes esbuild take these for modules with side effects. */
export function keptModules(paths: ReadonlySet<string>): Plugin {
  return {
    name: "nano-kept-modules",
    setup(build) {
      build.onResolve({ filter: /.*/ }, async ({ path, pluginData, ...args }) => {
        // What a plugin asks is answered to that plugin.
        if (pluginData !== undefined) return undefined;
        const found = await build.resolve(path, { ...args, pluginData: ASKED });
        if (found.errors.length > 0 || !paths.has(found.path)) return undefined;
        const { namespace, suffix } = found;
        return { path: found.path, namespace, suffix, sideEffects: true };
      });
    },
  };
}
