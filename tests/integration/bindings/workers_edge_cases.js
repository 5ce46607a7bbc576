/** What apps say wrongly, or say as few do; in the manner of workers_cases.js. */
import { connect } from "cloudflare:sockets";
import * as workers from "cloudflare:workers";

const caught = (run) => Promise.resolve().then(run).then(() => "done", ({ name, message }) => `${name}: ${message}`);
const all = async (runs) => await Promise.all(runs.map(caught));
const broken = () => new ReadableStream({ pull: () => Promise.reject(new RangeError("mine")) });
const now = () => Math.floor(Date.now() / 1000);

export const EDGES = {
  "kv without parameters": ({ KV }) =>
    all([() => KV.get(), () => KV.getWithMetadata(), () => KV.put(), () => KV.put("a"), () => KV.delete()]),
  "kv types that are none": async ({ KV }) => {
    await KV.put("typed", "x");
    return await all([() => KV.get("typed", 5), () => KV.get("typed", { type: null })]);
  },
  "kv type of many that is none": ({ KV }) => caught(() => KV.get(["a"], "nope")),
  "kv cacheTtl of many": ({ KV }) => caught(() => KV.get(["a"], { cacheTtl: 5 })),
  "kv symbols": ({ KV }) => all([() => KV.put("a", Symbol("s")), () => KV.get(Symbol("s"))]),
  "kv parts of seconds": async ({ KV }) => {
    await KV.put("seconds/1", "x", { expirationTtl: 60.9 });
    await KV.put("seconds/2", "x", { expiration: Date.now() / 1000 + 3600.5 });
    const { keys } = await KV.list({ prefix: "seconds/", limit: 2.5 });
    return keys.map(({ expiration }) => [Number.isInteger(expiration), expiration > now() + 50]);
  },
  "kv milliseconds for seconds": ({ KV }) =>
    caught(() => KV.put("a", "x", { expiration: new Date(Date.now() + 60_000) })),
  "kv no numbers": ({ KV }) =>
    all([
      () => KV.put("a", "x", { expirationTtl: NaN }),
      () => KV.put("a", "x", { expirationTtl: "abc" }),
      () => KV.put("a", "x", { expiration: Infinity }),
    ]),
  "kv mark at the beginning": async ({ KV }) => {
    await KV.put("\ufeffmark", "\ufeffa");
    await KV.put("\ufeffmarks", "\ufeff".repeat(100_000));
    const { keys } = await KV.list({ prefix: "\ufeff" });
    const texts = [await KV.get("\ufeffmark"), await KV.get("\ufeffmarks")];
    const many = await KV.get(["\ufeffmark"]);
    return [
      keys.map(({ name }) => name.length),
      texts.map((text) => text.length),
      [...many].flat().map((t) => t.length),
    ];
  },
  "kv stream that breaks": ({ KV }) => caught(() => KV.put("a", broken())),

  "d1 double quotes": async ({ DB }) => {
    await DB.exec(`CREATE TABLE IF NOT EXISTS quotes (a TEXT DEFAULT "none", b TEXT)`);
    await DB.exec(`INSERT INTO quotes (b) VALUES ("text")`);
    return await DB.prepare(`SELECT a, "b" AS b, "c" AS c FROM quotes WHERE b = "text"`).first();
  },
  "d1 mathematics": ({ DB }) =>
    DB.prepare(
      "SELECT sqrt(16) AS a, pow(2, 3) AS b, ceil(1.2) AS c, log(100) AS d, log(2, 8) AS e, mod(7, 3) AS f, ln(0) AS g",
    )
      .first(),

  "r2 without parameters": ({ R2 }) =>
    all([
      () => R2.get(),
      () => R2.head(),
      () => R2.put(),
      () => R2.put("a"),
      () => R2.delete(),
      () => R2.createMultipartUpload(),
      () => R2.resumeMultipartUpload("a"),
    ]),
  "r2 part of nothing": async ({ R2 }) => {
    const upload = await R2.createMultipartUpload("edge");
    return await all([() => upload.uploadPart(1, null), () => upload.uploadPart(1)]);
  },
  "r2 endless length": async ({ R2 }) => {
    await R2.put("edge", "0123456789");
    return await (await R2.get("edge", { range: { offset: 7, length: Infinity } })).text();
  },
  "r2 empty cursor": async ({ R2 }) => (await R2.list({ prefix: "no such", cursor: "" })).truncated,
  "r2 conditions of other types": async ({ R2 }) => {
    await R2.put("edge", "x");
    return await all([
      () => R2.get("edge", { onlyIf: { etagMatches: ["x"] } }),
      () => R2.get("edge", { onlyIf: { etagDoesNotMatch: 5 } }),
      () => R2.get("edge", { onlyIf: { uploadedBefore: "2020" } }),
      () => R2.get("edge", { onlyIf: { uploadedBefore: new Date(NaN) } }),
      () => R2.put("edge", "x", { httpMetadata: { cacheExpiry: "2020" } }),
      () => R2.put("edge", "x", { customMetadata: "text" }),
    ]);
  },
  "r2 time as a number": async ({ R2 }) => {
    await R2.put("edge", "x");
    return await R2.put("edge", "y", { onlyIf: { uploadedBefore: 5 } });
  },
  "r2 stream that breaks": ({ R2 }) => {
    const { readable, writable } = new FixedLengthStream(5);
    writable.abort(new RangeError("mine")).catch(() => {});
    return R2.put("edge", readable).then(() => "done", ({ name }) => name);
  },

  "queue without parameters": ({ QUEUE }) => caught(() => QUEUE.send()),

  "rpc errors are remote": async ({ AUTH }) => {
    const errors = [
      await AUTH.fails().catch((error) => error),
      await AUTH.fetch("http://x/throw").catch((error) => error),
    ];
    return errors.map((error) => [error.constructor.name, error.remote]);
  },
  "rpc several errors": async ({ AUTH }) => {
    const error = await AUTH.failsSeveral().catch((error) => error);
    return [error instanceof AggregateError, error.name, error.message];
  },
  "rpc binding as a text": ({ AUTH }) => [`${AUTH}`, typeof AUTH.valueOf()],
  "rpc fetch redirected": async ({ AUTH }) => {
    const response = await AUTH.fetch("http://any/redirect", { method: "POST", body: "b" });
    return [response.status, response.redirected, response.url, await response.text()];
  },
  "rpc fetch sends the body again": async ({ AUTH }) => {
    const response = await AUTH.fetch("http://any/temporary", { method: "PUT", body: "again" });
    return [response.url, await response.text()];
  },
  "rpc fetch of a stream is not sent again": async ({ AUTH }) => {
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    writer.write(new Uint8Array(2)).catch(() => {});
    writer.close().catch(() => {});
    return await AUTH.fetch("http://any/temporary", { method: "PUT", body: readable }).catch(({ name }) => name);
  },
  "rpc fetch in a circle": ({ AUTH }) => AUTH.fetch("http://any/circle").catch(({ name }) => name),
  "rpc fetch HEAD": async ({ AUTH }) => (await AUTH.fetch("http://any/path", { method: "HEAD" })).text(),
  "rpc fetched URL and headers": async ({ AUTH }) => {
    const response = await AUTH.fetch("http://any/path");
    return [
      response.url,
      response.redirected,
      await caught(() => response.headers.set("a", "b")).then((t) => t.slice(0, 9)),
    ];
  },

  "socket port as a text": async () => {
    const socket = connect({ hostname: "127.0.0.1", port: "1" });
    socket.closed.catch(() => {});
    return await socket.opened.then(() => "opened", () => "refused");
  },
  "socket startTls": () => {
    const thrown = (options, times) => {
      const socket = connect("127.0.0.1:1", options);
      for (const one of [socket]) for (const promise of [one.opened, one.closed]) promise.catch(() => {});
      try {
        for (let at = 0; at < times; at++) {
          const next = socket.startTls();
          for (const promise of [next.opened, next.closed]) promise.catch(() => {});
        }
        return "done";
      } catch ({ name, message }) {
        return `${name}: ${message}`;
      }
    };
    return [thrown({}, 1), thrown({ secureTransport: "on" }, 1), thrown({ secureTransport: "starttls" }, 2)];
  },

  "module stand-ins": async () => {
    const { withEnv, withExports, withEnvAndExports } = workers;
    const seen = () => [Object.keys(workers.env), Object.keys(workers.exports)];
    return [
      withExports({ a: 1 }, () => Object.keys(workers.exports)),
      withEnvAndExports({ b: 1 }, { c: 1 }, seen),
      withEnv({ d: 1 }, () => withExports({ e: 1 }, seen)),
      await withExports({ f: 1 }, async () => (await Promise.resolve(), workers.exports.f)),
      Object.keys(workers.exports).sort(),
    ];
  },
  "module tracing": () =>
    workers.tracing.enterSpan(
      "name",
      (span, ...given) => {
        span.setAttribute("a", 1);
        return [typeof span.isTraced, given];
      },
      1,
      2,
    ),
  "module classes": () =>
    all([() => new workers.RpcPromise(), () => new workers.RpcProperty(), () => new workers.ServiceStub()]),

  "html selectors": () =>
    ["p:hover", "p + b", "", "a[", ">p"].map((selector) => {
      try {
        new HTMLRewriter().on(selector, {});
        return "done";
      } catch ({ name, message }) {
        return `${name}: ${message}`;
      }
    }),
};
