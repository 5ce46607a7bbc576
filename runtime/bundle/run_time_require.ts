/** What a bundle's CommonJS finds where it asks for something that only run time knows. */
import { REQUIRE_FROM } from "./folder_requires.ts";
import { REQUIRABLE } from "./requirable_packages.ts";

/**
 * Of esbuild's own run time: it takes a `require` of the module's scope, if there is one. Its parameters get other names
 * where the app has theirs at its top, as one that imports `path` has.
 */
const ASKS = /^var __require\d* = \/\* @__PURE__ \*\/ \(\(\w+\) => typeof require !== "undefined"/m;
/** Also there: a default import of what has `__esModule` and no default gives nothing, where Node gives the exports. */
const DEFAULT = /\b(isNodeMode\d* \|\| !(mod\d*) \|\| !\2\.__esModule) \?/;

/** And there: what a template or a sum that begins with a folder finds of it. */
const GLOB =
  /var __glob = \((\w+)\) => \((\w+)\) => \{\n(\s*)var (\w+) = \1\[\2\];\n(.*\n.*)new Error\("Module not found in bundle: " \+ \2\)/;
/** As Node has it, a name needs no ending. */
const GLOB_OF_NODE = `var __globImport = ($1) => async ($2) => __glob($1, "ERR_")($2), ` +
  `__glob = ($1, nanoPrefix = "") => ($2) => {\n$3var $4 = ["", ".js", ".json", ".cjs", ".mjs", ".ts", "/index.js"]` +
  `.map((end) => $1[$2 + end]).find(Boolean);\n$5` +
  `Object.assign(new Error("Cannot find module '" + $2 + "': no such file was bundled"), { code: nanoPrefix + "MODULE_NOT_FOUND" })`;
/** By the name that esbuild gives what an `import()` finds: it throws at once where there is no such file, and no promise is rejected. */
const GLOB_IMPORT = /^(var globImport_[\w$]* = __glob)(?=\()/gm;

/** What `require` of a bundle has besides: gives a `resolve` that begins in a folder. */
export const RESOLVE_FROM = "__nanoResolveFrom";

/** What a require of machine code throws, as source: Node's own code, and a text that says why. @param name source of its name */
export function nativeAddonError(name: string): string {
  return `Object.assign(new Error("Cannot load native addon \\"" + ${name} + "\\": an isolate runs JavaScript and ` +
    `WebAssembly, no machine code; apps with \\"compat\\": \\"full\\" run it"), { code: "ERR_DLOPEN_FAILED" })`;
}

/**
 * `require.resolve` of what was found while bundling is left in the code as an absolute path of the app; all else that
 * comes here by a name that was not known then is absent, but for the modules of Node and requirable_packages.ts. Native addons are looked for at
 * run time, by absolute paths or in packages of each platform, and their users tell on what they were told.
 */
const REQUIRE = `const require = /* @__PURE__ */ (() => {` +
  `const absent = (name) => Object.assign(new Error("Cannot find module '" + name + "'"), ` +
  `{ code: "MODULE_NOT_FOUND", requireStack: [] });` +
  `const builtin = (name) => globalThis.process?.getBuiltinModule?.(String(name));` +
  `const native = (name) => ${nativeAddonError("name")};` +
  `const require = (name) => { const found = builtin(name); if (found !== undefined) return found; ` +
  `const path = String(name).replace(/^\\/{2,}/, "/"); ` +
  `const own = ${REQUIRABLE}?.[path]; if (own !== undefined) return own(); ` +
  `const fs = /^\\/.*\\.json$/.test(path) ? builtin("fs") : undefined; ` +
  `if (fs?.existsSync(path)) return JSON.parse(fs.readFileSync(path, "utf8")); ` +
  `throw /^[^.].*\\.node$/.test(name) ? native(name) : absent(name); };` +
  `const resolve = (name) => { if (String(name).startsWith("/") || builtin(name) !== undefined) return name; ` +
  `throw absent(name); };` +
  `const from = (folder) => (name) => { if (!/^\\.\\.?\\//.test(name)) return resolve(name); const fs = builtin("fs"); ` +
  `const path = builtin("path")?.posix.join(folder, name); const isFile = (one) => ` +
  `fs?.statSync(one, { throwIfNoEntry: false })?.isFile(); ` +
  `const found = ["", ".js", ".json", "/index.js"].map((end) => path + end).find(isFile); ` +
  `if (found === undefined) throw absent(name); return found; };` +
  `const begin = (folder) => Object.assign((name) => /^\\.\\.?\\//.test(name) ? ` +
  `require(builtin("path")?.posix.join(folder, name) ?? name) : require(name), require); ` +
  `const main = { id: ".", path: "/", filename: "/index.js", exports: {}, children: [], paths: [], loaded: true, ` +
  `parent: null, require };` +
  `return Object.assign(require, { resolve: Object.assign(resolve, { paths: () => [] }), ${RESOLVE_FROM}: from, ${REQUIRE_FROM}: begin, main, cache: {}, extensions: {} });` +
  `})();`;

/** Completes a module that esbuild wrote. No line moves: its source map stays true. */
export function completeCommonJs(code: string): string {
  // esbuild keeps the line of a program's first file, which nothing may stand before.
  const whole = code.replace(/^#!.*/, "").replace(DEFAULT, `$1 || !("default" in $2) ?`)
    .replace(GLOB, GLOB_OF_NODE).replace(GLOB_IMPORT, "$1Import");
  return ASKS.test(whole) ? REQUIRE + whole : whole;
}
