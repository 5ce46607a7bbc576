/** Modules that stand for what cannot be imported: empty ones, absent ones, those that only Cloudflare has. */

import type { ImportKind, OnResolveResult, PluginBuild } from "esbuild";
import { CLOUDFLARE_MODULES, moduleUrl } from "./node_stubs.ts";
import { EMAIL_MODULE, loadWorkersModule, WORKERS_MODULE, workersModule } from "./workers_module.ts";

const EMPTY = "nano-empty";
/** Where modules stand that fail when they are asked for: the namespace of their names. */
export const ABSENT = "nano-absent";
const REFUSED_REQUIRE = "nano-absent-require";
const FOREIGN = "nano-foreign";

/** A module without exports, of which any may be asked: what `"browser": { "./x.js": false }` means. */
export function emptyModule(path: string): OnResolveResult {
  return { path, namespace: EMPTY, sideEffects: false };
}

/** A module that fails when it is asked for at run time, as in Node: it may stand in a try block. */
export function absentModule(path: string, kind: ImportKind): OnResolveResult {
  return { path, namespace: kind === "require-call" ? REFUSED_REQUIRE : ABSENT };
}

/** A `cloudflare:` module; of one that NANO lacks whatever is used fails, and not before. */
export function cloudflareModule(path: string): OnResolveResult {
  if (path === WORKERS_MODULE || path === EMAIL_MODULE) return workersModule(path);
  const name = CLOUDFLARE_MODULES[path];
  if (name !== undefined) return { path: moduleUrl(name)!, external: true };
  return { path, namespace: FOREIGN, sideEffects: false };
}

/**
 * Makes a build read them.
 *
 * @param reasons why something is absent, by its specifier
 */
export function loadStandIns(build: PluginBuild, reasons: ReadonlyMap<string, string>): void {
  const why = (path: string) => reasons.has(path) ? `: ${reasons.get(path)}` : "";
  loadWorkersModule(build);
  build.onLoad({ filter: /.*/, namespace: EMPTY }, () => ({ loader: "js", contents: "module.exports = {};" }));
  build.onLoad({ filter: /.*/, namespace: REFUSED_REQUIRE }, ({ path }) => ({
    loader: "js",
    contents: `throw Object.assign(new Error(${JSON.stringify(`Cannot find module '${path}'${why(path)}`)}), ` +
      `{ code: "MODULE_NOT_FOUND", requireStack: [] });`,
  }));
  build.onLoad({ filter: /.*/, namespace: ABSENT }, ({ path }) => ({
    loader: "js",
    contents:
      `throw Object.assign(new Error(${JSON.stringify(`Cannot find ${nounOf(path)} '${path}'${why(path)}`)}), ` +
      `{ code: "ERR_MODULE_NOT_FOUND" });`,
  }));
  build.onLoad({ filter: /.*/, namespace: FOREIGN }, ({ path }) => ({ loader: "js", contents: foreignSource(path) }));
}

function nounOf(path: string): string {
  return /^[./#]/.test(path) ? "module" : "package";
}

/**
 * Classes may be made of what it exports, since packages do that where they are loaded; a call, `new` and a property
 * fail.
 */
function foreignSource(name: string): string {
  return `const fail = (what) => { throw Object.assign(new Error("Cannot use " + what + " of ${
    JSON.stringify(name).slice(1, -1)
  }: NANO has no such module"), { code: "ERR_MODULE_NOT_FOUND" }); };
const exported = (name) => new Proxy(function () {}, {
  get: (target, key) => typeof key === "symbol" || key === "prototype" || key === "name" || key === "length"
    ? target[key] : fail(name + "." + key),
  apply: () => fail(name), construct: () => fail(name), set: (_, key) => fail(name + "." + String(key)),
});
const made = {};
module.exports = new Proxy({}, {
  get: (target, key, receiver) => {
    // What esbuild, an await or Node's interoperation ask of any module.
    if (typeof key === "symbol" || key === "__esModule" || key === "then") return undefined;
    return made[key] ??= exported(key);
  },
  // esbuild makes its namespace from the prototype: so every name reaches the trap above.
  getPrototypeOf: () => module.exports,
});
`;
}
