/**
 * Bounds on cryptography whose cost the caller chooses: it runs in native code that no kill can stop, so a killed
 * isolate would compute on for hours, or take gigabytes, at its neighbours' expense.
 */
// deno-lint-ignore-file no-explicit-any
import { sharedOrOwnBytes } from "../bodies/byte_parts.ts";
import { boundSalt } from "./signature_limits.ts";
import { boundedGroup, MIN_PRIME_BITS } from "./key_exchange_limits.ts";
import {
  apply,
  bytesLength,
  NativeNumber,
  NativePromise,
  NativeRangeError,
  promiseThen,
} from "../../protocol/primordials.ts";

/** What node:crypto exports with a bound here. */
export const BOUNDED_CRYPTO =
  ("pbkdf2 pbkdf2Sync scrypt scryptSync generateKeyPair generateKeyPairSync generatePrime generatePrimeSync " +
    "checkPrime checkPrimeSync generateKey generateKeySync").split(" ");

type Start = (done: () => void) => void;

const PROMISIFY = Symbol.for("nodejs.util.promisify.custom");
const { asUintN } = BigInt;

/**
 * What options say, read once, so that they say the same to the native code; without a prototype, through which an app's
 * Object.prototype would say something else there.
 */
function copied(options: any): any {
  return { __proto__: null, ...options };
}

/** Bits of a number given as bytes or as a bigint, whatever getters the app has put on views and buffers. */
function bitsOf(value: unknown): number {
  if (typeof value === "bigint") return asUintN(MAX_BIGINT_BITS, value) === value ? 0 : Infinity;
  const bytes = sharedOrOwnBytes(value);
  return bytes === null ? 0 : bytesLength(bytes) * 8;
}

/** The longest bigint whose primality may be asked for; as many bits as bytes may have. */
const MAX_BIGINT_BITS = 8192;

/** The longest key that is made or derived. */
const MAX_DERIVED_BYTES = 16 * 1024 * 1024;

/** Runs a few slow calls at a time; the rest wait in a list that the app cannot reach. */
export function createGate(): (start: Start) => void {
  // Two cores are the smallest machine; what still runs when an isolate is killed is at most this many calls.
  const atOnce = 4;
  let running = 0;
  let first: any = null;
  let last: any = null;
  const run = (start: Start) => {
    if (running === atOnce) {
      const entry = { start, next: null };
      if (first === null) first = entry;
      else last.next = entry;
      last = entry;
      return;
    }
    running++;
    let isDone = false;
    start(() => {
      if (isDone) return;
      isDone = true;
      running--;
      if (first === null) return;
      const { start } = first;
      first = first.next;
      run(start);
    });
  };
  return run;
}

/** The bounds themselves. */
export function createBounds(): {
  pbkdf2(iterations: unknown, bytes: unknown): void;
  scrypt(options: any, bytes: unknown): void;
  bits(what: string, bits: unknown, most: number): void;
} {
  const refuse = (text: string) => {
    throw new NativeRangeError("Cannot compute " + text + ": it could not be stopped");
  };
  return {
    // OWASP asks for at most 1,300,000 iterations; a longer key repeats them per block of at least 20 bytes.
    pbkdf2(iterations, bytes) {
      const blocks = typeof bytes === "number" && bytes > 64 ? bytes / 20 : 1;
      if (typeof iterations === "number" && iterations * blocks > 4_000_000) refuse("PBKDF2 of that many iterations");
    },
    // The strongest usual setting, N = 2^17 and r = 8, takes 128 MiB.
    scrypt({ N, cost, r, blockSize, p, parallelization }, bytes) {
      if (typeof bytes === "number" && bytes > MAX_DERIVED_BYTES) refuse("a key of more than 16 MiB");
      const rounds = (N ?? cost ?? 16384) * (r ?? blockSize ?? 8);
      if (128 * rounds > 128 * 1024 * 1024) refuse("scrypt in more than 128 MiB");
      if (rounds * (p ?? parallelization ?? 1) > 4 * 1024 * 1024) refuse("scrypt of that many rounds");
    },
    bits(what, bits, most) {
      if (typeof bits === "number" && bits > most) refuse(what + " of more than " + most + " bits");
    },
  };
}

