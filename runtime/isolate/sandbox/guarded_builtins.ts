/**
 * Node built-ins with exports that would lead around a limit. What replaces those stands on the built-in itself before
 * an app hears of it: a module that made a copy in the app's realm would hand the original to an app's `Object.assign`.
 */
import process from "node:process";
import { defineMember, keys } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";
import { joinTexts } from "../../protocol/safe_lists.ts";
import { AppBlob, AppFile } from "../bodies/blob.ts";
import { BLOB_CONSUMERS } from "../bodies/stream_consumers.ts";
import { boundAsserts, BOUNDED_ASSERTS } from "./assert_limits.ts";
import { boundSerialize } from "../bodies/clone_weight.ts";
import { boundCrypto, BOUNDED_CRYPTO } from "./crypto_limits.ts";
import { boundDigests, BOUNDED_DIGESTS } from "./digest_limits.ts";
import { BOUNDED_EXCHANGES, boundExchanges } from "./key_exchange_limits.ts";
import { BOUNDED_SIGNATURES, boundSignatures } from "./signature_limits.ts";
import { BOUNDED_INSPECT, boundInspect } from "./inspect_limits.ts";

type Exports = Record<string, unknown>;

/** What replaces what, by the name of the built-in. */
const REPLACED: Readonly<Record<string, { names: readonly string[]; make(native: Exports): Exports }>> = {
  __proto__: null as never,
  // The data of Deno's Blobs outlives the isolate: apps have the isolate's own (blob.ts).
  buffer: { names: ["Blob", "File"], make: () => ({ Blob: AppBlob, File: AppFile }) },
  "stream/consumers": { names: keys(BLOB_CONSUMERS), make: () => ({ ...BLOB_CONSUMERS }) },
  // What no kill can stop.
  assert: {
    names: BOUNDED_ASSERTS,
    make: (native) => {
      // Its export `strict` is that module.
      guardedBuiltin("assert/strict");
      return boundAsserts(native);
    },
  },
  "assert/strict": { names: BOUNDED_ASSERTS, make: (native) => boundAsserts(native) },
  crypto: {
    names: [...BOUNDED_CRYPTO, ...BOUNDED_DIGESTS, ...BOUNDED_EXCHANGES, ...BOUNDED_SIGNATURES],
    make: (native) => ({
      ...boundCrypto(native),
      ...boundDigests(native),
      ...boundExchanges(native),
      ...boundSignatures(native),
    }),
  },
  util: { names: BOUNDED_INSPECT, make: (native) => boundInspect(native) },
  // Modules of NANO hand it on (module_policy.ts).
  v8: { names: ["serialize"], make: (native) => boundSerialize(native) },
};

/** Names of the guarded built-ins. */
export const GUARDED_BUILTINS: readonly string[] = keys(REPLACED);

// The sandbox takes it from the process.
const getBuiltin = process.getBuiltinModule.bind(process) as unknown as (name: string) => Exports;
const guarded = new SafeSet<string>();

/** A built-in, guarded once somebody asks for it: loading all of them at boot would cost every isolate. */
export function guardedBuiltin(name: string): Exports {
  const builtin = getBuiltin(`node:${name}`);
  const replaced = REPLACED[name];
  if (replaced === undefined || guarded.has(name)) return builtin;
  guarded.add(name);
  const made = replaced.make(builtin);
  const { names } = replaced;
  for (let at = 0; at < names.length; at++) defineMember(builtin, names[at]!, made[names[at]!], true);
  return builtin;
}

/** Text of the module that an app gets for one; it runs in the app's realm and uses nothing that the app could patch. */
export function guardedSource(name: string): string {
  const names = joinTexts(REPLACED[name]!.names, ", ");
  return `import builtin from "node:${name}";\nexport * from "node:${name}";\n` +
    `export const { ${names} } = builtin;\nexport default builtin;`;
}
