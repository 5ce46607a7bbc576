/** D1 databases over the wire: SQL of apps, by the interface that Workers know. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

/** Runs the body of a request as the body of a function of `DB`; what it returns or throws is the answer. */
const APP = `export default {
  async fetch(request, env) {
    const { code, given } = await request.json();
    try {
      const result = await run[code](env.DB, given, env);
      return Response.json({ result });
    } catch (error) {
      return Response.json({ error: error.name + ": " + error.message, cause: error.cause?.message, code: error.code });
    }
  },
};
const run = {
  exec: (db, sql) => db.exec(sql),
  all: (db, [sql, ...values]) => db.prepare(sql).bind(...values).all(),
  rows: async (db, [sql, ...values]) => (await db.prepare(sql).bind(...values).all()).results,
  run: (db, [sql, ...values]) => db.prepare(sql).bind(...values).run(),
  raw: (db, sql) => db.prepare(sql).raw(),
  rawNamed: (db, sql) => db.prepare(sql).raw({ columnNames: true }),
  first: (db, [sql, column]) => db.prepare(sql).first(column),
  batch: async (db, all) => (await db.batch(all.map(([sql, ...values]) => db.prepare(sql).bind(...values)))).map((one) => one.results),
  dump: (db) => db.dump(),
  strange: (db, kind) => db.prepare("SELECT ?1 AS v, typeof(?1) AS t").bind({
    undefined, bigint: 1n, object: { a: 1 }, symbol: Symbol("s"), function: () => {}, boolean: true, no: false,
    buffer: new Uint8Array([1, 255]).buffer, view: new DataView(new Uint8Array([9, 1, 2, 9]).buffer, 1, 2),
    bytes: new Uint8Array([0, 7]).subarray(1), list: [1, 2], long: [1, 256], nothing: null, nan: NaN, whole: 5e9, half: 1.5,
    infinite: -Infinity, zero: -0, least: 5e-324, large: 1e300, text: '"\\\\\\n\\ud800 \\u2028', empty: "",
  }[kind]).first(),
  big: async (db, length) => {
    await db.prepare("INSERT INTO big (v) VALUES (?)").bind(new Uint8Array(length).fill(7)).run();
    const { v } = await db.prepare("SELECT v FROM big").first();
    return [Array.isArray(v), v.length, v.at(-1)];
  },
  long: async (db, count) => {
    const { results } = await db.prepare("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT ?) SELECT x, 'ä' AS t FROM c").bind(count).all();
    return [results.length, results.at(-1)];
  },
  session: async (db) => {
    const session = db.withSession();
    const before = session.getBookmark();
    const one = await session.prepare("SELECT 1 AS one").first("one");
    const bookmark = session.getBookmark();
    const next = db.withSession(bookmark);
    await next.batch([next.prepare("SELECT 2")]);
    return [before, one, typeof bookmark, db.withSession(bookmark).getBookmark() === bookmark, typeof next.getBookmark()];
  },
  away: (db) => {
    db.prepare("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c").all().catch(() => {});
    return "begun";
  },
  names: (db) => [db, db.prepare("SELECT 1"), db.withSession()].map((one) => one.constructor.name),
};`;

const WRANGLER = `{
  "name": "worker",
  "main": "index.ts",
  "d1_databases": [{ "binding": "DB", "database_name": "shop", "database_id": "0f2a", "migrations_dir": "migrations" }],
}`;

async function createProject(): Promise<TempProject> {
  const shared = { DB: { d1: "shared" } };
  return await TempProject.create({
    one: { files: APP, config: { bindings: shared } },
    two: { files: APP, config: { bindings: shared, streams: "polyfill" } },
    other: { files: APP, config: { bindings: { DB: { d1: "other" } } } },
    small: { files: APP, config: { bindings: { DB: { d1: "small" } }, storage_mb: 1 } },
    worker: { files: { "index.ts": APP, "wrangler.jsonc": WRANGLER } },
    rival: { files: { "index.ts": APP, "wrangler.jsonc": WRANGLER.replace("worker", "rival") } },
  });
}

type Ask = (code: string, given?: unknown) => Promise<unknown>;

function asker(nano: NanoProcess, app: string): Ask {
  return async (code, given = null) => {
    const answer = await nano.fetch(app, "/", { method: "POST", body: JSON.stringify({ code, given }) });
    const text = await answer.text();
    assertEquals(answer.status, 200, text);
    const told = JSON.parse(text);
    return "error" in told ? told : told.result ?? null;
  };
}

