/** D1 databases through the admin listener: queries, files, and migrations, also those of a deploy. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AdminScene, TOKEN, zipOf } from "./admin_scene.ts";

/** Answers the titles of posts, or the error. */
const APP = `export default {
  async fetch(request, env) {
    try {
      const { results } = await env.DB.prepare("SELECT title FROM posts ORDER BY title").all();
      return new Response(results.map(({ title }) => title).join());
    } catch (error) {
      return new Response(error.message);
    }
  },
};`;

const WRANGLER = JSON.stringify({
  name: "blog",
  main: "index.js",
  d1_databases: [{ binding: "DB", database_name: "blog", database_id: "b1", migrations_table: "applied" }],
});
const FIRST = "-- Migration number: 0001\nCREATE TABLE posts (title TEXT UNIQUE);\nINSERT INTO posts VALUES ('one');\n";

const APPS = {
  shop: {
    files: {
      "index.js": APP,
      "migrations/0001_posts.sql": FIRST,
      "migrations/0002_more.sql": "INSERT INTO posts VALUES ('two')",
      "migrations/notes.txt": "none",
    },
    config: { bindings: { DB: { d1: "shop", migrations: "./apps/shop/migrations" } } },
  },
  blog: { files: { "index.js": APP, "wrangler.json": WRANGLER, "migrations/0001_first.sql": FIRST } },
};

