/** Tests the bounds on cryptography whose cost the caller chooses, and that what is usual works as Node's. */
// deno-lint-ignore-file no-explicit-any
import { assertEquals, assertThrows } from "@std/assert";
import { guardedBuiltin } from "../../../runtime/isolate/sandbox/guarded_builtins.ts";

const crypto = guardedBuiltin("crypto") as any;
const bytes = (length: number, value = 0) => new Uint8Array(length).fill(value);

/** Each ends the process, or computes for minutes, in Deno 2.9.6. */
const REFUSED: Readonly<Record<string, () => unknown>> = {
  "a prime of one bit": () => crypto.generatePrimeSync(1),
  "a safe prime of two bits": () => crypto.generatePrimeSync(2, { safe: true }),
  "a prime that is none": () => crypto.generatePrimeSync(16, { add: 6n, rem: 3n }),
  "a prime of zero": () => crypto.createDiffieHellman(bytes(32)).generateKeys(),
  "no prime": () => crypto.createDiffieHellman(bytes(0)).generateKeys(),
  "a prime that is written over": () => {
    const exchange = crypto.createDiffieHellman(bytes(1, 23));
    exchange.generateKeys();
    exchange.getPrime().fill(0);
    return exchange.computeSecret(bytes(1, 5));
  },
  "a group that is written over": () => {
    const group = crypto.getDiffieHellman("modp1");
    group.getPrime().fill(0);
    return group.generateKeys();
  },
  "a private key of a megabyte": () => {
    const exchange = crypto.createDiffieHellman(bytes(1, 23));
    exchange.setPrivateKey(bytes(1e6, 255));
    return exchange.generateKeys();
  },
  "a prime by the class": () => new crypto.DiffieHellman(8192),
  "a prime by the constructor of an exchange": () =>
    new (crypto.createDiffieHellman(bytes(1, 23)).constructor as any)(8192),
  "a key pair over zero": () => crypto.generateKeyPairSync("dh", { prime: bytes(8) }),
  "a key pair over a prime of one bit": () => crypto.generateKeyPairSync("dh", { primeLength: 1 }),
  "a long key of DSA": () => crypto.generateKeyPairSync("dsa", { modulusLength: 3072, divisorLength: 256 }),
  "a digest of two gigabytes": () => crypto.createHash("shake256", { outputLength: 2 ** 31 - 1 }),
  "a digest by the class": () => new crypto.Hash("shake256", { outputLength: 2 ** 31 - 1 }),
  "a digest by the constructor of a hash": () =>
    new (crypto.createHash("sha1").constructor as any)("shake256", { outputLength: 2 ** 31 - 1 }),
  "a digest by a copy": () => crypto.createHash("shake256", { outputLength: 1 }).copy({ outputLength: 2 ** 31 - 1 }),
  "a digest at once": () => crypto.hash("shake256", "x", { outputLength: 2 ** 31 - 1 }),
  "a key derived by scrypt": () => crypto.scryptSync("x", "y", 2 ** 31 - 1, { N: 2 }),
  "a secret key of 256 MiB": () => crypto.generateKeySync("hmac", { length: 2 ** 31 - 1 }),
  "a salt longer than any key": () =>
    crypto.sign("sha256", bytes(1), { key: RSA.privateKey, padding: 6, saltLength: 2 ** 31 - 1 }),
  "a salt written beside a key": () =>
    crypto.createSign("sha256").update("x").sign({ key: RSA.privateKey, padding: 6, saltLength: 1e8 }),
  "a salt of a key": () => crypto.generateKeyPairSync("rsa-pss", { modulusLength: 512, saltLength: 1e9 }),
};

const RSA = crypto.generateKeyPairSync("rsa", { modulusLength: 1024 });

for (const [name, make] of Object.entries(REFUSED)) {
  Deno.test(`node:crypto refuses ${name}`, () => void assertThrows(make, RangeError));
}

Deno.test("node:crypto computes what is usual", () => {
  const one = crypto.createDiffieHellman(64);
  const other = crypto.createDiffieHellman(one.getPrime(), one.getGenerator());
  one.generateKeys();
  assertEquals(one.computeSecret(other.generateKeys()), other.computeSecret(one.getPublicKey()));
  assertEquals(one instanceof crypto.DiffieHellman, true);
  const group = crypto.getDiffieHellman("modp5");
  const same = crypto.createDiffieHellman(group.getPrime("hex"), "hex", group.getGenerator("hex"), "hex");
  const [keyOfGroup, keyOfSame] = [group.generateKeys(), same.generateKeys()];
  assertEquals(group.computeSecret(keyOfSame), same.computeSecret(keyOfGroup));
  const hash = crypto.createHash("shake128", { outputLength: 5 }).update("x");
  assertEquals([hash.copy({ outputLength: 7 }).digest().length, hash.digest().length], [7, 5]);
  assertEquals(hash instanceof crypto.Hash, true);
  assertEquals(crypto.hash("sha1", "x"), crypto.createHash("sha1").update("x").digest("hex"));
  assertEquals(crypto.generateKeySync("hmac", { length: 256 }).symmetricKeySize, 32);
  assertEquals(crypto.checkPrimeSync(crypto.generatePrimeSync(64, { bigint: true })), true);
  crypto.generateKeyPairSync("dh", { prime: bytes(1, 23) });
});

Deno.test("node:crypto signs with every form of a key", () => {
  const pem = RSA.privateKey.export({ format: "pem", type: "pkcs8" });
  const jwk = RSA.privateKey.export({ format: "jwk" });
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 20 };
  for (const key of [RSA.privateKey, pem, { key: pem }, { key: jwk, format: "jwk" }, { key: RSA.privateKey }]) {
    const signature = crypto.sign("sha256", bytes(3), key);
    assertEquals(crypto.verify("sha256", bytes(3), RSA.publicKey, signature), true);
    assertEquals(crypto.createSign("sha256").update(bytes(3)).sign(key, "hex").length, 256);
  }
  const signature = crypto.createSign("sha256").update("x").sign({ key: RSA.privateKey, ...pss });
  assertEquals(crypto.createVerify("sha256").update("x").verify({ key: RSA.publicKey, ...pss }, signature), true);
  assertThrows(() => crypto.sign("sha256", bytes(1), "no key"));
});