async function errorOf(told: Promise<unknown>): Promise<string> {
  const found = await told as { error?: string };
  assert(found?.error !== undefined, JSON.stringify(found));
  return found.error;
}

Deno.test("D1 answers as Workers do", async (t) => {
  await using project = await createProject();
  await using nano = await NanoProcess.start(project.configFile);
  const ask = asker(nano, "one");

  await t.step("statements, rows and what is told of them", async () => {
    assertEquals(await ask("names"), ["D1Database", "D1PreparedStatement", "D1DatabaseSession"]);
    const made = await ask(
      "exec",
      "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT UNIQUE)\n\n-- no statement\nSELECT 1",
    );
    assertEquals((made as { count: number }).count, 2);
    const { success, results, meta } = await ask("run", [
      "INSERT INTO users (name) VALUES (?1), (?2)",
      "ada",
      "bob",
    ]) as {
      success: boolean;
      results: unknown[];
      meta: Record<string, unknown>;
    };
    assertEquals([success, results], [true, []]);
    const { duration, size_after, ...rest } = meta;
    assertEquals([typeof duration, typeof size_after], ["number", "number"]);
    assertEquals(rest, {
      served_by: "nano",
      changes: 2,
      last_row_id: 2,
      changed_db: true,
      rows_read: 0,
      rows_written: 2,
    });
    assertEquals(await ask("rows", ["SELECT * FROM users ORDER BY id"]), [{ id: 1, name: "ada" }, {
      id: 2,
      name: "bob",
    }]);
    assertEquals(await ask("first", ["SELECT * FROM users WHERE id = 2"]), { id: 2, name: "bob" });
    assertEquals(await ask("first", ["SELECT * FROM users WHERE id = 2", "name"]), "bob");
    assertEquals(await ask("first", ["SELECT * FROM users WHERE id = 3", "name"]), null);
    assertEquals(await ask("raw", "SELECT 1 AS a, 2 AS a"), [[1, 2]]);
    assertEquals(await ask("rawNamed", "SELECT 1 AS a, 'x' AS b"), [["a", "b"], [1, "x"]]);
    assertEquals(await ask("rows", ["INSERT INTO users (name) VALUES ('eve') RETURNING id"]), [{ id: 3 }]);
    assertEquals(await ask("rows", ["SELECT json_extract('{\"a\":[5]}', '$.a[0]') AS v"]), [{ v: 5 }]);
  });

  await t.step("values in and out", async () => {
    const rows: [string, unknown][] = [
      ["boolean", { v: 1, t: "integer" }],
      ["no", { v: 0, t: "integer" }],
      ["buffer", { v: [1, 255], t: "blob" }],
      ["view", { v: [1, 2], t: "blob" }],
      ["bytes", { v: [7], t: "blob" }],
      ["list", { v: [1, 2], t: "blob" }],
      ["nothing", { v: null, t: "null" }],
      ["nan", { v: null, t: "null" }],
      ["whole", { v: 5e9, t: "integer" }],
      ["half", { v: 1.5, t: "real" }],
      ["infinite", { v: null, t: "null" }],
      ["zero", { v: 0, t: "integer" }],
      ["least", { v: 5e-324, t: "real" }],
      ["large", { v: 1e300, t: "real" }],
      ["text", { v: '"\\\n\ufffd \u2028', t: "text" }],
      ["empty", { v: "", t: "text" }],
    ];
    for (const [kind, expected] of rows) assertEquals(await ask("strange", kind), expected, kind);
    await ask("exec", "CREATE TABLE big (v BLOB)");
    assertEquals(await ask("big", 1_900_000), [true, 1_900_000, 7]);
    assertEquals(await ask("long", 200_000), [200_000, { x: 200_000, t: "ä" }]);
  });

  await t.step("what Workers refuse is refused in their words", async () => {
    const type = (kind: string, shown: string) =>
      `Error: D1_TYPE_ERROR: Type '${kind}' not supported for value '${shown}'`;
    const rows: [string, unknown, string][] = [
      ["strange", "undefined", type("undefined", "undefined")],
      ["strange", "bigint", type("bigint", "1")],
      ["strange", "object", type("object", "[object Object]")],
      ["strange", "symbol", type("symbol", "Symbol(s)")],
      ["strange", "long", type("object", "1,256")],
      ["all", ["SELECT * FROM nowhere"], "Error: D1_ERROR: no such table: nowhere: SQLITE_ERROR"],
      ["all", ["SELEC 1"], 'Error: D1_ERROR: near "SELEC": syntax error: SQLITE_ERROR'],
      [
        "run",
        ["INSERT INTO users (name) VALUES ('ada')"],
        "Error: D1_ERROR: UNIQUE constraint failed: users.name: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
      ],
      ["all", ["SELECT ?"], "Error: D1_ERROR: Wrong number of parameter bindings for SQL query."],
      ["all", ["SELECT ?", 1, 2], "Error: D1_ERROR: Wrong number of parameter bindings for SQL query."],
      [
        "all",
        [`SELECT ${Array(101).fill("?").join()}`, ...Array(101).fill(1)],
        "Error: D1_ERROR: too many SQL variables: SQLITE_ERROR",
      ],
      ["all", [`SELECT '${"x".repeat(100_000)}'`], "Error: D1_ERROR: statement too long: SQLITE_TOOBIG"],
      ["all", ["-- nothing"], "Error: D1_ERROR: No SQL statements detected."],
      ["first", ["SELECT 1 AS a", "b"], "Error: D1_COLUMN_NOTFOUND: Column not found (b)"],
      [
        "exec",
        "SELECT 1\nSELEC 2",
        'Error: D1_EXEC_ERROR: Error in line 2: SELEC 2: near "SELEC": syntax error: SQLITE_ERROR',
      ],
      ["dump", null, "Error: D1_DUMP_ERROR: Status + 404"],
      [
        "all",
        ["BEGIN TRANSACTION"],
        "Error: D1_ERROR: To execute a transaction, please use the state.storage.transaction()",
      ],
      [
        "exec",
        "SAVEPOINT a",
        "Error: D1_EXEC_ERROR: Error in line 1: SAVEPOINT a: To execute a transaction, please use",
      ],
    ];
    for (const [code, given, expected] of rows) {
      const error = await errorOf(ask(code, given));
      assertEquals(error.slice(0, expected.length), expected);
    }
    assertEquals(await ask("all", ["SELEC 1"]), {
      error: 'Error: D1_ERROR: near "SELEC": syntax error: SQLITE_ERROR',
      cause: 'near "SELEC": syntax error: SQLITE_ERROR',
    });
  });

  await t.step("a batch happens whole or not at all, a line of exec() stays", async () => {
    assertEquals(await ask("batch", [["SELECT ? AS a", 1], ["SELECT 2 AS b"]]), [[{ a: 1 }], [{ b: 2 }]]);
    const count = () => ask("first", ["SELECT count(*) AS n FROM users", "n"]);
    const before = await count() as number;
    await errorOf(
      ask("batch", [["INSERT INTO users (name) VALUES ('x')"], ["INSERT INTO users (name) VALUES ('ada')"]]),
    );
    assertEquals(await count(), before);
    await errorOf(
      ask("batch", [
        ["INSERT INTO users (name) VALUES ('x')"],
        ["INSERT OR ROLLBACK INTO users (name) VALUES ('ada')"],
        [
          "INSERT INTO users (name) VALUES ('y')",
        ],
      ]),
    );
    assertEquals(await count(), before);
    await errorOf(ask("exec", "INSERT INTO users (name) VALUES ('x')\nINSERT INTO users (name) VALUES ('ada')"));
    assertEquals(await count(), before + 1);
  });

  await t.step("foreign keys hold, full text is searched, sessions have bookmarks", async () => {
    await ask("exec", "CREATE TABLE posts (id INTEGER PRIMARY KEY, user INTEGER REFERENCES users (id))");
    const error = await errorOf(ask("run", ["INSERT INTO posts (user) VALUES (99)"]));
    assertEquals(
      error,
      "Error: D1_ERROR: FOREIGN KEY constraint failed: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_FOREIGNKEY)",
    );
    await ask("exec", "PRAGMA foreign_keys = OFF");
    await errorOf(ask("run", ["INSERT INTO posts (user) VALUES (99)"]));
    await ask("exec", "CREATE VIRTUAL TABLE texts USING fts5(body)\nINSERT INTO texts VALUES ('the quick fox')");
    assertEquals(await ask("rows", ["SELECT body FROM texts WHERE texts MATCH ?", "fox"]), [{ body: "the quick fox" }]);
    assertEquals(await ask("session"), [null, 1, "string", true, "string"]);
  });

  await t.step("apps share what nano.json names alike; a Workers project's is its own", async () => {
    const shown = await asker(nano, "two")("first", ["SELECT name FROM users WHERE id = 1", "name"]);
    assertEquals(shown, "ada");
    assertEquals(await asker(nano, "two")("long", 200_000), [200_000, { x: 200_000, t: "ä" }]);
    assertStringIncludes(await errorOf(asker(nano, "other")("all", ["SELECT * FROM users"])), "no such table");
    await asker(nano, "worker")("exec", "CREATE TABLE mine (a)");
    assertStringIncludes(await errorOf(asker(nano, "rival")("all", ["SELECT * FROM mine"])), "no such table");
    assertEquals(await asker(nano, "worker")("rows", ["SELECT * FROM mine"]), []);
  });

  await t.step("a database holds no more than storage_mb", async () => {
    const small = asker(nano, "small");
    await small("exec", "CREATE TABLE t (v BLOB)");
    const told = await small("run", ["INSERT INTO t VALUES (zeroblob(1900000))"]) as { error: string; code: string };
    assertEquals([told.error, told.code], ["Error: D1_ERROR: Exceeded maximum DB size: SQLITE_FULL", "STORAGE_FULL"]);
    assertEquals(await small("rows", ["SELECT count(*) AS n FROM t"]), [{ n: 0 }]);
  });
});

