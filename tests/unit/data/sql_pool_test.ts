/** SQL in processes of its own: turns, queries without end, deaths in the middle of writes. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { ofKernel } from "../../integration/life/host_threads.ts";
import { until } from "../../integration/life/until.ts";
import { FakeClock } from "../runtime/fake_clock.ts";
import { ByteBudget } from "../../../runtime/data/byte_budget.ts";
import { d1Store, d1Text } from "../../../runtime/data/d1_store.ts";
import type { SqlStatement } from "../../../runtime/data/sql_messages.ts";
import { SqlPool, type SqlPoolTools } from "../../../runtime/data/sql_pool.ts";
import { spawnSql, sqlCommand } from "../../../runtime/data/sql_process.ts";

const ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c";
/** Ticks of 10 ms: more than a process takes to start, so that a query computes. */
const COMPUTING_TICKS = 150;
/** Time that passes when a test says so: how long a machine takes for any query says nothing. */
const QUERY_TIMEOUT_MS = 2_000;
const LATE = "D1_ERROR: D1 DB storage operation exceeded timeout which caused object to be reset.";

class Scene implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly children: Deno.ChildProcess[] = [];
  readonly pool: SqlPool;
  readonly budget = new ByteBudget(1e8);
  readonly clock = new FakeClock();

  constructor(tools: SqlPoolTools = {}) {
    const spawn = () => {
      this.children.push(spawnSql(this.folder) as Deno.ChildProcess);
      return this.children.at(-1)!;
    };
    this.pool = new SqlPool(this.folder, { spawn, clock: this.clock, queryTimeoutMs: QUERY_TIMEOUT_MS, ...tools });
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
    return (JSON.parse(d1Text(json)) as { rows: unknown[][] }[])[0]!.rows;
  }

  /** Once a process has computed for a while, the time of its query is over. */
  async passTimeout(): Promise<void> {
    await until(() => this.children.some(({ pid }) => cpuTicks(pid) >= COMPUTING_TICKS), "a query computes");
    await this.clock.advance(QUERY_TIMEOUT_MS * 2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pool[Symbol.asyncDispose]();
    await Promise.all(this.children.map(({ status }) => status));
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** CPU time of a process so far; 0 of one that has ended. */
function cpuTicks(pid: number): number {
  const stat = ofKernel(`/proc/${pid}/stat`);
  if (stat === null) return 0;
  const [user, system] = stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(11, 13).map(Number);
  return user! + system!;
}

Deno.test("A query without end is ended, its neighbours are answered meanwhile, and those behind it after it", async () => {
  await using scene = new Scene();
  const order: string[] = [];
  const endless = assertRejects(() => scene.rows(ENDLESS), Error, LATE).then(() => order.push("ended"));
  const behind = scene.rows("SELECT 1").then((rows) => order.push(`behind ${rows}`));
  const other = scene.rows("SELECT 2", { app: "b", name: "y" }).then((rows) => order.push(`other ${rows}`));
  await other;
  await scene.passTimeout();
  await Promise.all([endless, behind]);
  assertEquals(order, ["other 2", "ended", "behind 1"]);
});

Deno.test("A write that is ended in the middle has not happened, and holds no lock", async () => {
  await using scene = new Scene();
  await scene.rows("CREATE TABLE t (v)");
  const sql =
    "INSERT INTO t WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x % 2 FROM c WHERE x < 0";
  const written = assertRejects(() => scene.rows(`INSERT INTO t VALUES (1); ${sql}`), Error, LATE);
  await scene.passTimeout();
  await written;
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
  await using scene = new Scene();
  const controller = new AbortController();
  const endless = assertRejects(() => scene.rows(ENDLESS), Error, LATE);
  const waiting = assertRejects(() => scene.rows("CREATE TABLE never (a)", { signal: controller.signal }));
  controller.abort(new Error("given up"));
  // The pool looks at who waits from time to time
  await scene.clock.advance(QUERY_TIMEOUT_MS / 2);
  await waiting;
  await scene.passTimeout();
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
    const [{ rows }] = JSON.parse(d1Text(json));
    assertEquals(rows, [{ v: 7 }]);
  }
  await Deno.remove(folder, { recursive: true });
});
