/**
 * Bounds on digests of a length that the caller chooses (SHAKE): one of 2 GiB takes that much memory and half a minute in
 * native code that no kill can stop.
 */
// deno-lint-ignore-file no-explicit-any
import { apply, defineMember, NativeNumber, NativeRangeError } from "../../protocol/primordials.ts";

/** What node:crypto exports with a bound here. */
export const BOUNDED_DIGESTS: readonly string[] = ["createHash", "hash", "Hash"];

/** Bytes of one digest, as long as the longest key that is derived: a tenth of a second. */
export const MAX_DIGEST_BYTES = 16 * 1024 * 1024;

/** Options, read once, of a digest that is short enough. */
function checked(options: any): any {
  if (typeof options !== "object" || options === null) return options;
  const copy = { __proto__: null, ...options };
  // What is no number the native function refuses by itself.
  if (typeof copy.outputLength === "number" && NativeNumber(copy.outputLength) > MAX_DIGEST_BYTES) {
    throw new NativeRangeError(
      `Cannot compute a digest of more than ${MAX_DIGEST_BYTES} bytes: it could not be stopped`,
    );
  }
  return copy;
}

/**
 * The bounded functions; what makes a hash of a hash is bounded on its prototype.
 * @boot
 * @param native what node:crypto exports
 */
export function boundDigests(native: any): any {
  const { createHash, hash } = native;
  const { prototype } = createHash("sha1").constructor;
  const { copy } = prototype;
  const bounded: any = {
    createHash: (algorithm: unknown, options?: unknown) => createHash(algorithm, checked(options)),
    hash: (algorithm: unknown, data: unknown, options?: unknown) => hash(algorithm, data, checked(options)),
    // Callable without `new`, as the native one
    Hash: function Hash(algorithm: unknown, options?: unknown) {
      return createHash(algorithm, checked(options));
    },
  };
  bounded.Hash.prototype = prototype;
  defineMember(prototype, "constructor", bounded.Hash);
  defineMember(
    prototype,
    "copy",
    {
      copy(this: any, options?: unknown) {
        return apply(copy, this, [checked(options)]);
      },
    }.copy,
  );
  return bounded;
}
