/** SQL in processes of its own: turns, queries without end, deaths in the middle of writes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { until } from "../../integration/life/until.ts";
import { ByteBudget } from "../../../runtime/data/byte_budget.ts";
import { d1Store } from "../../../runtime/data/d1_store.ts";
import type { SqlStatement } from "../../../runtime/data/sql_messages.ts";
import { SqlPool, type SqlPoolTools } from "../../../runtime/data/sql_pool.ts";
import { spawnSql, type SqlChild, sqlCommand } from "../../../runtime/data/sql_process.ts";

const ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
const LATE = "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.";

class Scene implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly children: SqlChild[] = [];
  readonly pool: SqlPool;
  readonly budget = new ByteBudget(1e8);

  constructor(tools: SqlPoolTools = {}) {
    const spawn = () => {
      this.children.push(spawnSql(this.folder));
      return this.children.at(-1)!;
    };
    this.pool = new SqlPool(this.folder, { spawn, ...tools });
  }

  async rows(
    sql: string,
    { app = "a", name = "x", signal = new AbortController().signal }: {
      readonly app?: string;
      readonly name?: string;
      readonly signal?: AbortSignal;
    } = {},
  ): Promise<unknown[][]> {
    const statements: SqlStatement[] = [{ sql, params: [], shape: "raw" }];
    const bytes = new TextEncoder().encode(JSON.stringify(statements));
    const store = d1Store(this.pool, app, name);
    const { json, giveBack } = await store.run("query", bytes, { maxBytes: 1e9, signal, budget: this.budget });
    giveBack();
    return (JSON.parse(new TextDecoder().decode(json)) as { rows: unknown[][] }[])[0]!.rows;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    await Promise.all(this.children.map(({ status }) => status));
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("A query without end is ended, its neighbours are answered meanwhile, and those behind it after it", async () => {
  await using scene = new Scene({ queryTimeoutMs: 3_000 });
  const order: string[] = [];
  const endless = assertRejects(() => scene.rows(ENDLESS), Error, LATE).then(() => order.push("ended"));
  const behind = scene.rows("SELECT 1").then((rows) => order.push(`behind ${rows}`));
  const other = scene.rows("SELECT 2", { app: "b", name: "y" }).then((rows) => order.push(`other ${rows}`));
  await Promise.all([endless, behind, other]);
  assertEquals(order, ["other 2", "ended", "behind 1"]);
});

Deno.test("A write that is ended in the middle has not happened, and holds no lock", async () => {
  await using scene = new Scene({ queryTimeoutMs: 2_000 });
  await scene.rows("CREATE TABLE t (v)");
  const sql =
    "INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x % 2 FROM c WHERE x < 0";
  await assertRejects(() => scene.rows(`INSERT INTO t VALUES (1); ${sql}`), Error, LATE);
  assertEquals(await scene.rows("INSERT INTO t VALUES (2); SELECT v FROM t"), [[2]]);
});

Deno.test("What was acknowledged outlives twenty kills of the process, and the database is whole", async () => {
  await using scene = new Scene();
  await scene.rows("CREATE TABLE t (n INTEGER PRIMARY KEY)");
  let acknowledged = 0;
  for (let round = 0; round < 20; round++) {
    for (let at = 0; at <= round % 3; at++) {
      await scene.rows("INSERT INTO t DEFAULT VALUES");
      acknowledged++;
    }
    const last = scene.rows("INSERT INTO t DEFAULT VALUES").then(() => acknowledged++, () => {});
    if (round % 2 === 0) await Promise.resolve();
    const child = scene.children.at(-1)!;
    child.kill("SIGKILL");
    // The answer may have come before, and the next call must not meet a process that is about to die.
    await Promise.all([last, child.status]);
    const [[count]] = await scene.rows("SELECT count(*) FROM t") as [[number]];
    assert(count === acknowledged || count === acknowledged + 1, `${count} of ${acknowledged}`);
    acknowledged = count;
  }
  assertEquals(await scene.rows("PRAGMA quick_check"), [["ok"]]);
  assert(scene.children.length > 20);
});

Deno.test("A call that is given up while it waits leaves the queue", async () => {
  await using scene = new Scene({ queryTimeoutMs: 2_000 });
  const controller = new AbortController();
  const endless = assertRejects(() => scene.rows(ENDLESS), Error, LATE);
  const waiting = assertRejects(() => scene.rows("CREATE TABLE never (a)", { signal: controller.signal }));
  controller.abort(new Error("given up"));
  await waiting;
  await endless;
  assertEquals(await scene.rows("SELECT * FROM sqlite_master"), []);
});

Deno.test("A process ends with the process of its host, also while a query runs", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  const url = (path: string) => JSON.stringify(new URL(`../../../runtime/data/${path}`, import.meta.url).href);
  const host = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", "-"],
    cwd: new URL("../../../", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = host.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`
    import { orderFrame } from ${url("sql_messages.ts")};
    import { spawnSql } from ${url("sql_process.ts")};
    const child = spawnSql(${JSON.stringify(folder)});
    const statements = new TextEncoder().encode(${JSON.stringify(JSON.stringify([{ sql: ENDLESS, params: [] }]))});
    const frame = orderFrame({ store: "d1/x", maxBytes: 1e9 }, [{ operation: "query", statements }]);
    await child.stdin.getWriter().write(frame);
    console.log(child.pid);
    setInterval(() => {}, 1000);
  `));
  await writer.close();
  const reader = host.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const pid = Number((await reader.read()).value);
  assert(pid > 0);
  // The thread makes the file, and goes on with the query.
  await until(() => Deno.stat(`${folder}/d1/x.db`).then(() => true, () => false), "the file");
  host.kill("SIGKILL");
  await host.status;
  await until(() => Deno.stat(`/proc/${pid}`).then(() => false, () => true), "the end of the process");
  await reader.cancel();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("A compiled NANO runs SQL by its own binary, in a process that gives up all permissions but the folder", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  const { program, args } = sqlCommand(folder, { standalone: true, execPath: "/opt/nano", pid: Deno.pid });
  assertEquals([program, args], ["/opt/nano", ["sql-process", folder, String(Deno.pid)]]);
  // As the binary does it: everything is allowed, and the main module is that of the command line.
  const main = new URL("../../../admin/cli/main.ts", import.meta.url).pathname;
  const spawn = () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", main, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
  {
    await using pool = new SqlPool(folder, { spawn });
    const store = d1Store(pool, "a", "x");
    const statements = new TextEncoder().encode(JSON.stringify([{ sql: "SELECT 7 AS v", params: [] }]));
    const { signal } = new AbortController();
    const { json } = await store.run("query", statements, { maxBytes: 1e9, signal, budget: new ByteBudget(1e6) });
    const [{ rows }] = JSON.parse(new TextDecoder().decode(json));
    assertEquals(rows, [{ v: 7 }]);
  }
  await Deno.remove(folder, { recursive: true });
});
