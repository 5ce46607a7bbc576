/**
 * Bounds on cryptography whose cost the caller chooses: it runs in native code that no kill can stop, so a killed
 * isolate would compute on for hours, or take gigabytes, at its neighbours' expense.
 */
// deno-lint-ignore-file no-explicit-any

/** What node:crypto exports with a bound here. */
export const BOUNDED_CRYPTO =
  ("pbkdf2 pbkdf2Sync scrypt scryptSync generateKeyPair generateKeyPairSync generatePrime generatePrimeSync " +
    "checkPrime checkPrimeSync createDiffieHellman").split(" ");

type Start = (done: () => void) => void;

/**
 * Runs a few slow calls at a time; the rest wait in a list that the app cannot reach.
 * Stands alone, as its text becomes part of a module of the app's realm.
 */
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

/** The bounds themselves. Stands alone, like {@linkcode createGate}. */
export function createBounds(): {
  pbkdf2(iterations: unknown, bytes: unknown): void;
  scrypt(options: any): void;
  bits(what: string, bits: unknown, most: number): void;
} {
  const refuse = (text: string) => {
    throw new RangeError("Cannot compute " + text + ": it could not be stopped");
  };
  return {
    // OWASP asks for at most 1,300,000 iterations; a longer key repeats them per block of at least 20 bytes.
    pbkdf2(iterations, bytes) {
      const blocks = typeof bytes === "number" && bytes > 64 ? bytes / 20 : 1;
      if (typeof iterations === "number" && iterations * blocks > 4_000_000) refuse("PBKDF2 of that many iterations");
    },
    // The strongest usual setting, N = 2^17 and r = 8, takes 128 MiB.
    scrypt({ N, cost, r, blockSize, p, parallelization }) {
      const rounds = (N ?? cost ?? 16384) * (r ?? blockSize ?? 8);
      if (128 * rounds > 128 * 1024 * 1024) refuse("scrypt in more than 128 MiB");
      if (rounds * (p ?? parallelization ?? 1) > 4 * 1024 * 1024) refuse("scrypt of that many rounds");
    },
    bits(what, bits, most) {
      if (typeof bits === "number" && bits > most) refuse(what + " of more than " + most + " bits");
    },
  };
}

/** Bounded versions of {@linkcode BOUNDED_CRYPTO}. Stands alone, like {@linkcode createGate}. */
export function boundCrypto(native: any, bounds: ReturnType<typeof createBounds>, gate: (start: Start) => void): any {
  const { pbkdf2, pbkdf2Sync, scrypt, scryptSync, generateKeyPair, generateKeyPairSync } = native;
  const { generatePrime, generatePrimeSync, checkPrime, checkPrimeSync, createDiffieHellman } = native;
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
  const keyPair = (options: any) => {
    const copy = { ...options };
    bounds.bits("a key", copy.modulusLength, 4096);
    bounds.bits("a prime", copy.primeLength, 1024);
    return copy;
  };
  const candidate = (value: any, options: any) => {
    bounds.bits("a prime check", value?.byteLength * 8, 8192);
    const copy = { ...options };
    bounds.bits("a prime check in rounds", copy.checks, 64);
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
      const copy = { ...options };
      bounds.scrypt(copy);
      gated(callback, (answer) => scrypt(password, salt, bytes, copy, answer));
    },
    scryptSync(password: any, salt: any, bytes: any, options: any) {
      const copy = { ...options };
      bounds.scrypt(copy);
      return scryptSync(password, salt, bytes, copy);
    },
    generateKeyPair(type: any, options: any, callback: any) {
      const copy = keyPair(options);
      gated(callback, (answer) => generateKeyPair(type, copy, answer));
    },
    generateKeyPairSync: (type: any, options: any) => generateKeyPairSync(type, keyPair(options)),
    generatePrime(size: any, options: any, callback: any) {
      if (typeof options === "function") return bounded.generatePrime(size, {}, options);
      bounds.bits("a prime", size, 2048);
      gated(callback, (answer) => generatePrime(size, options, answer));
    },
    generatePrimeSync(size: any, options: any) {
      bounds.bits("a prime", size, 2048);
      return generatePrimeSync(size, options);
    },
    checkPrime(value: any, options: any, callback: any) {
      if (typeof options === "function") return bounded.checkPrime(value, {}, options);
      const copy = candidate(value, options);
      gated(callback, (answer) => checkPrime(value, copy, answer));
    },
    checkPrimeSync: (value: any, options: any) => checkPrimeSync(value, candidate(value, options)),
    createDiffieHellman(prime: any, ...rest: any[]) {
      bounds.bits("a prime", prime, 1024);
      bounds.bits("a prime", prime?.byteLength * 8, 8192);
      return createDiffieHellman(prime, ...rest);
    },
  };
  // util.promisify() looks here; the native function's answer has two values.
  bounded.generateKeyPair[Symbol.for("nodejs.util.promisify.custom")] = (type: any, options: any) =>
    new Promise((resolve, reject) => {
      bounded.generateKeyPair(type, options, (error: any, publicKey: any, privateKey: any) => {
        if (error) reject(error);
        else resolve({ publicKey, privateKey });
      });
    });
  return bounded;
}

/** Text of the expression that bounds node:crypto, for the module that apps get in its place. */
export function boundCryptoSource(): string {
  return `(${boundCrypto})(builtin, (${createBounds})(), (${createGate})())`;
}

/** Puts the same bounds on crypto.subtle. */
export function limitSubtleCrypto(): void {
  const prototype = SubtleCrypto.prototype as any;
  const { apply } = Reflect;
  const NativePromise = Promise;
  const { then } = Promise.prototype;
  const bounds = createBounds();
  const gate = createGate();
  /** What an algorithm says, read once, so that it says the same to the native code. */
  const copied = (algorithm: any) => typeof algorithm === "object" && algorithm !== null ? { ...algorithm } : algorithm;
  const check = (algorithm: any, bits: unknown) => {
    bounds.pbkdf2(Number(algorithm?.iterations), typeof bits === "number" ? bits / 8 : 64);
    bounds.bits("a key", Number(algorithm?.modulusLength), 4096);
  };
  for (const name of ["deriveBits", "deriveKey", "generateKey"] as const) {
    const native = prototype[name];
    // A method, so that it is no constructor, like the native one.
    const { bounded } = {
      bounded(this: unknown, ...given: any[]): Promise<unknown> {
        return new NativePromise((resolve, reject) => {
          given[0] = copied(given[0]);
          check(given[0], name === "deriveBits" ? Number(given[2] ?? 0) : undefined);
          gate((done) => {
            apply(then, apply(native, this, given), [
              (value: unknown) => (done(), resolve(value)),
              (error: unknown) => (done(), reject(error)),
            ]);
          });
        });
      },
    };
    Object.defineProperty(bounded, "name", { value: name, configurable: true });
    Object.defineProperty(bounded, "length", { value: native.length, configurable: true });
    Object.defineProperty(prototype, name, { value: bounded, writable: true, configurable: true, enumerable: true });
  }
}
