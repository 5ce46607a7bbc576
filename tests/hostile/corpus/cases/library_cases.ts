/**
 * Library: natives of Deno that end the process, or cannot be stopped, when they are given odd numbers or odd shapes.
 */
import type { HostileCase } from "../hostile_case.ts";

const OOM = "503 APP_OUT_OF_MEMORY";
const SLOW = "504 APP_UNRESPONSIVE";
const THROWN = "500 APP_EXCEPTION";
const PATIENT = { cpu_ms: 8000, timeout_ms: 300_000 };
const CRYPTO =
  `const c = await import("node:crypto"); const b = (length, value = 0) => new Uint8Array(length).fill(value);`;

/** Each ended the host in one line, or computed on for minutes after the end of its app. */
const NUMBERS: Readonly<Record<string, string>> = {
  "a prime of one bit": `c.generatePrimeSync(1);`,
  "a prime of one bit, asked for": `await new Promise((r) => c.generatePrime(1, r));`,
  "a safe prime of two bits": `c.generatePrimeSync(2, { safe: true });`,
  "a prime of a remainder that none has": `c.generatePrimeSync(16, { add: 6n, rem: 3n });`,
  "an exchange over zero": `c.createDiffieHellman(b(32)).generateKeys();`,
  "an exchange over nothing": `c.createDiffieHellman(b(0)).generateKeys();`,
  "a prime that is written over":
    `const d = c.createDiffieHellman(b(1, 23)); d.generateKeys(); d.getPrime().fill(0); d.computeSecret(b(1, 5));`,
  "a group that is written over": `const g = c.getDiffieHellman("modp1"); g.getPrime().fill(0); g.generateKeys();`,
  "an exchange with a key of a megabyte":
    `const d = c.createDiffieHellman(b(1, 23)); d.setPrivateKey(b(1e6, 255)); d.generateKeys();`,
  "an exchange by its constructor": `new (c.createDiffieHellman(b(1, 23)).constructor)(8192);`,
  "an exchange by its class": `new c.DiffieHellman(8192);`,
  "a pair of keys over zero": `c.generateKeyPairSync("dh", { prime: b(8) });`,
  "a pair of keys over what becomes zero": `const prime = new Uint8Array(new SharedArrayBuffer(8)).fill(7);
    const all = []; for (let i = 0; i < 8; i++) all.push(new Promise((r) => c.generateKeyPair("dh", { prime }, r)));
    prime.fill(0); await Promise.all(all); c.generateKeyPairSync("dh", { prime });`,
  "a pair of keys over a prime of one bit": `c.generateKeyPairSync("dh", { primeLength: 1 });`,
  "a long pair of keys of DSA": `c.generateKeyPairSync("dsa", { modulusLength: 3072, divisorLength: 256 });`,
  "a digest of two gigabytes": `c.createHash("shake256", { outputLength: 2 ** 31 - 1 }).digest();`,
  "a digest of two gigabytes by a copy":
    `c.createHash("shake256", { outputLength: 1 }).copy({ outputLength: 2 ** 31 - 1 }).digest();`,
  "a digest of two gigabytes at once": `c.hash("shake256", "x", { outputLength: 2 ** 31 - 1 });`,
  "a digest of two gigabytes by the constructor":
    `new (c.createHash("sha1").constructor)("shake256", { outputLength: 2 ** 31 - 1 }).digest();`,
  "two gigabytes by scrypt": `c.scryptSync("x", "y", 2 ** 31 - 1, { N: 2 });`,
  "a salt of two gigabytes": `const { privateKey } = c.generateKeyPairSync("rsa", { modulusLength: 1024 });
    c.sign("sha256", b(1), { key: privateKey, padding: 6, saltLength: 2 ** 31 - 1 });`,
  "a salt of a hundred megabytes beside a key":
    `const { privateKey } = c.generateKeyPairSync("rsa-pss", { modulusLength: 1024 });
    let n = 0; c.createSign("sha256").update("x").sign({ key: privateKey, get saltLength() { return n++ ? 1e8 : 20; } });
    c.createSign("sha256").update("x").sign({ key: privateKey, saltLength: 1e8 });`,
  "a salt that a pair of keys asks for":
    `const { privateKey } = c.generateKeyPairSync("rsa-pss", { modulusLength: 512, saltLength: 2 ** 31 - 1 });
    c.sign("sha1", b(1), privateKey);`,
  "a salt of four gigabytes on the web":
    `const k = await crypto.subtle.generateKey({ name: "RSA-PSS", modulusLength: 1024,
      publicExponent: b(1, 3), hash: "SHA-1" }, true, ["sign"]);
    await crypto.subtle.sign({ name: "RSA-PSS", saltLength: 2 ** 32 - 1 }, k.privateKey, b(1));`,
};

