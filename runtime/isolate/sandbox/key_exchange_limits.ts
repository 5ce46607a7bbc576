/**
 * Bounds on Diffie-Hellman over numbers that the caller chooses: Deno ends the process when the prime is zero, which a
 * caller may write into it at any time, and takes hours for a long exponent, in native code that no kill can stop.
 */
// deno-lint-ignore-file no-explicit-any
import { sharedOrOwnBytes } from "../bodies/byte_parts.ts";
import {
  apply,
  bytesLength,
  bytesSet,
  defineMember,
  getPrototypeOf,
  NativeRangeError,
  NativeUint8Array,
} from "../../protocol/primordials.ts";

/** What node:crypto exports with a bound here. */
export const BOUNDED_EXCHANGES: readonly string[] = ["createDiffieHellman", "DiffieHellman"];

/** The longest group of RFC 3526 has as many bytes. */
const MAX_BYTES = 1024;
/** Of one bit Deno ends the process; a safe one of two it looks for without end. */
export const MIN_PRIME_BITS = 3;
/** The longest prime that may be looked for. */
const MAX_MADE_BITS = 1024;

function refuse(what: string): never {
  throw new NativeRangeError(`Cannot compute ${what}: it could not be stopped`);
}

/** Refuses a prime that is zero, and numbers that are too long. @param prime bytes of it, as they are now */
function check(prime: unknown, more: readonly unknown[]): void {
  const bytes = sharedOrOwnBytes(prime);
  if (bytes === null || bytesLength(bytes) > MAX_BYTES) refuse(`a key exchange of more than ${MAX_BYTES} bytes`);
  let isZero = true;
  for (let at = 0; at < bytesLength(bytes); at++) isZero &&= bytes[at] === 0;
  if (isZero) throw new NativeRangeError("Cannot exchange keys: the prime is zero");
  for (let at = 0; at < more.length; at++) {
    const number = more[at];
    const length = typeof number === "string" ? number.length / 2 : bytesOf(number) ?? 0;
    if (length > MAX_BYTES) refuse(`with a key of more than ${MAX_BYTES} bytes`);
  }
}

/** Options of a key pair, with a prime of their own that native code can compute with. */
export function boundedGroup(options: any): any {
  const { prime, primeLength } = options;
  if (typeof primeLength === "number") {
    if (primeLength > MAX_MADE_BITS) refuse(`a prime of more than ${MAX_MADE_BITS} bits`);
    if (primeLength < MIN_PRIME_BITS) {
      throw new NativeRangeError(`Cannot make a prime of less than ${MIN_PRIME_BITS} bits`);
    }
  }
  const bytes = sharedOrOwnBytes(prime);
  if (bytes === null) return options;
  // Native code may look later, when an app has written something else there
  options.prime = new NativeUint8Array(bytesLength(bytes));
  bytesSet(options.prime, bytes, 0);
  check(options.prime, []);
  return options;
}

/** What native code computes with; between this look and its own runs nothing of the app's. @boot */
function guardPrototype(prototype: any): void {
  const { getPrime, getPrivateKey, generateKeys, computeSecret } = prototype;
  const guarded: any = {
    generateKeys(this: any, ...given: unknown[]) {
      check(apply(getPrime, this, []), [apply(getPrivateKey, this, [])]);
      return apply(generateKeys, this, given);
    },
    computeSecret(this: any, ...given: unknown[]) {
      check(apply(getPrime, this, []), [apply(getPrivateKey, this, []), given[0]]);
      return apply(computeSecret, this, given);
    },
  };
  defineMember(prototype, "generateKeys", guarded.generateKeys);
  defineMember(prototype, "computeSecret", guarded.computeSecret);
}

/**
 * The bounded functions; what is reached by an instance is bounded on its prototype.
 * @boot
 * @param native what node:crypto exports
 */
export function boundExchanges(native: any): any {
  const { createDiffieHellman, getDiffieHellman } = native;
  const exchange = (given: any[]) => {
    if (typeof given[0] === "number" && given[0] > MAX_MADE_BITS) refuse(`a prime of more than ${MAX_MADE_BITS} bits`);
    // A prime is looked at whenever it is computed with; to find out whether it is one takes long as well.
    if ((bytesOf(given[0]) ?? 0) > MAX_BYTES || typeof given[0] === "string" && given[0].length > 2 * MAX_BYTES) {
      refuse(`with a prime of more than ${MAX_BYTES} bytes`);
    }
    return apply(createDiffieHellman, undefined, given);
  };
  const bounded: any = {
    createDiffieHellman: (...given: any[]) => exchange(given),
    // Callable without `new`, as the native one
    DiffieHellman: function DiffieHellman(...given: any[]) {
      return exchange(given);
    },
  };
  const prototype = getPrototypeOf(createDiffieHellman(new NativeUint8Array([23])));
  guardPrototype(prototype);
  guardPrototype(getPrototypeOf(getDiffieHellman("modp1")));
  bounded.DiffieHellman.prototype = prototype;
  defineMember(prototype, "constructor", bounded.DiffieHellman);
  return bounded;
}

function bytesOf(value: unknown): number | null {
  const bytes = sharedOrOwnBytes(value);
  return bytes === null ? null : bytesLength(bytes);
}
