/** What an app may ask of its bindings; the answers of Workers are in workers_answers.json, by the name of the case. */
import { EDGES } from "./workers_edge_cases.js";

const bytes = (...list) => new Uint8Array(list);
/** Of an object what is its own or its class's getter, without what differs from run to run. */
const facts = (object, ...names) => Object.fromEntries(names.map((name) => [name, object[name]]));
const drained = async (stream) => await new Response(stream).text();
const rows = async (db) => {
  await db.exec("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n REAL, b BLOB)");
  await db.batch([
    db.prepare("DELETE FROM t"),
    db.prepare("INSERT INTO t VALUES (1, 'a', 1.5, NULL), (2, 'b', 2, x'0102')"),
  ]);
};
const metaOf = ({ success, results, meta }) => ({
  success,
  results,
  changes: meta.changes,
  changed_db: meta.changed_db,
  last_row_id: meta.last_row_id,
  keys: ["duration", "changes", "last_row_id", "changed_db", "size_after", "rows_read", "rows_written"]
    .map((key) => [key, typeof meta[key]]),
});
const objectOf = (object) =>
  object === null ? null : {
    ...facts(object, "key", "size", "etag", "httpEtag", "httpMetadata", "customMetadata"),
    checksums: object.checksums.toJSON(),
    uploaded: object.uploaded instanceof Date,
    version: typeof object.version,
    hasBody: "body" in object,
  };
const codeOf = ({ message }) => ({ message });

