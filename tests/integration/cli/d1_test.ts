/** `nano d1` against a real NANO, and `nano deploy` of an app with migrations. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, type MemoryWorld, type Ran, run } from "../../unit/admin/cli/memory_io.ts";

const APP = `export default {
  async fetch(request, env) {
    const { results } = await env.DB.prepare("SELECT title FROM posts ORDER BY title").all();
    return new Response(results.map(({ title }) => title).join());
  },
};`;
const WRANGLER = `name = "blog"
main = "index.js"
[[d1_databases]]
binding = "DB"
database_name = "blog-db"
database_id = "b1"
migrations_dir = "sql"
`;

function done({ code, out, err }: Ran): string {
  assertEquals([code, err.replace(/^Sending .*$/m, "")], [0, ""]);
  return out;
}

Deno.test("nano d1 makes and applies migrations, runs SQL and files, and exports; nano deploy migrates", async (t) => {
  await using project = await TempProject.create({
    shop: { files: APP, config: { bindings: { DB: { d1: "shop", migrations: "./migrations" } } } },
    blog: { files: { "index.js": APP, "wrangler.toml": WRANGLER } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const within = async (world: MemoryWorld, ...args: string[]) => {
    const io = new MemoryIo(project.dir, {}, world);
    return { ...await run(args, io), io };
  };
  const d1 = (...args: string[]) => within({}, "d1", ...args);
  const write = (path: string, text: string) => Deno.writeTextFile(`${project.dir}/${path}`, text);

  await t.step("migrations are made in the folder of nano.json or of the wrangler file", async () => {
    const first = done(await d1("migrations", "create", "shop", "add posts"));
    assertEquals(first, `${project.dir}/migrations/0001_add_posts.sql`);
    assertMatch(await Deno.readTextFile(first), /^-- Migration number: 0001 \t 2\d{3}-.*Z\n$/);
    await Deno.writeTextFile(first, "CREATE TABLE posts (title TEXT UNIQUE);", { append: true });
    assertEquals(done(await d1("migrations", "create", "DB", "second")), `${project.dir}/migrations/0002_second.sql`);
    await write("migrations/0002_second.sql", "INSERT INTO posts VALUES ('two');");
    const inBlog = new MemoryIo(`${project.dir}/apps/blog`);
    const own = done(await run(["d1", "migrations", "create", "blog-db", "first"], inBlog));
    assertEquals(own, `${project.dir}/apps/blog/sql/0001_first.sql`);
    await Deno.writeTextFile(own, "CREATE TABLE posts (title TEXT); INSERT INTO posts VALUES ('blog');");
    const bad = await d1("migrations", "create", "shop", "../../x");
    assertEquals(bad.code, 2);
  });

  await t.step("they are listed and applied", async () => {
    assertMatch(
      done(await d1("migrations", "list", "shop")),
      /^MIGRATION +APPLIED\n0001_add_posts\.sql +pending\n0002_second\.sql +pending$/,
    );
    assertEquals(
      done(await d1("migrations", "apply", "shop")),
      'Applied 0001_add_posts.sql to D1 database "shop"\nApplied 0002_second.sql to D1 database "shop"',
    );
    assertEquals(done(await d1("migrations", "apply", "shop")), 'D1 database "shop" has all migrations');
    assertMatch(done(await d1("migrations", "list", "shop")), /0002_second\.sql +2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    await Deno.mkdir(`${project.dir}/other`);
    await write("other/0003_bad.sql", "INSERT INTO posts VALUES ('three'); SELEC 1;");
    const failed = await d1("migrations", "apply", "shop", "--dir", "other");
    assertEquals([failed.code, failed.out], [1, ""]);
    assertStringIncludes(
      failed.err,
      'migration "0003_bad.sql" to D1 database "shop": Statement 2 (SELEC 1;): near "SELEC": syntax error',
    );
    assertEquals(await (await nano.fetch("shop", "/")).text(), "two");
    assertEquals(done(await d1("migrations", "apply", "blog-db")), 'Applied 0001_first.sql to D1 database "blog.b1"');
  });

  await t.step("SQL of a command as a table, and as JSON in wrangler's form", async () => {
    const sql =
      "INSERT INTO posts VALUES ('one'); SELECT title, length(title) AS n, NULL AS nil, x'00ff' AS b FROM posts ORDER BY 1";
    const out = done(await d1("execute", "shop", "--command", sql));
    assertMatch(
      out,
      /^Done: 1 row changed\n\ntitle +n +nil +b\none +3 +NULL +x'00ff'\ntwo +3 +NULL +x'00ff'\n2 rows$/,
    );
    const [result] = JSON.parse(
      done(await d1("execute", "DB", "--app", "shop", "--json", "--command", "SELECT title FROM posts ORDER BY 1")),
    );
    assertEquals([result.results, result.success], [[{ title: "one" }, { title: "two" }], true]);
    assertEquals(result.meta.served_by, "nano");
  });

  await t.step("files go out and in, also by stdout and stdin", async () => {
    assertMatch(
      done(await d1("export", "shop", "--output", "shop.sql")),
      /^Exported D1 database "shop" into shop\.sql \(\d+ B\)$/,
    );
    const text = await Deno.readTextFile(`${project.dir}/shop.sql`);
    assertStringIncludes(text, `INSERT INTO "posts" ("title") VALUES('one');`);
    const piped = await d1("export", "shop", "--table", "posts", "--no-schema");
    assertEquals(new TextDecoder().decode(new Uint8Array(piped.io.bytes)).split("\n").length, 4);
    await write(
      "seed.sql",
      "DROP TABLE posts; CREATE TABLE posts (title TEXT UNIQUE); INSERT INTO posts VALUES ('seed');",
    );
    assertMatch(
      done(await d1("execute", "shop", "--file", "seed.sql")),
      /^Ran 3 statements on D1 database "shop": \d+ rows? changed, it holds \d+ KiB$/,
    );
    const stdin = "INSERT INTO posts VALUES ('piped');";
    done(await within({ stdin }, "d1", "execute", "shop", "--file", "-"));
    assertEquals(await (await nano.fetch("shop", "/")).text(), "piped,seed");
    assertMatch(
      done(await d1("list")),
      /^DATABASE +SIZE +QUOTA +MIGRATIONS +USED BY\nblog\.b1 +.*yes +blog \(DB\)\nshop +[\d.]+ KiB +1 GiB +yes +shop \(DB\)$/,
    );
  });

  await t.step("a deploy that a migration fails for is refused, with the file and the error", async () => {
    await write("apps/blog/sql/0002_bad.sql", "INSERT INTO posts VALUES ('bad');\nINSERT INTO none VALUES (1);");
    const refused = await within({}, "deploy", "apps/blog", "--name", "blog");
    assertEquals([refused.code, refused.out], [1, ""]);
    assertStringIncludes(
      refused.err,
      'migration "0002_bad.sql" to D1 database "blog.b1": Statement 2 (INSERT INTO none VALUES (1);): no such table: none',
    );
    assertEquals(await (await nano.fetch("blog", "/")).text(), "blog");
    await write("apps/blog/sql/0002_bad.sql", "INSERT INTO posts VALUES ('good');");
    done(await within({}, "deploy", "apps/blog", "--name", "blog"));
    assertEquals(await (await nano.fetch("blog", "/")).text(), "blog,good");
  });

  await t.step("what is wrong is told with the way out", async () => {
    const cases: [string[], number, RegExp][] = [
      [["execute", "none", "--command", "SELECT 1"], 2, /No D1 database is called "none": there are blog\.b1, shop/],
      [["execute", "DB", "--command", "SELECT 1"], 2, /Several apps have .*"DB": give --app APP/],
      [["execute", "shop"], 2, /Give --command SQL, or --file FILE/],
      [["execute", "shop", "--command", "a", "--file", "b"], 2, /exclude each other/],
      [["execute", "shop", "--file", "none.sql"], 2, /Cannot read "none\.sql"/],
      [["execute", "shop", "--command", "SELEC 1"], 1, /near "SELEC": syntax error: SQLITE_ERROR \(SQL_FAILED\)/],
      [["export", "shop", "--table", "none"], 1, /There is no table "none"/],
      [["export", "shop", "--output", "none/x.sql"], 1, /Cannot write "none\/x\.sql"/],
    ];
    for (const [args, code, message] of cases) {
      const ran = await d1(...args);
      assertEquals([ran.code, ran.out], [code, ""], args.join(" "));
      assertMatch(ran.err, message);
    }
  });
});
