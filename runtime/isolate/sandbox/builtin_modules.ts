/** `process.getBuiltinModule`: gives what an import of the module gives, at once. */
import { NODE_MODULES_URL } from "../../protocol/host_calls.ts";
import { defineMember, getMember, hasOwn, stringSlice, stringStartsWith } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { OFFERED_BUILTINS } from "../../protocol/node_builtins.ts";
import { guardedBuiltin } from "./guarded_builtins.ts";

const offered = new SafeSet(OFFERED_BUILTINS);
/** What asks for modules by names that only run time knows. */
const ASKING = /getBuiltinModule|createRequire/;
/** Modules of the library that are none of Node's. */
const NO_BUILTIN = /\/(?:deno_\w+|cloudflare_\w+|own_file|workers_platform)\.js$/;

/** What Workers have beside the web platform: nothing in it calls the host. */
export const WORKERS_PLATFORM_URL: string = `${NODE_MODULES_URL}workers_platform.js`;

/** Whether the app has modules of NANO that stand for Node's. @boot */
export function hasBuiltinModules(modules: Readonly<Record<string, string>>): boolean {
  return Object.keys(modules).some((url) => url.startsWith(NODE_MODULES_URL) && url !== WORKERS_PLATFORM_URL);
}

/** Gives it to the app's process, before any code of the app runs, and after its modules were named. @boot */
export async function installBuiltinModules(modules: Readonly<Record<string, string>>): Promise<void> {
  const app = getMember(globalThis, "process") as object;
  const own: Record<string, unknown> = { __proto__: null };
  // To import them costs time: they are there at once only for apps that ask so.
  if (asksForBuiltins(modules)) {
    for (const url of Object.keys(modules)) {
      if (!url.startsWith(NODE_MODULES_URL) || url.includes("/chunk-") || NO_BUILTIN.test(url)) continue;
      own[url.slice(NODE_MODULES_URL.length, -".js".length)] = (await import(url)).default;
    }
  }
  defineMember(app, "getBuiltinModule", function getBuiltinModule(id: unknown): unknown {
    const text = `${id}`;
    const name = stringStartsWith(text, "node:") ? stringSlice(text, 5) : text;
    if (name === "process") return app;
    if (hasOwn(own, name)) return own[name];
    return offered.has(name) ? guardedBuiltin(name) : undefined;
  }, true);
}

/** Whether the app itself asks. @boot */
function asksForBuiltins(modules: Readonly<Record<string, string>>): boolean {
  return Object.entries(modules).some(([url, source]) => !url.startsWith(NODE_MODULES_URL) && ASKING.test(source));
}
