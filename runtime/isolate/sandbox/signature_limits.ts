/**
 * Bounds on the salt of RSA-PSS: Deno makes one of any length, and works on it in native code that no kill can stop,
 * before it finds that no key is that long.
 */
// deno-lint-ignore-file no-explicit-any
import { types } from "node:util";
import { apply, defineMember, getPrototypeOf, getterOf, NativeRangeError } from "../../protocol/primordials.ts";
import { isView } from "../../protocol/views.ts";

/** What node:crypto exports with a bound here. */
export const BOUNDED_SIGNATURES: readonly string[] = ["sign"];

/** Bytes of the longest key that OpenSSL takes; a salt is shorter than its key. */
const MAX_SALT_BYTES = 2048;

const { isKeyObject } = types as unknown as Record<"isKeyObject", (value: unknown) => boolean>;
const { isCryptoKey } = types as unknown as Record<"isCryptoKey", (value: unknown) => boolean>;

/** Refuses a salt that no key is as long as; what is no number the native function refuses by itself. */
export function boundSalt(saltLength: unknown): void {
  if (typeof saltLength === "number" && saltLength > MAX_SALT_BYTES) {
    throw new NativeRangeError(`Cannot sign with a salt of more than ${MAX_SALT_BYTES} bytes: it could not be stopped`);
  }
}

/**
 * The bounded function; that of what `createSign` makes is bounded on its prototype.
 * @boot
 * @param native what node:crypto exports
 */
export function boundSignatures(native: any): any {
  const { sign, createSign, createPrivateKey, generateKeyPairSync } = native;
  const holder = getPrototypeOf(getPrototypeOf(generateKeyPairSync("ed25519").privateKey));
  const typeOf = getterOf(holder, "asymmetricKeyType");
  const detailsOf = getterOf(holder, "asymmetricKeyDetails") as (key: object) => { saltLength?: unknown };

  /** What to sign with, read once. */
  function bounded(key: any): any {
    const isObject = typeof key === "object" && key !== null && !isView(key);
    const isKey = isObject && (isKeyObject(key) || isCryptoKey(key));
    // Beside a key itself an app may write a length of salt
    const copy = isKey ? { __proto__: null, key } : isObject ? { __proto__: null, ...key } : key;
    if (isObject) boundSalt(copy.saltLength);
    // A key may bring its own.
    const object = isObject && isKeyObject(copy.key) ? copy.key : isKey ? null : keyOf(copy);
    if (object !== null && typeOf(object) === "rsa-pss") boundSalt(detailsOf(object).saltLength);
    return copy;
  }

  function keyOf(given: unknown): object | null {
    try {
      return createPrivateKey(given);
    } catch {
      // The native function tells what is wrong with it.
      return null;
    }
  }

  const { sign: signOf } = getPrototypeOf(createSign("sha256"));
  const guarded = {
    sign(this: unknown, key: unknown, encoding?: unknown) {
      return apply(signOf, this, [bounded(key), encoding]);
    },
  };
  defineMember(getPrototypeOf(createSign("sha256")), "sign", guarded.sign);
  return {
    sign: (algorithm: unknown, data: unknown, key: unknown, callback?: unknown) =>
      sign(algorithm, data, bounded(key), callback),
  };
}
