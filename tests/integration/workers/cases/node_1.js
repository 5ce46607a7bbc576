/** Asked of Workers and of NANO: modules of Node, buffers to streams. */
// deno-lint-ignore-file -- as people write them, mistakes included
import buffer, { Buffer } from "node:buffer";
import nodeCrypto from "node:crypto";
import util from "node:util";
import events, { EventEmitter, once } from "node:events";
import stream, { PassThrough, pipeline, Readable, Transform, Writable } from "node:stream";
import streamPromises from "node:stream/promises";
import { text as consumeText } from "node:stream/consumers";
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";
import assert from "node:assert";
import zlib from "node:zlib";
import path from "node:path";
import url from "node:url";
import { StringDecoder } from "node:string_decoder";
import dc from "node:diagnostics_channel";
import http from "node:http";
import querystring from "node:querystring";
export default {
  "buffer": () => [
    Buffer.from("é").toString("hex"),
    Buffer.from("aGk", "base64url").toString(),
    Buffer.concat([Buffer.from("a"), Buffer.alloc(2, "b")]).toString(),
    Buffer.byteLength("é"),
    Buffer.from([1, 2]).equals(Buffer.from([1, 2])),
    Buffer.from("abc").readUInt16BE(0),
    Buffer.isEncoding("latin1"),
    Buffer.compare(Buffer.from("a"), Buffer.from("b")),
  ],
  "buffer global": () => [
    globalThis.Buffer === Buffer,
    buffer.constants.MAX_LENGTH > 0,
    typeof buffer.atob,
    typeof buffer.Blob,
    typeof buffer.File,
    typeof buffer.isUtf8,
    typeof buffer.transcode,
    typeof buffer.SlowBuffer,
  ],
  "buffer encodings": () =>
    ["utf8", "utf16le", "latin1", "ascii", "base64", "base64url", "hex", "binary"].map((e) =>
      Buffer.from("héllo", "utf8").toString(e)
    ),
  "crypto hash": () => [
    nodeCrypto.createHash("sha256").update("a").digest("hex").slice(0, 8),
    nodeCrypto.createHash("md5").update("a").digest("base64"),
    nodeCrypto.hash("sha1", "a").slice(0, 8),
    nodeCrypto.createHmac("sha256", "k").update("a").digest("hex").slice(0, 8),
  ],
  "crypto random": () => [
    nodeCrypto.randomBytes(4).length,
    nodeCrypto.randomUUID().length,
    nodeCrypto.randomInt(5) < 5,
    nodeCrypto.timingSafeEqual(Buffer.from("a"), Buffer.from("a")),
  ],
  "crypto kdf": () => [
    nodeCrypto.pbkdf2Sync("p", "s", 10, 8, "sha256").toString("hex"),
    nodeCrypto.scryptSync("p", "s", 8).toString("hex"),
    Buffer.from(nodeCrypto.hkdfSync("sha256", "k", "s", "i", 8)).toString("hex"),
  ],
  "crypto cipher": () => {
    const k = Buffer.alloc(32), iv = Buffer.alloc(16);
    const c = nodeCrypto.createCipheriv("aes-256-cbc", k, iv);
    return c.update("hello", "utf8", "hex") + c.final("hex");
  },
  "crypto gcm": () => {
    const c = nodeCrypto.createCipheriv("aes-256-gcm", Buffer.alloc(32), Buffer.alloc(12));
    const x = c.update("hello", "utf8", "hex") + c.final("hex");
    return [x, c.getAuthTag().toString("hex")];
  },
  "crypto sign": () => {
    const { privateKey, publicKey } = nodeCrypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
    const sig = nodeCrypto.sign("sha256", Buffer.from("a"), privateKey);
    return nodeCrypto.verify("sha256", Buffer.from("a"), publicKey, sig);
  },
  "crypto members": () => [
    typeof nodeCrypto.webcrypto,
    nodeCrypto.getHashes().includes("sha256") || nodeCrypto.getHashes().includes("RSA-SHA256"),
    typeof nodeCrypto.createPublicKey,
    typeof nodeCrypto.X509Certificate,
    typeof nodeCrypto.createDiffieHellman,
    typeof nodeCrypto.createECDH,
    typeof nodeCrypto.constants,
    nodeCrypto.getFips(),
  ],
  "util": async () => [
    util.format("%s %d %j", "a", 5, { x: 1 }),
    util.inspect({ a: [1, { b: 2 }] }),
    util.isDeepStrictEqual({ a: 1 }, { a: 1 }),
    await util.promisify((cb) => cb(null, 5))(),
    util.types.isDate(new Date()),
    util.inherits.length,
    typeof util.parseArgs,
    typeof util.styleText,
    typeof util.TextEncoder,
    util.stripVTControlCharacters("\x1b[1mx\x1b[0m"),
    typeof util.debuglog,
    typeof util.deprecate,
    typeof util.MIMEType,
    typeof util.callbackify,
    typeof util.getSystemErrorName,
  ],
  "util.inspect": () => [
    util.inspect(new Map([[1, { a: 1 }]])),
    util.inspect(new Error("x")).split("\n")[0],
    util.inspect("a'b"),
    util.inspect([1, , 3]),
    util.inspect(new Date(0)),
    util.inspect(Symbol("s")),
    util.inspect(Buffer.from("a")),
    util.inspect(class A {}),
    util.inspect({
      get a() {
        return 1;
      },
    }),
  ],
  "util.parseArgs": () => ({
    ...util.parseArgs({
      args: ["-f", "--bar", "b"],
      options: { f: { type: "boolean", short: "f" }, bar: { type: "string" } },
    }).values,
  }),
  "events": async () => {
    const e = new EventEmitter();
    let n = 0;
    e.once("x", (v) => n += v);
    e.emit("x", 5);
    e.emit("x", 5);
    const p = once(e, "y");
    e.emit("y", 1, 2);
    return [
      n,
      await p,
      e.listenerCount("x"),
      EventEmitter.defaultMaxListeners,
      typeof events.getEventListeners,
      typeof events.setMaxListeners,
      typeof events.on,
    ];
  },
  "events error": () => new EventEmitter().emit("error", new RangeError("x")),
  "events async": async () => {
    const e = new EventEmitter();
    setTimeout(() => {
      e.emit("v", 1);
      e.emit("v", 2);
    }, 1);
    const got = [];
    for await (const [v] of events.on(e, "v")) {
      got.push(v);
      if (v === 2) break;
    }
    return got;
  },
  "stream": async () =>
    await consumeText(
      Readable.from(["a", "b"]).pipe(
        new Transform({
          transform(c, _e, cb) {
            cb(null, String(c).toUpperCase());
          },
        }),
      ),
    ),
  "stream pipeline": async () => {
    const got = [];
    await streamPromises.pipeline(
      Readable.from(["a", "b"]),
      new PassThrough(),
      new Writable({
        write(c, _e, cb) {
          got.push(String(c));
          cb();
        },
      }),
    );
    return got.join("");
  },
  "stream toWeb": async () => await new Response(Readable.toWeb(Readable.from([Buffer.from("hi")]))).text(),
  "stream fromWeb": async () => await consumeText(Readable.fromWeb(new Response("hi").body)),
  "stream members": () => [
    typeof stream.Duplex,
    typeof stream.finished,
    typeof stream.addAbortSignal,
    typeof stream.compose,
    typeof stream.isReadable,
    typeof Readable.prototype.map,
    stream.getDefaultHighWaterMark?.(false),
  ],
  "async local storage": async () => {
    const s = new AsyncLocalStorage();
    return await s.run({ id: 1 }, async () => {
      await scheduler.wait(1);
      return [
        s.getStore(),
        s.exit(() => s.getStore()),
        AsyncLocalStorage.bind(() => s.getStore())(),
        AsyncLocalStorage.snapshot()(() => s.getStore()),
      ];
    });
  },
  "async local storage enterWith": () => {
    const s = new AsyncLocalStorage();
    s.enterWith(5);
    return s.getStore();
  },
  "async resource": () => {
    const s = new AsyncLocalStorage();
    const r = s.run(1, () => new AsyncResource("x"));
    return r.runInAsyncScope(() => s.getStore());
  },
  "assert": () => {
    const out = [];
    for (
      const f of [
        () => assert(0),
        () => assert.equal(1, 2),
        () => assert.deepStrictEqual({ a: 1 }, { a: 1 }),
        () =>
          assert.throws(() => {
            throw new Error("x");
          }),
        () => assert.rejects,
        () => assert.match("a", /b/),
        () => assert.strict.equal(1, "1"),
      ]
    ) {
      try {
        f();
        out.push("fine");
      } catch (e) {
        out.push([e.name, e.code]);
      }
    }
    return out;
  },
  "zlib": async () => [
    zlib.gunzipSync(zlib.gzipSync("hello")).toString(),
    zlib.inflateSync(zlib.deflateSync("a")).toString(),
    zlib.brotliDecompressSync(zlib.brotliCompressSync("br")).toString(),
    zlib.crc32("hello"),
    await util.promisify(zlib.gzip)("a").then((b) => b.length),
    typeof zlib.createGzip,
    typeof zlib.constants.Z_BEST_SPEED,
    typeof zlib.zstdCompressSync,
  ],
  "zlib stream": async () =>
    await consumeText(Readable.from(["hello"]).pipe(zlib.createGzip()).pipe(zlib.createGunzip())),
  "path": () => [
    path.join("/a", "../b", "c.txt"),
    path.basename("/a/b.txt", ".txt"),
    path.extname("x.tar.gz"),
    path.resolve("x"),
    path.relative("/a/b", "/a/c"),
    path.parse("/a/b.c"),
    path.posix === path,
    path.sep,
    path.win32.join("a", "b"),
    path.matchesGlob?.("/a/b", "/a/*") ?? null,
  ],
  "url module": () => [
    url.parse("http://a:b@x.com:80/p?q=1#h").pathname,
    url.format({ protocol: "http", host: "x", pathname: "/p" }),
    url.fileURLToPath("file:///a/b"),
    url.pathToFileURL("/a b").href,
    url.resolve("http://x/a/b", "../c"),
    url.domainToASCII("bücher.de"),
    url.urlToHttpOptions(new URL("http://x/p")).path,
    url.URL === URL,
  ],
  "querystring":
    () => [querystring.parse("a=1&a=2&b=%20"), querystring.stringify({ a: [1, 2], b: "x y" }), querystring.escape("ü")],
  "string decoder": () => {
    const d = new StringDecoder("utf8");
    return d.write(Buffer.from([0xc3])) + d.write(Buffer.from([0xa9])) + d.end();
  },
  "diagnostics channel": () => {
    const c = dc.channel("own");
    const got = [];
    dc.subscribe("own", (m, n) => got.push([m, n]));
    c.publish({ a: 1 });
    return [got, c.hasSubscribers, typeof dc.tracingChannel];
  },
};
