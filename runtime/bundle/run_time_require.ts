/** What a bundle's CommonJS finds where it asks for something that only run time knows. */
import { REQUIRABLE } from "./requirable_packages.ts";

/** Of esbuild's own run time: it takes a `require` of the module's scope, if there is one. */
const ASKS = /^var __require\d* = \/\* @__PURE__ \*\/ \(\(x\) => typeof require !== "undefined"/m;
/** Also there: a default import of what has `__esModule` and no default gives nothing, where Node gives the exports. */
const DEFAULT = "isNodeMode || !mod || !mod.__esModule ?";

/** And there: what a template or a sum that begins with a folder finds of it. */
const GLOB = /var fn = map\[path\];\n(.*\n.*)new Error\("Module not found in bundle: " \+ path\)/;
/** As Node has it, a name needs no ending. */
const GLOB_OF_NODE =
  `var fn = ["", ".js", ".json", ".cjs", ".mjs", ".ts", "/index.js"].map((end) => map[path + end]).find(Boolean);\n$1` +
  `Object.assign(new Error("Cannot find module '" + path + "': no such file was bundled"), { code: "MODULE_NOT_FOUND" })`;

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
  `const main = { id: ".", path: "/", filename: "/index.js", exports: {}, children: [], paths: [], loaded: true, ` +
  `parent: null, require };` +
  `return Object.assign(require, { resolve: Object.assign(resolve, { paths: () => [] }), ${RESOLVE_FROM}: from, main, cache: {}, extensions: {} });` +
  `})();`;

/** Completes a module that esbuild wrote. No line moves: its source map stays true. */
export function completeCommonJs(code: string): string {
  // esbuild keeps the line of a program's first file, which nothing may stand before.
  const whole = code.replace(/^#!.*/, "").replace(DEFAULT, () => `${DEFAULT.slice(0, -2)} || !("default" in mod) ?`)
    .replace(GLOB, GLOB_OF_NODE);
  return ASKS.test(whole) ? REQUIRE + whole : whole;
}