Deno.test("The admin API runs SQL on the databases of apps", async (t) => {
  await using scene = await AdminScene.create(APPS);
  const query = async (sql: string, params?: unknown[], database = "shop") =>
    await scene.ask("POST", `/admin/d1/${database}/query`, { json: { sql, ...params && { params } } });

  await t.step("databases are there before anything is kept in them", async () => {
    assertEquals((await scene.ask("GET", "/admin/d1")).json.databases, [
      {
        name: "blog.b1",
        titles: ["blog"],
        uses: [{ app: "blog", binding: "DB" }],
        bytes: 0,
        max_bytes: 1024 ** 3,
        has_migrations: true,
      },
      {
        name: "shop",
        titles: [],
        uses: [{ app: "shop", binding: "DB" }],
        bytes: 0,
        max_bytes: 1024 ** 3,
        has_migrations: true,
      },
    ]);
  });

  await t.step("migrations of an app's folder are listed and applied once", async () => {
    const listed = (await scene.ask("GET", "/admin/d1/shop/migrations")).json;
    assertEquals(listed, {
      folder: `${scene.project.dir}/apps/shop/migrations`,
      table: "d1_migrations",
      applied: [],
      pending: ["0001_posts.sql", "0002_more.sql"],
    });
    const applied = await scene.ask("POST", "/admin/d1/shop/migrations");
    assertEquals([applied.status, applied.json], [200, { applied: ["0001_posts.sql", "0002_more.sql"] }]);
    assertEquals((await scene.ask("POST", "/admin/d1/shop/migrations")).json, { applied: [] });
    const after = (await scene.ask("GET", "/admin/d1/shop/migrations")).json;
    assertEquals([after.applied.map(({ name }: { name: string }) => name), after.pending], [listed.pending, []]);
    assertMatch(after.applied[0].applied_at, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    assertEquals(await scene.text("shop"), "one,two");
  });

  await t.step("each statement of a query has its result, and all are one transaction", async () => {
    const bytes = { base64: "AP8=" };
    const { status, json } = await query(
      "CREATE TABLE kinds (a, b, c, d, e); INSERT INTO kinds SELECT 1, 2, 3, 4, 5; INSERT INTO kinds VALUES (?, ?, ?, ?, ?) RETURNING *",
      [null, 1.5, "ü; --", true, bytes],
    );
    assertEquals(status, 200);
    assertEquals(json.results.length, 3);
    assertEquals(json.results[2].columns, ["a", "b", "c", "d", "e"]);
    assertEquals(json.results[2].rows, [[null, 1.5, "ü; --", 1, [0, 255]]]);
    assertEquals(json.results[1].meta.changes, 1);
    const failed = await query("INSERT INTO posts VALUES ('three'); INSERT INTO posts VALUES ('one')");
    assertEquals([failed.status, failed.json.code], [400, "SQL_FAILED"]);
    assertStringIncludes(
      failed.json.detail,
      'Cannot run SQL on D1 database "shop": UNIQUE constraint failed: posts.title',
    );
    assertEquals((await query("SELECT count(*) FROM posts")).json.results[0].rows, [[2]]);
  });

  await t.step("a database goes out as SQL and comes back by a file", async () => {
    const { text, headers } = await scene.ask("GET", "/admin/d1/shop/export");
    assertEquals(headers.get("content-type"), "application/sql");
    assertStringIncludes(text, `INSERT INTO "posts" ("title") VALUES('two');`);
    const part = (await scene.ask("GET", "/admin/d1/shop/export?table=posts&no_schema=1")).text;
    assertEquals(part.split("\n").length, 4);
    const imported = await scene.ask("POST", "/admin/d1/blog.b1/import", {
      body: `BEGIN TRANSACTION;\n${text}COMMIT;`,
    });
    assertEquals(imported.status, 200, imported.text);
    assertEquals(imported.json.changes > 4, true);
    assertEquals(await scene.text("blog"), "one,two");
    const failed = await scene.ask("POST", "/admin/d1/blog.b1/import", {
      body: "DELETE FROM posts; INSERT INTO none VALUES (1);",
    });
    assertEquals([failed.status, failed.json.code], [400, "SQL_FAILED"]);
    assertStringIncludes(failed.json.detail, "Statement 2 (INSERT INTO none VALUES (1);): no such table: none");
    assertEquals(await scene.text("blog"), "one,two");
    assertEquals([...Deno.readDirSync(`${scene.project.dir}/.nano/data/transfers`)], []);
  });

  await t.step("what is wrong is refused, and what changes something stands in the history", async () => {
    const json = { sql: "SELECT 1" };
    assertEquals(await scene.refusal("POST", "/admin/d1/none/query", { json }), [404, "NOT_FOUND"]);
    assertEquals(await scene.refusal("POST", "/admin/d1/shop/query", { json: { sql: " ; " } }), [400, "USAGE"]);
    assertEquals(await scene.refusal("POST", "/admin/d1/shop/query", { json: { sql: 7 } }), [400, "USAGE"]);
    const attach = { sql: "ATTACH '/etc/passwd' AS x" };
    assertEquals(await scene.refusal("POST", "/admin/d1/shop/query", { json: attach }), [400, "SQL_FAILED"]);
    assertEquals(await scene.refusal("GET", "/admin/d1/shop/export?table=none"), [400, "SQL_FAILED"]);
    await query("SELECT secret FROM nowhere");
    const { entries } = (await scene.ask("GET", "/admin/history")).json;
    const told = entries.map(({ action, error }: { action: string; error: string | null }) =>
      `${action} ${error === null}`
    );
    assertEquals(told.reverse(), [
      "d1.migrate true",
      "d1.migrate true",
      "d1.execute true",
      "d1.execute false",
      "d1.import true",
      "d1.import false",
      "d1.execute false",
    ]);
    assertMatch(entries.at(-3).detail, /^Ran SQL on D1 database "shop": CREATE TABLE kinds/);
  });
});

Deno.test("A deploy applies migrations before it takes over, and is refused when one fails", async (t) => {
  await using scene = await AdminScene.create({ other: APP });
  const deploy = async (files: Record<string, string>, search = "") =>
    await scene.ask("POST", `/admin/apps/blog/versions?create=1&hostname=blog${search}`, {
      body: zipOf({ "index.js": APP, "wrangler.json": WRANGLER, ...files }),
      headers: { "content-type": "application/zip" },
    });
  const pendingOf = async () => (await scene.ask("GET", "/admin/d1/blog.b1/migrations")).json.pending;

  await t.step("the first version finds its tables", async () => {
    assertEquals((await deploy({ "migrations/0001_first.sql": FIRST })).status, 201);
    assertEquals(await scene.text("blog"), "one");
  });
  await t.step("nothing of a migration that fails stays, and the old version serves on", async () => {
    const refused = await deploy({
      "index.js": "export default { fetch: () => new Response('new') };",
      "migrations/0001_first.sql": FIRST,
      "migrations/0002_good.sql": "INSERT INTO posts VALUES ('two'); /* never closed",
      "migrations/0003_empty.sql": "-- nothing yet",
      "migrations/0010_bad.sql": "INSERT INTO posts VALUES ('three'); INSERT INTO post VALUES ('four');",
      "migrations/0011_never.sql": "DROP TABLE posts;",
    });
    assertEquals([refused.status, refused.json.code], [400, "SQL_FAILED"]);
    assertStringIncludes(
      refused.json.detail,
      'migration "0010_bad.sql" to D1 database "blog.b1": Statement 2 (INSERT INTO post VALUES (\'four\');): no such table: post',
    );
    assertEquals(await scene.text("blog"), "one,two");
    assertEquals((await scene.ask("GET", "/admin/apps/blog/versions")).json.versions.length, 1);
    assertEquals(await pendingOf(), []);
    const { entries } = (await scene.ask("GET", "/admin/history?app=blog&limit=3")).json;
    assertEquals(entries.map(({ action, detail, error }: Record<string, string>) => [action, detail, error !== null]), [
      ["version.deploy", 'Cannot deploy to app "blog"', true],
      ["d1.migrate", 'Applied 0003_empty.sql to D1 database "blog.b1"', false],
      ["d1.migrate", 'Applied 0002_good.sql to D1 database "blog.b1"', false],
    ]);
  });
  await t.step("what cannot boot migrates nothing, and a preview neither", async () => {
    const files = { "migrations/0004_gone.sql": "DELETE FROM posts;" };
    assertEquals((await deploy({ ...files, "index.js": "throw new Error('no');" })).status, 400);
    const preview = await deploy(files, "&preview=1");
    assertEquals(preview.status, 201, preview.text);
    assertEquals(await scene.text("blog"), "one,two");
  });
  await t.step("the next version applies what is missing only, with a part of the requests, too", async () => {
    const files = {
      "migrations/0001_first.sql": FIRST,
      "migrations/0004_more.sql": "INSERT INTO posts VALUES ('three');",
    };
    const done = await deploy(files, "&percent=1");
    assertEquals(done.status, 201, done.text);
    assertEquals(await scene.text("blog"), "one,three,two");
    const headers = { authorization: `Bearer ${TOKEN}` };
    const answer = await fetch(`${scene.adminUrl}/admin/d1/blog.b1/migrations`, { headers });
    const { applied, table } = await answer.json();
    assertEquals(table, "applied");
    assert(applied.some(({ name }: { name: string }) => name === "0004_more.sql"));
  });
});
