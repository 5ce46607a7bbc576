/** A database whose file is exchanged, while others go on. */
import { assertEquals } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { ByteBudget } from "../../../runtime/data/byte_budget.ts";
import { d1Store, d1Text } from "../../../runtime/data/d1_store.ts";
import { SqlPool } from "../../../runtime/data/sql_pool.ts";

Deno.test("While a database is wanted alone nobody has its file open, its calls wait, and those on others go on", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await using pool = new SqlPool(folder);
    const ask = async (app: string, name: string, sql: string) => {
      const statements = new TextEncoder().encode(JSON.stringify([{ sql, params: [] }]));
      const { json, giveBack } = await d1Store(pool, app, name).run("batch", statements, {
        maxBytes: 1e9,
        signal: AbortSignal.timeout(60_000),
        budget: new ByteBudget(1e9),
      });
      giveBack();
      return JSON.parse(d1Text(json))[0].rows;
    };
    for (const name of ["a", "b"]) await ask("one", name, "CREATE TABLE t (v TEXT)");
    await ask("one", "a", "INSERT INTO t VALUES ('old')");
    const slow = ask(
      "two",
      "a",
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) SELECT max(i) AS m FROM n",
    );
    let waiting!: Promise<unknown>;
    await pool.alone(new Set(["d1/a"]), async () => {
      waiting = ask("one", "a", "SELECT v FROM t");
      assertEquals(await ask("three", "b", "SELECT count(*) AS n FROM t"), [{ n: 0 }]);
      await Deno.remove(`${folder}/d1/a.db`);
      for (const end of ["-wal", "-shm"]) await Deno.remove(`${folder}/d1/a.db${end}`).catch(() => {});
      const next = new DatabaseSync(`${folder}/d1/a.db`);
      next.exec("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('new')");
      next.close();
    });
    // What ran before has been waited for.
    assertEquals(await slow, [{ m: 3_000_000 }]);
    assertEquals(await waiting, [{ v: "new" }]);
    assertEquals(await ask("one", "a", "SELECT v FROM t"), [{ v: "new" }]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
