/** Renames what an app declares under the names of globals that NANO's own texts of a bundle use. */
import type { BuildOptions, Plugin } from "esbuild";

const MODULE = "nano:globals";
const NAMESPACE = "nano-globals";
/** What build_app.ts, run_time_require.ts and run_time_import.ts write around an app's modules, unseen by esbuild. */
const NAMES = ["Error", "JSON", "Object", "String", "Symbol", "URL", "decodeURIComponent", "globalThis"];
/** A declaration at the top level of what esbuild wrote, where modules within functions are indented. */
const DECLARED = new RegExp(
  String.raw`^(?:(?:var|let|const) (?:[\w$]+, )*|class |(?:async )?function\*? ?)(?:${NAMES.join("|")})\b`,
  "m",
);

/** Whether a bundle declares one of them: openpgp has a `globalThis` of its own, TypeBox a `String`. */
export function shadowsGlobals(code: string): boolean {
  return DECLARED.test(code);
}

/** Options with which esbuild names such a declaration otherwise, as it does where another module uses the global. */
export function withGlobals<Options extends BuildOptions & { readonly plugins: Plugin[] }>(options: Options) {
  return { ...options, inject: [MODULE], plugins: [GLOBALS, ...options.plugins] };
}

const GLOBALS: Plugin = {
  name: "nano-shadowed-globals",
  setup(build) {
    build.onResolve({ filter: /^nano:globals$/ }, ({ path }) => ({ path, namespace: NAMESPACE }));
    // By a call: what has no effect would be left out, and its names with it.
    build.onLoad({ filter: /.*/, namespace: NAMESPACE }, () => ({ contents: `[${NAMES.join(", ")}].at(0);` }));
  },
};