Deno.test("SQL reaches nothing but its own database", async (t) => {
  await using project = await createProject();
  await using nano = await NanoProcess.start(project.configFile);
  const ask = asker(nano, "other");
  await asker(nano, "one")("exec", "CREATE TABLE secret (a)");

  await t.step("files, settings and code of others are refused", async () => {
    const refused = [
      "ATTACH '/etc/passwd' AS p",
      `ATTACH '${project.dir}/.nano/data/d1/shared.db' AS p`,
      "ATTACH ':memory:' AS p",
      "DETACH main",
      `VACUUM INTO '${project.dir}/copy.db'`,
      "VACUUM",
      "PRAGMA journal_mode = DELETE",
      "PRAGMA writable_schema = 1",
      "PRAGMA temp_store_directory = '/tmp'",
      "PRAGMA max_page_count = 1000000",
      "PRAGMA hard_heap_limit = 0",
      "PRAGMA page_size",
      "SELECT * FROM pragma_database_list",
      "SELECT load_extension('/lib/x.so')",
      "SELECT fts3_tokenizer('simple')",
      "CREATE TEMP TABLE t (a)",
      "CREATE VIRTUAL TABLE t USING rtree(a, b, c)",
      "UPDATE sqlite_master SET sql = 'x'",
      "/* x */ ; BEGIN",
      "SELECT 1; COMMIT",
      "EXPLAIN ATTACH '/etc/passwd' AS p",
    ];
    for (const sql of refused) assertStringIncludes(await errorOf(ask("all", [sql])), "D1_ERROR: ", sql);
    for await (const { name } of Deno.readDir(project.dir)) assert(name !== "copy.db");
    assertEquals(await ask("rows", ["SELECT name FROM sqlite_master"]), []);
  });

  await t.step("a query without end holds up nobody else, and ends with its isolate's call", async () => {
    assertEquals(await ask("away"), "begun");
    const one = asker(nano, "one");
    for (let at = 0; at < 5; at++) assertEquals(await one("first", ["SELECT 5 AS v", "v"]), 5);
  });

  await t.step("rows without end are refused", async () => {
    const sql = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x, randomblob(1000) FROM c";
    const error = await errorOf(asker(nano, "small")("all", [sql]));
    assertEquals(error, "Error: D1_ERROR: D1 DB's isolate exceeded its memory limit and was reset.");
    assertEquals(await asker(nano, "small")("first", ["SELECT 5 AS v", "v"]), 5);
  });
});

Deno.test("What D1 has acknowledged outlives a kill of the host", async () => {
  await using project = await TempProject.create({
    one: { files: APP, config: { bindings: { DB: { d1: "kept" } } } },
  });
  {
    await using nano = await NanoProcess.start(project.configFile);
    const ask = asker(nano, "one");
    await ask("exec", "CREATE TABLE kept (n INTEGER PRIMARY KEY)");
    await Promise.all(Array.from({ length: 20 }, () => ask("run", ["INSERT INTO kept DEFAULT VALUES"])));
    nano.signal("SIGKILL");
    await nano.status();
  }
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(await asker(nano, "one")("first", ["SELECT count(*) AS n FROM kept", "n"]), 20);
  const mode = (await Deno.stat(`${project.dir}/.nano/data/d1/kept.db`)).mode!;
  assertEquals(mode & 0o777, 0o600);
});
