/** What a bundle's CommonJS finds where it asks for something that only run time knows. */

/** Of esbuild's own run time: it takes a `require` of the module's scope, if there is one. */
const ASKS = /^var __require\d* = \/\* @__PURE__ \*\/ \(\(x\) => typeof require !== "undefined"/m;
/** Also there: a default import of what has `__esModule` and no default gives nothing, where Node gives the exports. */
const DEFAULT = "isNodeMode || !mod || !mod.__esModule ?";

/**
 * `require.resolve` of what was found while bundling is left in the code as an absolute path of the app; all else that
 * comes here by a name that was not known then is absent, but for the modules of Node.
 */
const REQUIRE = `const require = /* @__PURE__ */ (() => {` +
  `const absent = (name) => Object.assign(new Error("Cannot find module '" + name + "'"), ` +
  `{ code: "MODULE_NOT_FOUND", requireStack: [] });` +
  `const builtin = (name) => globalThis.process?.getBuiltinModule?.(String(name));` +
  `const require = (name) => { const found = builtin(name); if (found === undefined) throw absent(name); return found; };` +
  `const resolve = (name) => { if (String(name).startsWith("/") || builtin(name) !== undefined) return name; ` +
  `throw absent(name); };` +
  `const main = { id: ".", path: "/", filename: "/index.js", exports: {}, children: [], paths: [], loaded: true, ` +
  `parent: null, require };` +
  `return Object.assign(require, { resolve: Object.assign(resolve, { paths: () => [] }), main, cache: {}, extensions: {} });` +
  `})();`;

/** Completes a module that esbuild wrote. No line moves: its source map stays true. */
export function completeCommonJs(code: string): string {
  const whole = code.replace(DEFAULT, () => `${DEFAULT.slice(0, -2)} || !("default" in mod) ?`);
  return ASKS.test(whole) ? REQUIRE + whole : whole;
}