const CASES = {
  ...EDGES,

  // KV
  "kv missing": ({ KV }) => KV.get("missing"),
  "kv text": async ({ KV }) => (await KV.put("a", "x"), await KV.get("a")),
  "kv put answers": ({ KV }) => KV.put("a", "x"),
  "kv delete answers": ({ KV }) => KV.delete("never"),
  "kv json": async ({ KV }) => (await KV.put("j", '{"a":[1]}'), await KV.get("j", "json")),
  "kv bad json": async ({ KV }) => {
    await KV.put("j", "{a");
    return await KV.get("j", { type: "json" }).catch((error) => error instanceof SyntaxError);
  },
  "kv buffer": async ({ KV }) => (await KV.put("b", bytes(1, 2, 3)), await KV.get("b", "arrayBuffer")),
  "kv view": async ({ KV }) => (await KV.put("b", bytes(1, 2, 3).subarray(1)), await KV.get("b", "arrayBuffer")),
  "kv stream": async ({ KV }) => {
    await KV.put("s", new Response("streamed").body);
    return await drained(await KV.get("s", { type: "stream" }));
  },
  "kv unknown type": ({ KV }) => KV.get("a", "xml"),
  "kv empty key": ({ KV }) => KV.get(""),
  "kv dot key": ({ KV }) => KV.put(".", "x"),
  "kv dots key": ({ KV }) => KV.get(".."),
  "kv long key": ({ KV }) => KV.put("k".repeat(513), "x"),
  "kv number key": async ({ KV }) => (await KV.put(5, "five"), await KV.get("5")),
  "kv number value": ({ KV }) => KV.put("n", 5),
  "kv object value": ({ KV }) => KV.put("n", { a: 1 }),
  "kv undefined value": ({ KV }) => KV.put("n", undefined),
  "kv null value": ({ KV }) => KV.put("n", null),
  "kv no value": ({ KV }) => KV.put("n"),
  "kv empty value": async ({ KV }) => (await KV.put("e", ""), await KV.get("e")),
  "kv metadata": async ({ KV }) => {
    await KV.put("m", "x", { metadata: { a: 1 } });
    return await KV.getWithMetadata("m");
  },
  "kv metadata missing": ({ KV }) => KV.getWithMetadata("missing"),
  "kv long metadata": ({ KV }) => KV.put("m", "x", { metadata: "m".repeat(1025) }),
  "kv ttl short": ({ KV }) => KV.put("t", "x", { expirationTtl: 59 }),
  "kv ttl zero": ({ KV }) => KV.put("t", "x", { expirationTtl: 0 }),
  "kv ttl text": async ({ KV }) => (await KV.put("t", "x", { expirationTtl: "60" }), await KV.get("t")),
  "kv expiration past": ({ KV }) => KV.put("t", "x", { expiration: 5 }),
  "kv cacheTtl": ({ KV }) => KV.get("missing", { cacheTtl: 30 }),
  "kv cacheTtl short": ({ KV }) => KV.get("missing", { cacheTtl: 5 }),
  "kv many": async ({ KV }) => {
    await KV.put("x1", "1");
    return [...await KV.get(["x1", "none"])];
  },
  "kv many json": async ({ KV }) => (await KV.put("x1", "[1]"), [...await KV.get(["x1", "none"], "json")]),
  "kv many metadata": async ({ KV }) => {
    await KV.put("x2", "2", { metadata: [1] });
    return [...await KV.getWithMetadata(["x2", "none"])];
  },
  "kv many none": async ({ KV }) => [...await KV.get([])],
  "kv many buffer": ({ KV }) => KV.get(["a"], "arrayBuffer"),
  "kv many too many": ({ KV }) => KV.get(Array.from({ length: 101 }, (_, at) => `k${at}`)),
  "kv many bad json": async ({ KV }) => (await KV.put("x3", "{"), [...await KV.get(["x3"], "json")]),
  "kv list": async ({ KV }) => {
    for (const key of ["l/b", "l/a", "l/c"]) await KV.put(key, "x", key === "l/b" ? { metadata: { m: 1 } } : {});
    return await KV.list({ prefix: "l/" });
  },
  "kv list pages": async ({ KV }) => {
    for (const key of ["p/b", "p/a", "p/c"]) await KV.put(key, "x");
    const first = await KV.list({ prefix: "p/", limit: 2 });
    const second = await KV.list({ prefix: "p/", limit: 2, cursor: first.cursor });
    return [first.keys, first.list_complete, typeof first.cursor, second];
  },
  "kv list zero": async ({ KV }) => (await KV.list({ limit: 0, prefix: "none" })).keys,
  "kv list above": async ({ KV }) => (await KV.list({ limit: 1001, prefix: "none" })).keys,
  "kv list nulls": async ({ KV }) => (await KV.list({ prefix: null, cursor: null, limit: null })).list_complete,
  "kv name of the class": ({ KV }) => [KV.constructor.name, typeof KV.get, Object.keys(KV)],

  // D1
  "d1 all": async ({ DB }) => (await rows(DB), metaOf(await DB.prepare("SELECT * FROM t ORDER BY id").all())),
  "d1 run": async ({ DB }) => (await rows(DB), metaOf(await DB.prepare("INSERT INTO t (name) VALUES ('c')").run())),
  "d1 first": async ({ DB }) => (await rows(DB), await DB.prepare("SELECT id, name FROM t ORDER BY id").first()),
  "d1 first column": async (
    { DB },
  ) => (await rows(DB), await DB.prepare("SELECT name FROM t ORDER BY id").first("name")),
  "d1 first none": async ({ DB }) => (await rows(DB), await DB.prepare("SELECT * FROM t WHERE id = 9").first()),
  "d1 first none column": async (
    { DB },
  ) => (await rows(DB), await DB.prepare("SELECT * FROM t WHERE id = 9").first("x")),
  "d1 first missing column": async ({ DB }) => (await rows(DB), await DB.prepare("SELECT id FROM t").first("nope")),
  "d1 raw": async ({ DB }) => (await rows(DB), await DB.prepare("SELECT id, b FROM t ORDER BY id").raw()),
  "d1 raw names": async ({ DB }) => (await rows(DB), await DB.prepare("SELECT id FROM t").raw({ columnNames: true })),
  "d1 same names": async ({ DB }) => await DB.prepare("SELECT 1 AS a, 2 AS a").raw({ columnNames: true }),
  "d1 same names all": async ({ DB }) => (await DB.prepare("SELECT 1 AS a, 2 AS a").all()).results,
  "d1 types": async ({ DB }) =>
    await DB.prepare("SELECT typeof(?) AS i, typeof(?) AS r, typeof(?) AS t, typeof(?) AS b, typeof(?) AS n, ? AS yes")
      .bind(1, 1.5, "x", bytes(1), null, true).first(),
  "d1 bind undefined": ({ DB }) => DB.prepare("SELECT ?").bind(undefined).all(),
  "d1 bind object": ({ DB }) => DB.prepare("SELECT ?").bind({ a: 1 }).all(),
  "d1 bind bigint": ({ DB }) => DB.prepare("SELECT ? AS v").bind(5n).all(),
  "d1 bind date": ({ DB }) => DB.prepare("SELECT ? AS v").bind(new Date(0)).all(),
  "d1 bind function": ({ DB }) => DB.prepare("SELECT ? AS v").bind(() => 1).all(),
  "d1 bind nan": ({ DB }) => DB.prepare("SELECT ? AS v").bind(NaN).first(),
  "d1 bind list": ({ DB }) => DB.prepare("SELECT ? AS v").bind([1, 2]).first(),
  "d1 bind too few": ({ DB }) => DB.prepare("SELECT ? AS a, ? AS b").bind(1).all(),
  "d1 bind too many": ({ DB }) => DB.prepare("SELECT ? AS a").bind(1, 2).all(),
  "d1 numbered": ({ DB }) => DB.prepare("SELECT ?2 AS a, ?1 AS b").bind(1, 2).first(),
  "d1 named": ({ DB }) => DB.prepare("SELECT :a AS a").bind(1).first(),
  "d1 syntax": ({ DB }) => DB.prepare("SELEC 1").all(),
  "d1 no table": ({ DB }) => DB.prepare("SELECT * FROM nope").all(),
  "d1 no sql": ({ DB }) => DB.prepare("").all(),
  "d1 constraint": async ({ DB }) => (await rows(DB), await DB.prepare("INSERT INTO t (id) VALUES (1)").run()),
  "d1 unique": async ({ DB }) => (await rows(DB), await DB.prepare("INSERT INTO t (name) VALUES ('a')").run()),
  "d1 error cause": async ({ DB }) => {
    const error = await DB.prepare("SELECT * FROM nope").all().catch((error) => error);
    return [error.name, error.message, error.cause?.message];
  },
  "d1 batch": async ({ DB }) => {
    await rows(DB);
    const all = await DB.batch([DB.prepare("UPDATE t SET n = 3"), DB.prepare("SELECT n FROM t")]);
    return all.map(metaOf);
  },
  "d1 batch fails": async ({ DB }) => {
    await rows(DB);
    const insert = DB.prepare("INSERT INTO t (name) VALUES (?)");
    const error = await DB.batch([insert.bind("c"), insert.bind("a")]).catch((error) => error);
    return [error.message, await DB.prepare("SELECT count(*) AS n FROM t").first("n")];
  },
  "d1 batch empty": ({ DB }) => DB.batch([]),
  "d1 exec": async ({ DB }) => {
    const answer = await DB.exec("SELECT 1;\nSELECT 2;");
    return [answer.count, typeof answer.duration];
  },
  "d1 exec fails": ({ DB }) => DB.exec("SELECT 1;\nSELEC 2;"),
  "d1 exec empty": ({ DB }) => DB.exec(""),
  "d1 returning": async (
    { DB },
  ) => (await rows(DB), (await DB.prepare("DELETE FROM t WHERE id = 1 RETURNING name").all()).results),
  "d1 pragma": async ({ DB }) => (await rows(DB), (await DB.prepare("PRAGMA table_info(t)").all()).results.length),
  "d1 pragma refused": ({ DB }) => DB.prepare("PRAGMA journal_mode = DELETE").all(),
  "d1 begin": ({ DB }) => DB.prepare("BEGIN").run(),
  "d1 attach": ({ DB }) => DB.prepare("ATTACH 'x' AS x").run(),
  "d1 big integer": ({ DB }) => DB.prepare("SELECT 9007199254740993 AS v").first(),
  "d1 foreign key": async ({ DB }) => {
    await DB.exec("CREATE TABLE IF NOT EXISTS p (id INTEGER PRIMARY KEY)");
    await DB.exec("CREATE TABLE IF NOT EXISTS c (p INTEGER REFERENCES p (id))");
    return await DB.prepare("INSERT INTO c VALUES (9)").run();
  },
  "d1 two statements": async ({ DB }) => (await DB.prepare("SELECT 1 AS a; SELECT 2 AS b").all()).results,
  "d1 json": ({ DB }) => DB.prepare(`SELECT json_extract('{"a":[1,2]}', '$.a[1]') AS v`).first("v"),
  "d1 session": async ({ DB }) => {
    const session = DB.withSession("first-primary");
    const before = session.getBookmark();
    await session.prepare("SELECT 1").all();
    return [before, typeof session.getBookmark()];
  },
  "d1 dump": ({ DB }) => DB.dump().then(() => "a dump"),
  "d1 moment": async ({ DB }) => {
    const now = DB.prepare("SELECT random() AS v");
    return (await now.first("v")) === (await now.first("v"));
  },
  "d1 reads its writes": async ({ DB }) => {
    await rows(DB);
    const read = DB.prepare("SELECT n FROM t WHERE id = ?").bind(1);
    const seen = [await read.first("n"), await read.first("n")];
    await DB.prepare("UPDATE t SET n = 7 WHERE id = 1").run();
    return [...seen, await read.first("n")];
  },

  // R2
  "r2 missing": ({ R2 }) => R2.get("missing"),
  "r2 head missing": ({ R2 }) => R2.head("missing"),
  "r2 put": async ({ R2 }) => objectOf(await R2.put("a", "hello")),
  "r2 head": async ({ R2 }) => (await R2.put("a", "hello"), objectOf(await R2.head("a"))),
  "r2 get": async ({ R2 }) => {
    await R2.put("a", "hello", { httpMetadata: { contentType: "text/plain" }, customMetadata: { k: "v" } });
    const object = await R2.get("a");
    return [objectOf(object), await object.text(), object.bodyUsed];
  },
  "r2 range": async ({ R2 }) => {
    await R2.put("a", "0123456789");
    const all = [{ offset: 2, length: 3 }, { offset: 8 }, { suffix: 3 }, { length: 4 }];
    const found = await Promise.all(all.map((range) => R2.get("a", { range })));
    return await Promise.all(found.map(async (one) => [one.range, one.size, await one.text()]));
  },
  "r2 range beyond": async ({ R2 }) => (await R2.put("a", "0123"), await R2.get("a", { range: { offset: 9 } })),
  "r2 range header": async ({ R2 }) => {
    await R2.put("a", "0123456789");
    const object = await R2.get("a", { range: new Headers({ range: "bytes=2-4" }) });
    return [object.range, await object.text()];
  },
  "r2 onlyIf": async ({ R2 }) => {
    const { etag } = await R2.put("a", "hello");
    const same = await R2.get("a", { onlyIf: { etagDoesNotMatch: etag } });
    return [objectOf(same), await R2.put("a", "other", { onlyIf: { etagMatches: "x" } })];
  },
  "r2 put null": async ({ R2 }) => objectOf(await R2.put("n", null)),
  "r2 put bytes": async ({ R2 }) => (await R2.put("b", bytes(1, 2)), await (await R2.get("b")).bytes()),
  "r2 put number": ({ R2 }) => R2.put("n", 5),
  "r2 put stream without length": ({ R2 }) => R2.put("n", new ReadableStream({ start: (to) => to.close() })),
  "r2 put blob": async ({ R2 }) => objectOf(await R2.put("n", new Blob(["blob"], { type: "text/css" }))),
  "r2 checksum": ({ R2 }) => R2.put("c", "hello", { md5: "00000000000000000000000000000000" }),
  "r2 sha256": async ({ R2 }) =>
    objectOf(
      await R2.put("c", "hello", { sha256: "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" }),
    ),
  "r2 long key": ({ R2 }) => R2.put("k".repeat(1025), "x"),
  "r2 long metadata": ({ R2 }) => R2.put("m", "x", { customMetadata: { k: "m".repeat(9000) } }),
  "r2 delete answers": async ({ R2 }) => (await R2.put("d", "x"), await R2.delete(["d", "never"])),
  "r2 list": async ({ R2 }) => {
    for (const key of ["l/a", "l/b/1", "l/b/2", "l/c"]) await R2.put(key, key);
    const { objects, delimitedPrefixes, truncated } = await R2.list({ prefix: "l/", delimiter: "/" });
    return [objects.map(({ key }) => key), delimitedPrefixes, truncated];
  },
  "r2 list pages": async ({ R2 }) => {
    for (const key of ["p/a", "p/b", "p/c"]) await R2.put(key, key);
    const first = await R2.list({ prefix: "p/", limit: 2 });
    const second = await R2.list({ prefix: "p/", cursor: first.cursor });
    return [first.objects.length, first.truncated, typeof first.cursor, second.objects.length, typeof second.cursor];
  },
  "r2 list include": async ({ R2 }) => {
    await R2.put("i/a", "x", { customMetadata: { k: "v" }, httpMetadata: { contentType: "a/b" } });
    const seen = async (options) => {
      const [object] = (await R2.list({ prefix: "i/", ...options })).objects;
      return [object.customMetadata, object.httpMetadata];
    };
    return [await seen({}), await seen({ include: ["customMetadata"] })];
  },
  "r2 list above": async ({ R2 }) => (await R2.list({ prefix: "none", limit: 1001 })).objects,
  "r2 multipart": async ({ R2 }) => {
    const upload = await R2.createMultipartUpload("mp", { customMetadata: { k: "v" } });
    const part = await upload.uploadPart(1, "only");
    const { etag, ...rest } = objectOf(await upload.complete([part]));
    return [part.partNumber, /^[0-9a-f]{32}-1$/.test(etag), { ...rest, httpEtag: null }];
  },
  "r2 multipart missing": ({ R2 }) => R2.resumeMultipartUpload("mp", "never").complete([]),
  "r2 multipart aborted": async ({ R2 }) => {
    const upload = await R2.createMultipartUpload("mp2");
    await upload.abort();
    return await upload.uploadPart(1, "x").catch(codeOf);
  },
  "r2 headers": async ({ R2 }) => {
    await R2.put("h", "x", {
      httpMetadata: new Headers({ "content-type": "a/b", "cache-control": "no-store", "x-a": "1" }),
    });
    const headers = new Headers();
    (await R2.head("h")).writeHttpMetadata(headers);
    return [...headers];
  },
  "r2 body twice": async ({ R2 }) => {
    await R2.put("a", "x");
    const object = await R2.get("a");
    await object.text();
    return await object.text().catch(({ name }) => name);
  },

  // Queues
  "queue send": async ({ QUEUE }) => {
    const answer = await QUEUE.send({ a: 1 });
    return answer === undefined ? "undefined" : typeof answer;
  },
  "queue batch": async ({ QUEUE }) => {
    const answer = await QUEUE.sendBatch([{ body: 1 }, { body: "b", contentType: "text" }]);
    return answer === undefined ? "undefined" : typeof answer;
  },
  "queue batch empty": ({ QUEUE }) => QUEUE.sendBatch([]).then(() => "sent"),
  "queue function": ({ QUEUE }) => QUEUE.send(() => 1).then(() => "sent"),
  "queue undefined": ({ QUEUE }) => QUEUE.send(undefined).then(() => "sent"),
  "queue text of a number": ({ QUEUE }) => QUEUE.send(5, { contentType: "text" }).then(() => "sent"),
  "queue unknown type": ({ QUEUE }) => QUEUE.send(5, { contentType: "xml" }).then(() => "sent"),
  "queue too long": ({ QUEUE }) => QUEUE.send("x".repeat(129_000)).then(() => "sent"),
  "queue delay": ({ QUEUE }) => QUEUE.send("x", { delaySeconds: 43_201 }).then(() => "sent"),

  // Services
  "rpc add": ({ AUTH }) => AUTH.add(1, 2),
  "rpc missing": ({ AUTH }) => AUTH.nope(),
  "rpc private": ({ AUTH }) => AUTH.own(),
  "rpc field": ({ AUTH }) => AUTH.field,
  "rpc getter": async ({ AUTH }) => await AUTH.title,
  "rpc nested": async ({ AUTH }) => await AUTH.nested.value,
  "rpc nested call": async ({ AUTH }) => await AUTH.nested.double(4),
  "rpc this": ({ AUTH }) => AUTH.self(),
  "rpc detached": async ({ AUTH }) => {
    const { add } = AUTH;
    return await add(3, 4);
  },
  "rpc constructor": ({ AUTH }) => AUTH.constructor.name,
  "rpc typeof": ({ AUTH }) => [typeof AUTH, typeof AUTH.anything, Object.keys(AUTH)],
  "rpc clone": async ({ AUTH }) => {
    const value = await AUTH.echo({
      d: new Date(0),
      m: new Map([[1, { a: 2 }]]),
      s: new Set([1]),
      b: bytes(1),
      n: 5n,
      u: undefined,
    });
    return [value.d, [...value.m], [...value.s], value.b, `${value.n}`, "u" in value];
  },
  "rpc circle": async ({ AUTH }) => {
    const circle = { a: 1 };
    circle.self = circle;
    const back = await AUTH.echo(circle);
    return back.self === back;
  },
  "rpc class": ({ AUTH }) => AUTH.echo(new (class Own {})()),
  "rpc symbol": ({ AUTH }) => AUTH.echo(Symbol("s")),
  "rpc void": async ({ AUTH }) => (await AUTH.nothing()) === undefined,
  "rpc error": async ({ AUTH }) => {
    const error = await AUTH.fails().catch((error) => error);
    return [error.name, error.message, error instanceof RangeError, error.constructor.name, error.code ?? null];
  },
  "rpc own error": async ({ AUTH }) => {
    const error = await AUTH.failsOwn().catch((error) => error);
    return [error.name, error.message, error.constructor.name, error.code ?? null, error.cause?.message ?? null];
  },
  "rpc throws a text": ({ AUTH }) => AUTH.throwsText().catch((error) => [typeof error, error]),
  "rpc stream": async ({ AUTH }) => await drained(await AUTH.stream("abc")),
  "rpc takes a stream": ({ AUTH }) => AUTH.read(new Response("taken").body),
  "rpc response": async ({ AUTH }) => {
    const answer = await AUTH.response();
    return [answer.status, answer.headers.get("x-a"), await answer.text()];
  },
  "rpc request": ({ AUTH }) =>
    AUTH.asked(new Request("http://h/p?q", { method: "POST", body: "b", headers: { "x-q": "1" } })),
  "rpc headers": async ({ AUTH }) => [...await AUTH.echo(new Headers({ a: "1" }))],
  "rpc props": ({ ADMIN }) => ADMIN.props(),
  "rpc no props": ({ AUTH }) => AUTH.props(),
  "rpc named fetch": async ({ ADMIN }) => await (await ADMIN.fetch("http://any/path")).text(),
  "rpc fetch": async ({ AUTH }) => await (await AUTH.fetch("http://any/path", { method: "PUT" })).text(),
  "rpc fetch redirect": async ({ AUTH }) => (await AUTH.fetch("http://any/redirect", { redirect: "manual" })).status,
  "rpc fetch follows": async ({ AUTH }) => await (await AUTH.fetch("http://any/redirect")).text(),
  "rpc fetch relative": ({ AUTH }) => AUTH.fetch("/path").then((answer) => answer.text()),
  "rpc fetch throws": ({ AUTH }) => AUTH.fetch("http://any/throw").then((answer) => answer.status),
  "rpc plain object": ({ PLAIN }) => PLAIN.double(4),
  "rpc exports": async (_env, ctx) => await ctx.exports.Own.hello("x"),
  "rpc exports props": async (_env, ctx) => await ctx.exports.Own({ props: { p: 1 } }).props(),
  "rpc function": async ({ AUTH }) => await (await AUTH.fn())(2),
  "rpc callback": ({ AUTH }) => AUTH.calls((value) => value + 1),
  "rpc target": async ({ AUTH }) => await (await AUTH.target()).hi(),
  "rpc pipelined": async ({ AUTH }) => await AUTH.target().hi(),
  "rpc value pipelined": async ({ AUTH }) => await AUTH.object().a.b,
  "rpc result of no member": async ({ AUTH }) => (await AUTH.object().nope) === undefined,
  "rpc in a list": ({ AUTH }) => Promise.all([AUTH.add(1, 1), AUTH.object().a.b, AUTH.title]),
  "rpc awaits later": async ({ AUTH }, ctx) => {
    ctx.waitUntil(AUTH.nothing());
    return await AUTH.add(2, 2).catch(() => "never").finally(() => {});
  },
  "rpc then": async ({ AUTH }) => await AUTH.add(1, 1).then((sum) => sum * 2),
};

/** JSON has no bytes and no errors. */
function shown(value) {
  if (value === undefined) return { undefined: true };
  if (value instanceof Error) return { thrown: value.name, message: value.message };
  if (value instanceof ArrayBuffer) return { buffer: [...new Uint8Array(value)] };
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (value instanceof Date) return { date: value.getTime() };
  if (Array.isArray(value)) return value.map(shown);
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, one]) => one !== undefined);
    return Object.fromEntries(members.map(([name, one]) => [name, shown(one)]));
  }
  return typeof value === "function" || typeof value === "symbol" ? { type: typeof value } : value;
}

import { WorkerEntrypoint } from "cloudflare:workers";

export class Own extends WorkerEntrypoint {
  hello(name) {
    return `hello ${name}`;
  }
  props() {
    return this.ctx.props;
  }
}

export default {
  async fetch(request, env, ctx) {
    const name = decodeURIComponent(new URL(request.url).pathname.slice(1));
    if (name === "") return Response.json(Object.keys(CASES));
    try {
      return Response.json({ value: shown(await CASES[name](env, ctx)) });
    } catch (error) {
      return Response.json({ error: shown(error) });
    }
  },
  queue() {},
};
