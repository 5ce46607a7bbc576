/** `node:module`: which modules there are, and a `require` for those of Node and for JSON. */
import stub from "unenv/node/module";
import { posix } from "node:path";
import fs from "./fs.ts";
import { pathText } from "./fs/paths.ts";
import { refusing } from "./past_isolate.ts";

export * from "unenv/node/module";

type Get = (name: string) => unknown;

const OFFERED: readonly string[] = __NANO_BUILTINS__;
declare const __NANO_BUILTINS__: readonly string[];

/** Names that need `node:` before them. */
const PREFIXED = new Set(["sqlite", "test", "test/reporters"]);
export const builtinModules: readonly string[] = Object.freeze(
  OFFERED.map((name) => PREFIXED.has(name) ? `node:${name}` : name),
);
const known = new Set([...OFFERED.map((name) => `node:${name}`), ...builtinModules]);
export const isBuiltin = (name: unknown): boolean => known.has(String(name));

const read = fs["readFileSync"] as (path: string, encoding: string) => string;

/** @param from a module's URL or path; what it requires is found from there */
export function createRequire(from: unknown): object {
  const folder = posix.dirname(
    pathText(from instanceof URL || !/^(?:app|file):/i.test(String(from)) ? from : new URL(String(from))),
  );
  const builtin = (name: string) => (process as unknown as { getBuiltinModule: Get }).getBuiltinModule(name);
  const absent = (name: string) =>
    Object.assign(new Error(`Cannot find module '${name}'`), { code: "MODULE_NOT_FOUND", requireStack: [] });
  const resolve = (name: string) => {
    if (isBuiltin(name)) return name;
    const isPath = /^\.{0,2}\//.test(name) || name === "." || name === "..";
    const places = isPath
      ? [posix.resolve(folder, name)]
      : foldersUp(folder).map((one) => `${one}/node_modules/${name}`);
    for (const place of places) {
      const found = [place, `${place}.js`, `${place}.json`, `${place}/index.js`].find(isFile);
      if (found !== undefined) return found;
    }
    throw absent(name);
  };
  const require = (name: string) => {
    const found = isBuiltin(name) ? builtin(name) : undefined;
    if (found !== undefined) return found;
    // What a bundle holds of those that code names by a sum or a template (bundle/requirable_packages.ts)
    const bundled = Reflect.get(globalThis, Symbol.for("nano.requirable"))?.[name];
    if (bundled !== undefined) return bundled();
    const path = resolve(name);
    if (path.endsWith(".json")) return JSON.parse(read(path, "utf8"));
    throw Object.assign(
      new Error(`Cannot require "${name}": code becomes part of an app while it is bundled; import it by its name`),
      { code: "ERR_ACCESS_DENIED" },
    );
  };
  return Object.assign(require, {
    resolve: Object.assign(resolve, { paths: () => foldersUp(folder).map((one) => `${one}/node_modules`) }),
    cache: Object.create(null),
    extensions: {},
    main: undefined,
  });
}

function foldersUp(folder: string): string[] {
  const parts = folder.split("/").filter((part) => part !== "");
  return [...parts.map((_, at) => `/${parts.slice(0, parts.length - at).join("/")}`), ""];
}

function isFile(path: string): boolean {
  const stat = fs["statSync"] as (path: string, options: object) => { isFile(): boolean } | undefined;
  return stat(path, { throwIfNoEntry: false })?.isFile() === true;
}

export const register: () => never = refusing("module", "register");
export const registerHooks: () => never = refusing("module", "registerHooks");
export const findPackageJSON: () => never = refusing("module", "findPackageJSON");

const own = { builtinModules, createRequire, isBuiltin, register, registerHooks, findPackageJSON };
/** Node's is a class that holds all the others. */
export const Module: unknown = Object.assign(function Module() {}, stub, own);
(Module as { Module: unknown }).Module = Module;
export default Module;
