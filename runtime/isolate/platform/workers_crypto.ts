/**
 * The name under which Workers had Ed25519 before the standard did (https://developers.cloudflare.com/workers/runtime-apis/web-crypto/):
 * bots of chat services check signatures by it. Nothing of it is there for other apps.
 */
import { bare } from "../../protocol/bare.ts";
import { apply, defineMember, promiseThen, stringToLowerCase } from "../../protocol/primordials.ts";

const NAME = "NODE-ED25519";
const STANDARD = "Ed25519";

/** The calls of crypto.subtle that take an algorithm: where, and what of their outcome says by which name it was made. */
const CALLS = {
  generateKey: { place: 0, mark: markPair },
  importKey: { place: 2, mark: markKey },
  sign: { place: 0, mark: null },
  verify: { place: 0, mark: null },
};

type Call = (this: unknown, ...given: unknown[]) => Promise<unknown>;

/** @boot */
export function installWorkersCrypto(): void {
  const prototype = SubtleCrypto.prototype as unknown as Record<string, Call>;
  for (const [name, { place, mark }] of Object.entries(CALLS)) {
    const native = prototype[name]!;
    // A method, so that it is no constructor.
    const { call } = {
      call(this: unknown, ...given: unknown[]) {
        if (!isNamedSo(given[place])) return apply(native, this, given);
        given[place] = STANDARD;
        const made = apply(native, this, given) as Promise<object>;
        return mark === null ? made : promiseThen(made, mark as (made: object) => object);
      },
    };
    Object.defineProperty(call, "name", { value: name, configurable: true });
    Object.defineProperty(call, "length", { value: native.length, configurable: true });
    Object.defineProperty(prototype, name, { ...Object.getOwnPropertyDescriptor(prototype, name), value: call });
  }
}

function isNamedSo(algorithm: unknown): boolean {
  const isObject = typeof algorithm === "object" && algorithm !== null;
  const name = isObject ? (algorithm as { name?: unknown }).name : algorithm;
  return typeof name === "string" && stringToLowerCase(name) === "node-ed25519";
}

function markPair(pair: CryptoKeyPair): CryptoKeyPair {
  markKey(pair.privateKey);
  markKey(pair.publicKey);
  return pair;
}

function markKey(key: CryptoKey): CryptoKey {
  defineMember(key, "algorithm", bare({ name: NAME, namedCurve: NAME }), true);
  return key;
}
