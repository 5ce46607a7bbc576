/** Asked of Workers and of NANO: crypto. */
// deno-lint-ignore-file -- as people write them, mistakes included
const enc = new TextEncoder();
const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, "0")).join("");
const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return `${e?.name}`;
  }
};
const s = crypto.subtle;
const raw = enc.encode("0123456789abcdef");
export default {
  "digests": async () => {
    const out = [];
    for (const a of ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5", "sha-256", "md5", "SHA-3"]) {
      out.push([
        a,
        await attempt(async () => hex(await s.digest(a, enc.encode("abc"))).slice(0, 16)),
      ]);
    }
    return out;
  },
  "digest object": async () => [
    hex(await s.digest({ name: "SHA-256" }, enc.encode("abc"))).slice(0, 8),
    hex(await s.digest({ name: "MD5" }, enc.encode("abc"))).slice(0, 8),
  ],
  "digest arraybuffer": async () => hex(await s.digest("SHA-256", enc.encode("abc").buffer)).slice(0, 8),
  "digest text": async () => await attempt(() => s.digest("SHA-256", "abc")),
  "DigestStream": async () => {
    const d = new crypto.DigestStream("SHA-256");
    await new Response("abc").body.pipeTo(d);
    return [hex(await d.digest), typeof d.bytesWritten, d instanceof WritableStream];
  },
  "DigestStream MD5": async () => {
    const d = new crypto.DigestStream("MD5");
    const w = d.getWriter();
    await w.write(enc.encode("abc"));
    await w.close();
    return [hex(await d.digest), `${d.bytesWritten}`];
  },
  "DigestStream all": async () => {
    const out = [];
    for (const a of ["SHA-1", "SHA-384", "SHA-512", "md5", { name: "SHA-256" }, "bad"]) {
      out.push(
        await attempt(async () => {
          const d = new crypto.DigestStream(a);
          const w = d.getWriter();
          w.write(enc.encode("abc"));
          w.close();
          return hex(await d.digest).slice(0, 8);
        }),
      );
    }
    return out;
  },
  "DigestStream text": async () => {
    const d = new crypto.DigestStream("SHA-256");
    const w = d.getWriter();
    await attempt(() => w.write("abc"));
    await attempt(() => w.close());
    return await attempt(async () => hex(await d.digest).slice(0, 8));
  },
  "DigestStream number": async () => {
    const d = new crypto.DigestStream("SHA-256");
    d.digest.catch(() => {});
    const w = d.getWriter();
    w.closed.catch(() => {});
    return await attempt(() => w.write(5));
  },
  "DigestStream aborted": async () => {
    const d = new crypto.DigestStream("SHA-256");
    const p = d.digest.catch((e) => e.name ?? e);
    await d.abort(new RangeError("x"));
    return await p;
  },
  "timingSafeEqual": () => [
    s.timingSafeEqual(enc.encode("a"), enc.encode("a")),
    s.timingSafeEqual(enc.encode("a"), enc.encode("b")),
    s.timingSafeEqual(new ArrayBuffer(2), new ArrayBuffer(2)),
  ],
  "timingSafeEqual lengths": () => s.timingSafeEqual(enc.encode("a"), enc.encode("ab")),
  "timingSafeEqual text": () => s.timingSafeEqual("a", "a"),
  "getRandomValues": () => {
    const v = crypto.getRandomValues(new Uint8Array(4));
    return [v.length, v instanceof Uint8Array];
  },
  "getRandomValues too much": () => crypto.getRandomValues(new Uint8Array(70000)),
  "getRandomValues float": () => crypto.getRandomValues(new Float32Array(1)),
  "randomUUID": () => /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()),
  "hmac": async () => {
    const k = await s.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    const sig = await s.sign("HMAC", k, enc.encode("m"));
    return [
      hex(sig),
      await s.verify("HMAC", k, sig, enc.encode("m")),
      await s.verify("HMAC", k, sig, enc.encode("n")),
      k.algorithm,
      k.type,
      k.extractable,
      k.usages,
    ];
  },
  "hmac hashes": async () => {
    const out = [];
    for (const hash of ["SHA-1", "SHA-256", "SHA-384", "SHA-512", "MD5"]) {
      out.push([
        hash,
        await attempt(async () =>
          hex(
            await s.sign(
              "HMAC",
              await s.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign"]),
              enc.encode("m"),
            ),
          ).slice(0, 8)
        ),
      ]);
    }
    return out;
  },
  "hmac generate": async () => {
    const k = await s.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    return [(await s.exportKey("raw", k)).byteLength, k.algorithm.length, (await s.exportKey("jwk", k)).kty];
  },
  "hmac jwk": async () => {
    const k = await s.importKey(
      "jwk",
      { kty: "oct", k: "AAEC", alg: "HS256" },
      { name: "HMAC", hash: "SHA-256" },
      true,
      ["sign"],
    );
    return await s.exportKey("jwk", k);
  },
  "hmac wrong usage": async () => {
    const k = await s.importKey("raw", raw, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
    return await attempt(() => s.sign("HMAC", k, raw));
  },
  "export unextractable": async () => {
    const k = await s.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
    return await attempt(() => s.exportKey("raw", k));
  },
  "aes gcm": async () => {
    const k = await s.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    const iv = new Uint8Array(12);
    const c = await s.encrypt({ name: "AES-GCM", iv }, k, enc.encode("hello"));
    return [hex(c), new TextDecoder().decode(await s.decrypt({ name: "AES-GCM", iv }, k, c))];
  },
  "aes gcm tampered": async () => {
    const k = await s.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
    return await attempt(() => s.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, k, new Uint8Array(32)));
  },
  "aes gcm options": async () => {
    const k = await s.importKey("raw", raw, "AES-GCM", false, ["encrypt"]);
    return hex(
      await s.encrypt(
        { name: "AES-GCM", iv: new Uint8Array(16), additionalData: raw, tagLength: 96 },
        k,
        enc.encode("hello"),
      ),
    );
  },
  "aes cbc": async () => {
    const k = await s.importKey("raw", raw, "AES-CBC", false, ["encrypt", "decrypt"]);
    const iv = new Uint8Array(16);
    const c = await s.encrypt({ name: "AES-CBC", iv }, k, enc.encode("hello"));
    return [hex(c), new TextDecoder().decode(await s.decrypt({ name: "AES-CBC", iv }, k, c))];
  },
  "aes ctr": async () => {
    const k = await s.importKey("raw", raw, "AES-CTR", false, ["encrypt"]);
    return hex(await s.encrypt({ name: "AES-CTR", counter: new Uint8Array(16), length: 64 }, k, enc.encode("hello")));
  },
  "aes kw": async () => {
    const k = await s.importKey("raw", raw, "AES-KW", false, ["wrapKey", "unwrapKey"]);
    const inner = await s.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt"]);
    const w = await s.wrapKey("raw", inner, k, "AES-KW");
    const u = await s.unwrapKey("raw", w, k, "AES-KW", "AES-GCM", true, ["encrypt"]);
    return [hex(w), hex(await s.exportKey("raw", u))];
  },
  "aes generate": async () => {
    const out = [];
    for (const name of ["AES-GCM", "AES-CBC", "AES-CTR"]) {
      for (const length of [128, 192, 256]) {
        out.push(await attempt(async () => (await s.generateKey({ name, length }, true, ["encrypt"])).algorithm));
      }
    }
    return out;
  },
  "pbkdf2": async () => {
    const k = await s.importKey("raw", raw, "PBKDF2", false, ["deriveBits"]);
    return hex(await s.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: raw, iterations: 1000 }, k, 256));
  },
  "pbkdf2 many iterations": async () => {
    const k = await s.importKey("raw", raw, "PBKDF2", false, ["deriveBits"]);
    return await attempt(async () =>
      (await s.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: raw, iterations: 100001 }, k, 256)).byteLength
    );
  },
  "pbkdf2 at the limit": async () => {
    const k = await s.importKey("raw", raw, "PBKDF2", false, ["deriveBits"]);
    return (await s.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: raw, iterations: 100000 }, k, 256)).byteLength;
  },
  "hkdf": async () => {
    const k = await s.importKey("raw", raw, "HKDF", false, ["deriveBits", "deriveKey"]);
    const a = { name: "HKDF", hash: "SHA-256", salt: raw, info: raw };
    return [
      hex(await s.deriveBits(a, k, 128)),
      (await s.deriveKey(a, k, { name: "AES-GCM", length: 256 }, true, ["encrypt"])).algorithm,
    ];
  },
  "ecdsa": async () => {
    const out = [];
    for (const [namedCurve, hash] of [["P-256", "SHA-256"], ["P-384", "SHA-384"], ["P-521", "SHA-512"]]) {
      out.push(
        await attempt(async () => {
          const { privateKey, publicKey } = await s.generateKey({ name: "ECDSA", namedCurve }, true, [
            "sign",
            "verify",
          ]);
          const sig = await s.sign({ name: "ECDSA", hash }, privateKey, raw);
          const spki = await s.exportKey("spki", publicKey);
          return [
            sig.byteLength,
            await s.verify({ name: "ECDSA", hash }, publicKey, sig, raw),
            spki.byteLength,
            publicKey.algorithm,
            (await s.exportKey("jwk", publicKey)).crv,
          ];
        }),
      );
    }
    return out;
  },
  "ecdh": async () => {
    const a = await s.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const b = await s.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const x = await s.deriveBits({ name: "ECDH", public: b.publicKey }, a.privateKey, 256);
    const y = await s.deriveBits({ name: "ECDH", public: a.publicKey }, b.privateKey, 256);
    return [hex(x) === hex(y), x.byteLength];
  },
  "ecdh null length": async () => {
    const a = await s.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    return (await s.deriveBits({ name: "ECDH", public: a.publicKey }, a.privateKey, null)).byteLength;
  },
  "ed25519": async () => {
    const { privateKey, publicKey } = await s.generateKey("Ed25519", true, ["sign", "verify"]);
    const sig = await s.sign("Ed25519", privateKey, raw);
    return [
      sig.byteLength,
      await s.verify("Ed25519", publicKey, sig, raw),
      (await s.exportKey("raw", publicKey)).byteLength,
      (await s.exportKey("jwk", publicKey)).crv,
      publicKey.algorithm,
    ];
  },
  "ed25519 raw import": async () =>
    (await s.importKey("raw", new Uint8Array(32).fill(1), "Ed25519", true, ["verify"])).algorithm,
  "NODE-ED25519": async () => {
    const { privateKey, publicKey } = await s.generateKey({ name: "NODE-ED25519", namedCurve: "NODE-ED25519" }, true, [
      "sign",
      "verify",
    ]);
    const sig = await s.sign("NODE-ED25519", privateKey, raw);
    return [sig.byteLength, await s.verify("NODE-ED25519", publicKey, sig, raw)];
  },
  "NODE-ED25519 import": async () => {
    const k = await s.importKey(
      "raw",
      new Uint8Array(32).fill(1),
      { name: "NODE-ED25519", namedCurve: "NODE-ED25519" },
      true,
      ["verify"],
    );
    return [k.algorithm, k.type];
  },
  "x25519": async () => {
    const a = await s.generateKey("X25519", true, ["deriveBits"]);
    const b = await s.generateKey("X25519", true, ["deriveBits"]);
    return (await s.deriveBits({ name: "X25519", public: b.publicKey }, a.privateKey, 256)).byteLength;
  },
  "rsa pkcs1": async () => {
    const { privateKey, publicKey } = await s.generateKey(
      { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    );
    const sig = await s.sign("RSASSA-PKCS1-v1_5", privateKey, raw);
    return [
      sig.byteLength,
      await s.verify("RSASSA-PKCS1-v1_5", publicKey, sig, raw),
      (await s.exportKey("jwk", publicKey)).alg,
      privateKey.algorithm.name,
      publicKey.algorithm.modulusLength,
      publicKey.algorithm.hash,
      publicKey.algorithm.publicExponent,
    ];
  },
  "rsa pss": async () => {
    const { privateKey, publicKey } = await s.generateKey(
      { name: "RSA-PSS", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["sign", "verify"],
    );
    const sig = await s.sign({ name: "RSA-PSS", saltLength: 32 }, privateKey, raw);
    return [sig.byteLength, await s.verify({ name: "RSA-PSS", saltLength: 32 }, publicKey, sig, raw)];
  },
  "rsa oaep": async () => {
    const { privateKey, publicKey } = await s.generateKey(
      { name: "RSA-OAEP", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
      true,
      ["encrypt", "decrypt"],
    );
    return hex(await s.decrypt("RSA-OAEP", privateKey, await s.encrypt("RSA-OAEP", publicKey, raw)));
  },
  "pkcs8 round": async () => {
    const { privateKey } = await s.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    const p = await s.exportKey("pkcs8", privateKey);
    return (await s.importKey("pkcs8", p, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"])).type;
  },
  "unknown algorithm": async () => await attempt(() => s.generateKey({ name: "nope" }, true, ["sign"])),
  "bad key usage": async () => await attempt(() => s.importKey("raw", raw, "AES-GCM", true, ["sign"])),
  "bad key length": async () =>
    await attempt(() => s.importKey("raw", new Uint8Array(5), "AES-GCM", true, ["encrypt"])),
  "members": () => [
    [
      "decrypt",
      "deriveBits",
      "deriveKey",
      "digest",
      "encrypt",
      "exportKey",
      "generateKey",
      "importKey",
      "sign",
      "timingSafeEqual",
      "unwrapKey",
      "verify",
      "wrapKey",
    ].filter((n) => typeof s[n] !== "function"),
    typeof crypto.DigestStream,
    Object.prototype.toString.call(crypto),
    Object.prototype.toString.call(s),
  ],
  "key clone": async () => {
    const k = await s.importKey("raw", raw, "AES-GCM", true, ["encrypt"]);
    return await attempt(() => structuredClone(k).type);
  },
  "key shape": async () => {
    const k = await s.importKey("raw", raw, "AES-GCM", true, ["encrypt"]);
    return [k instanceof CryptoKey, Object.keys(k), Object.prototype.toString.call(k)];
  },
};
