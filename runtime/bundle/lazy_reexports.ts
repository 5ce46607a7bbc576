/**
 * Keeps what only re-exports from being dropped where that would leave modules unrun. In one file esbuild runs what is
 * imported by `import()` or `require` when it is first asked for, and lets static imports of it ask too; but a module
 * between that has no side effects is dropped with its question (esbuild 0.28, evanw/esbuild#3357), and its importers
 * find `undefined`.
 */
import type { ImportKind, Metafile, Plugin } from "esbuild";
import { join } from "node:path";

const LAZY: ReadonlySet<ImportKind> = new Set(["dynamic-import", "require-call"]);

/** How a metafile shows what a plugin made. */
const NO_FILE = /^[a-z][a-z-]+:/;

/** What imports lead to, as they are written, by the absolute path of the importer. */
export type ImportsOfKept = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** Imports of modules that were dropped though what they import runs when it is asked for. */
export function droppedReexports({ inputs, outputs }: Metafile, root: string): ImportsOfKept {
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
  const dropped = new Set(
    Object.entries(inputs).filter(([path, { imports }]) =>
      !written.has(path) && !lazy.has(path) && !NO_FILE.test(path) &&
      imports.some((one) => one.kind === "import-statement" && lazy.has(one.path) && written.has(one.path))
    ).map(([path]) => path),
  );
  const found = new Map<string, Map<string, string>>();
  for (const [importer, { imports }] of Object.entries(inputs)) {
    for (const { path, original } of imports) {
      if (original === undefined || !dropped.has(path)) continue;
      const ofImporter = found.get(join(root, importer)) ?? new Map<string, string>();
      found.set(join(root, importer), ofImporter.set(original, join(root, path)));
    }
  }
  return found;
}

/** Makes esbuild take these for modules with side effects. It is not asked again: 10,000 questions take it a minute. */
export function keptModules(imports: ImportsOfKept): Plugin {
  return {
    name: "nano-kept-modules",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, pluginData }) => {
        // What a plugin asks is answered to that plugin.
        const found = pluginData === undefined ? imports.get(importer)?.get(path) : undefined;
        return found === undefined ? undefined : { path: found, sideEffects: true };
      });
    },
  };
}
