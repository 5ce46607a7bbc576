/** Which modules an app may import: its own virtual ones and harmless Node built-ins, nothing else. */
import module from "node:module";
import { NODE_MODULES_URL } from "../../protocol/host_calls.ts";
import { missingFileText, OFFERED_BUILTINS, refusalText } from "../../protocol/node_builtins.ts";
import { GUARDED_BUILTINS, guardedBuiltin, guardedSource } from "./guarded_builtins.ts";
import { PROCESS_SOURCE } from "../platform/node_compat.ts";

/** Prefix of every module of an app. */
const APP_SCHEME = "app:///";
const REFUSED = "app:///__refused__?";
const GUARDED = "app:///__builtin__/";
const { stringify } = JSON;

/** Built-ins that modules of NANO pass a harmless part of on to apps; apps cannot import the real ones. */
const WRAPPED_BUILTINS = ["console", "perf_hooks", "url", "v8"];

interface Policy {
  sources: Readonly<Record<string, string>>;
  nodeCompat: boolean;
}

/**
 * Registers the hooks; nothing can be imported until `allow` names the app's modules.
 *
 * A refused import is redirected to a module that throws: throwing in the resolve hook itself does not stop a
 * static `import "node:fs"` in Deno 2.9.
 * @boot
 */
export function registerModulePolicy(): { allow(policy: Policy): void } {
  let policy: Policy = { sources: {}, nodeCompat: false };
  // Hooks run while the app runs: they may only use what the app cannot replace.
  const { apply } = Reflect;
  const { slice } = String.prototype;
  const has = Object.hasOwn;
  const encode = encodeURIComponent;
  const decode = decodeURIComponent;
  const NativeUrl = URL;
  const hrefOf = Object.getOwnPropertyDescriptor(URL.prototype, "href")!.get!;
  const startsWith = (text: string, prefix: string) => apply(slice, text, [0, prefix.length]) === prefix;
  const after = (text: string, prefix: string): string => apply(slice, text, [prefix.length]);
  const harmless = Object.create(null) as Record<string, true>;
  for (const name of OFFERED_BUILTINS) harmless[name] = true;
  const wrapped = Object.create(null) as Record<string, true>;
  for (const name of WRAPPED_BUILTINS) wrapped[name] = true;
  const guarded = Object.create(null) as Record<string, string>;
  for (const name of GUARDED_BUILTINS) guarded[GUARDED + name] = guardedSource(name);
  guarded[`${GUARDED}process`] = PROCESS_SOURCE;
  const builtins = Object.create(null) as Record<string, true>;
  for (const name of module.builtinModules) builtins[name] = true;

  const isBuiltin = (specifier: string) => startsWith(specifier, "node:") || has(builtins, specifier);

  module.registerHooks(
    {
      resolve(specifier: string, context: { parentURL?: string | undefined }, next: (specifier: string) => unknown) {
        if (startsWith(specifier, APP_SCHEME)) return { url: specifier, shortCircuit: true };
        const fromApp = context.parentURL !== undefined && startsWith(context.parentURL, APP_SCHEME);
        if (fromApp && (specifier[0] === "." || specifier[0] === "/")) {
          return { url: apply(hrefOf, new NativeUrl(specifier, context.parentURL), []), shortCircuit: true };
        }
        const builtin = startsWith(specifier, "node:") ? after(specifier, "node:") : specifier;
        const ofNano = context.parentURL !== undefined && startsWith(context.parentURL, NODE_MODULES_URL);
        if (ofNano && has(wrapped, builtin)) {
          guardedBuiltin(builtin);
          return next(`node:${builtin}`);
        }
        const own = `${NODE_MODULES_URL}${builtin}.js`;
        if (policy.nodeCompat && has(policy.sources, own)) return { url: own, shortCircuit: true };
        if (policy.nodeCompat && has(harmless, builtin)) {
          // Only the guarded module itself gets the real one.
          const url = GUARDED + builtin;
          if (has(guarded, url) && context.parentURL !== url) return { url, shortCircuit: true };
          return next(`node:${builtin}`);
        }
        return { url: REFUSED + encode(specifier), shortCircuit: true };
      },
      load(url: string, context: unknown, next: (url: string, context: unknown) => unknown) {
        if (has(policy.sources, url)) return { format: "module", source: policy.sources[url], shortCircuit: true };
        if (has(guarded, url)) {
          guardedBuiltin(after(url, GUARDED));
          return { format: "module", source: guarded[url], shortCircuit: true };
        }
        if (startsWith(url, "node:") && (has(harmless, after(url, "node:")) || has(wrapped, after(url, "node:")))) {
          return next(url, context);
        }
        if (startsWith(url, APP_SCHEME) && !startsWith(url, REFUSED)) {
          return { format: "module", source: refusal(missingFileText(url)), shortCircuit: true };
        }
        const wanted = startsWith(url, REFUSED) ? decode(after(url, REFUSED)) : url;
        return {
          format: "module",
          source: refusal(refusalText(wanted, isBuiltin(wanted), policy.nodeCompat)),
          shortCircuit: true,
        };
      },
    } as unknown as Parameters<typeof module.registerHooks>[0],
  );

  return {
    allow(given) {
      policy = given;
    },
  };
}

function refusal(text: string): string {
  return `throw new TypeError(${stringify(text)});`;
}