/** Taken apart in a time that grows with the third power. */
const PATTERNS: Readonly<Record<string, string>> = {
  "a pattern of ten thousand groups": `new URLPattern({ pathname: "/(a)".repeat(1e4) });`,
  "a pattern of a million stars": `new URLPattern("/*".repeat(1e6), "http://x");`,
  "a pattern that becomes long":
    `let n = 0; new URLPattern({ get pathname() { return n++ ? "/(a)".repeat(1e4) : "/"; } });
    new (URLPattern.prototype.constructor)({ pathname: { toString: () => "/(a)".repeat(1e4) } });`,
};

/** Lists that are walked in one piece: a killed thread would go on for years, and sorting one ended the host. */
const LISTS: Readonly<Record<string, string>> = {
  "a sort of what says 2^53": `Array.prototype.sort.call({ length: 2 ** 53 - 1 });`,
  "a sort of holes": `const a = []; a[2 ** 32 - 2] = 1; a.sort();`,
  "holes, backwards": `const a = []; a[2 ** 32 - 2] = 1; a.reverse();`,
  "every walk through what says 2^53":
    `for (const name of ["indexOf", "lastIndexOf", "includes", "reverse", "fill", "copyWithin", "splice", "shift", "unshift", "sort"])
      await refused(() => Array.prototype[name].call({ length: 2 ** 53 - 1 }, 1) ?? "walked");
    throw new Error("all were refused");`,
};

/** Lists in lists in lists: eight million, none of them with anything in it. */
const EMPTY = `const nested = (make) => { let list = new Array(200).fill(make()); for (let i = 0; i < 3; i++)
  list = new Array(200).fill(list); return list; };`;

/** What is told of values; all of it would take hours. */
const SHOWN: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  "empty lists, by node:util": [
    `const { inspect } = await import("node:util"); inspect(nested(() => []), { depth: null, maxArrayLength: null });`,
    [THROWN],
  ],
  "empty maps, by node:util": [
    `const { format } = await import("node:util"); format("%O", nested(() => new Map()), nested(() => ({})));`,
    [THROWN, "200"],
  ],
  "empty lists behind proxies and in promises": [
    `const { inspect } = await import("node:util"); inspect(new Proxy([Promise.resolve(new Set([nested(() => [])]))],
      { ownKeys: () => [], get: () => 1 }), { depth: null, maxArrayLength: null });`,
    [THROWN],
  ],
  "empty lists, by the console": [
    `console.log(new Array(100).fill(new Array(100).fill(new Array(100).fill([]))), new Error("x", { cause: nested(() => []) }));`,
    ["200"],
  ],
  "empty objects of a class, by the console": [
    `class A {} const wide = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => ["k" + i, new A()]));
    console.log(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => ["k" + i, wide])));`,
    ["200"],
  ],
  "empty lists that differ, by node:assert": [
    `const { deepStrictEqual } = await import("node:assert"); deepStrictEqual([nested(() => [])], [1]);`,
    [THROWN],
  ],
  "empty lists that differ, by node:assert/strict": [
    `const { default: assert } = await import("node:assert"); assert.strict.equal(nested(() => []), 1);`,
    [THROWN],
  ],
};

/** Attacks by natives of Deno. */
export const LIBRARY_CASES: readonly HostileCase[] = [
  ...Object.entries(NUMBERS).map(([name, deed]): HostileCase => ({
    name,
    deed: `${CRYPTO} ${deed}`,
    sees: [THROWN],
    limits: PATIENT,
    lingers: true,
  })),
  ...Object.entries({ ...PATTERNS, ...LISTS }).map(([name, deed]): HostileCase => ({
    name,
    deed,
    sees: [THROWN],
    limits: PATIENT,
  })),
  ...Object.entries(SHOWN).map(([name, [deed, sees]]): HostileCase => ({
    name: `shown, ${name}`,
    deed: `${EMPTY} ${deed}`,
    // On a machine that is busy enough to look at it takes as long as is allowed
    sees: [...sees, OOM, SLOW],
    limits: PATIENT,
  })),
];