/** Bounded versions of {@linkcode BOUNDED_CRYPTO}. @param native what node:crypto exports */
export function boundCrypto(native: any): any {
  const bounds = createBounds();
  const gate = createGate();
  const { pbkdf2, pbkdf2Sync, scrypt, scryptSync, generateKeyPair, generateKeyPairSync } = native;
  const { generatePrime, generatePrimeSync, checkPrime, checkPrimeSync, generateKey, generateKeySync } = native;
  const gated = (callback: any, start: (answer: any) => void) => {
    // Without a callback the native function throws as it should.
    if (typeof callback !== "function") return start(callback);
    gate((done) => {
      try {
        start((error: any, one: any, two: any) => {
          done();
          callback(error, one, two);
        });
      } catch (error) {
        done();
        throw error;
      }
    });
  };
  const keyPair = (type: any, options: any) => {
    const copy = copied(options);
    bounds.bits("a key", copy.modulusLength, type === "dsa" ? 1024 : 4096);
    boundSalt(copy.saltLength);
    return type === "dh" ? boundedGroup(copy) : copy;
  };
  const candidate = (value: any, options: any) => {
    bounds.bits("a prime check", bitsOf(value), 8192);
    const copy = copied(options);
    bounds.bits("a prime check in rounds", copy.checks, 64);
    return copy;
  };
  const prime = (size: any, options: any) => {
    bounds.bits("a prime", size, 2048);
    if (typeof size === "number" && size < MIN_PRIME_BITS) {
      throw new NativeRangeError(`Cannot make a prime of less than ${MIN_PRIME_BITS} bits`);
    }
    const copy = copied(options);
    // There may be none.
    if (copy.add !== undefined && copy.add !== null) {
      throw new NativeRangeError("Cannot look for a prime by a remainder: it could not be stopped");
    }
    return copy;
  };
  const secret = (options: any) => {
    const copy = copied(options);
    bounds.bits("a key", copy.length, MAX_DERIVED_BYTES * 8);
    return copy;
  };
  const bounded: any = {
    pbkdf2(password: any, salt: any, iterations: any, bytes: any, digest: any, callback: any) {
      bounds.pbkdf2(iterations, bytes);
      gated(callback, (answer) => pbkdf2(password, salt, iterations, bytes, digest, answer));
    },
    pbkdf2Sync(password: any, salt: any, iterations: any, bytes: any, digest: any) {
      bounds.pbkdf2(iterations, bytes);
      return pbkdf2Sync(password, salt, iterations, bytes, digest);
    },
    scrypt(password: any, salt: any, bytes: any, options: any, callback: any) {
      if (typeof options === "function") return bounded.scrypt(password, salt, bytes, {}, options);
      const copy = copied(options);
      bounds.scrypt(copy, bytes);
      gated(callback, (answer) => scrypt(password, salt, bytes, copy, answer));
    },
    scryptSync(password: any, salt: any, bytes: any, options: any) {
      const copy = copied(options);
      bounds.scrypt(copy, bytes);
      return scryptSync(password, salt, bytes, copy);
    },
    generateKeyPair(type: any, options: any, callback: any) {
      const copy = keyPair(type, options);
      gated(callback, (answer) => generateKeyPair(type, copy, answer));
    },
    generateKeyPairSync: (type: any, options: any) => generateKeyPairSync(type, keyPair(type, options)),
    generatePrime(size: any, options: any, callback: any) {
      if (typeof options === "function") return bounded.generatePrime(size, {}, options);
      const copy = prime(size, options);
      gated(callback, (answer) => generatePrime(size, copy, answer));
    },
    generatePrimeSync: (size: any, options: any) => generatePrimeSync(size, prime(size, options)),
    checkPrime(value: any, options: any, callback: any) {
      if (typeof options === "function") return bounded.checkPrime(value, {}, options);
      const copy = candidate(value, options);
      gated(callback, (answer) => checkPrime(value, copy, answer));
    },
    checkPrimeSync: (value: any, options: any) => checkPrimeSync(value, candidate(value, options)),
    generateKey(type: any, options: any, callback: any) {
      generateKey(type, secret(options), callback);
    },
    generateKeySync: (type: any, options: any) => generateKeySync(type, secret(options)),
  };
  // util.promisify() looks here; the native function's answer has two values.
  bounded.generateKeyPair[PROMISIFY] = (type: any, options: any) =>
    new NativePromise((resolve, reject) => {
      bounded.generateKeyPair(type, options, (error: any, publicKey: any, privateKey: any) => {
        if (error) reject(error);
        else resolve({ publicKey, privateKey });
      });
    });
  return bounded;
}

/** Puts the same bounds on crypto.subtle. @boot */
export function limitSubtleCrypto(): void {
  const prototype = SubtleCrypto.prototype as any;
  const bounds = createBounds();
  const gate = createGate();
  const check = (algorithm: any, bits: unknown) => {
    bounds.pbkdf2(NativeNumber(algorithm?.iterations), typeof bits === "number" ? bits / 8 : 64);
    bounds.bits("a key", NativeNumber(algorithm?.modulusLength), 4096);
    boundSalt(NativeNumber(algorithm?.saltLength));
  };
  for (const name of ["deriveBits", "deriveKey", "generateKey", "sign"] as const) {
    const native = prototype[name];
    // A method, so that it is no constructor, like the native one.
    const { bounded } = {
      bounded(this: unknown, ...given: any[]): Promise<unknown> {
        return new NativePromise((resolve, reject) => {
          if (typeof given[0] === "object" && given[0] !== null) given[0] = copied(given[0]);
          check(given[0], name === "deriveBits" ? NativeNumber(given[2] ?? 0) : undefined);
          gate((done) => {
            promiseThen(
              apply(native, this, given) as Promise<unknown>,
              (value: unknown) => (done(), resolve(value)),
              (error: unknown) => (done(), reject(error)),
            );
          });
        });
      },
    };
    Object.defineProperty(bounded, "name", { value: name, configurable: true });
    Object.defineProperty(bounded, "length", { value: native.length, configurable: true });
    Object.defineProperty(prototype, name, { value: bounded, writable: true, configurable: true, enumerable: true });
  }
}
