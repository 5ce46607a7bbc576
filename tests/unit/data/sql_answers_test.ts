/** Answers of D1 that are kept are what the database would answer, whatever is written when. */
import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { SqlAnswers } from "../../../runtime/data/sql_answers.ts";
import { SQL_ANSWER } from "../../../runtime/data/sql_messages.ts";
import type { SqlEnd } from "../../../runtime/data/sql_queue.ts";
import { MOMENTARY } from "../../../runtime/data/sql_rules.ts";

const STORE = "d1/shop";

function asked(sql: string): string {
  return JSON.stringify([{ sql, params: [], shape: "all" }]);
}

/** A database that answers what and when it is told to. */
class Scene {
  readonly answers: SqlAnswers;

  constructor(maxBytes?: number) {
    this.answers = new SqlAnswers(maxBytes);
  }

  ask(sql: string | null, kind: (typeof SQL_ANSWER)[keyof typeof SQL_ANSWER], text = "[]", until?: Promise<void>) {
    return this.follow(sql === null ? null : asked(sql), async (): Promise<SqlEnd> => {
      await until;
      return { end: "answered", answer: { kind, storedBytes: 7, text: new TextEncoder().encode(text) } };
    });
  }

  /** Runs a call that is answered by the database. */
  async follow(query: string | null, run: () => Promise<SqlEnd>): Promise<SqlEnd> {
    const found = this.answers.answer(STORE, query, run);
    assertInstanceOf(found, Promise);
    return await found;
  }

  /** What is answered from memory; what is not is told to be of the moment, so that it stays unknown. */
  known(sql: string, store = STORE): string | undefined {
    const text = new TextEncoder().encode("");
    const answer = { kind: SQL_ANSWER.READ, storedBytes: 7, text };
    const found = this.answers.answer(store, asked(sql), () => Promise.resolve({ end: "answered", answer }));
    return found instanceof Promise ? undefined : found.json;
  }
}

Deno.test("A lasting answer is kept until something may have been written, that of a moment never", async () => {
  const scene = new Scene();
  await scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[1]");
  await scene.ask("SELECT random()", SQL_ANSWER.READ, "[2]");
  assertEquals([scene.known("SELECT 1"), scene.known("SELECT random()")], ["[1]", undefined]);
  assertEquals(scene.known("SELECT 1", "d1/other"), undefined);
  for (const kind of [SQL_ANSWER.RESULTS, SQL_ANSWER.TOLD, SQL_ANSWER.FULL, SQL_ANSWER.FAILED]) {
    await scene.ask("INSERT", kind);
    assertEquals(scene.known("SELECT 1"), undefined);
    await scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[1]");
  }
  await assertRejects(() => scene.follow(null, () => Promise.reject(new Error("gone"))));
  assertEquals(scene.known("SELECT 1"), undefined);
  await scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[1]");
  await scene.follow(null, () => Promise.resolve({ end: "died" }));
  assertEquals(scene.known("SELECT 1"), undefined);
  await scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[1]");
  scene.answers.forget(STORE);
  assertEquals(scene.known("SELECT 1"), undefined);
});

Deno.test("While something is on its way that may write nothing is answered from memory, behind selects it is", async () => {
  const scene = new Scene();
  await scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[1]");
  for (const sql of ["INSERT", "SELECT 1; DELETE FROM t", "WITH a AS (SELECT 1) DELETE FROM t", null]) {
    const gate = Promise.withResolvers<void>();
    const writing = scene.ask(sql, SQL_ANSWER.RESULTS, "[]", gate.promise);
    assertEquals(scene.known("SELECT 1"), undefined, `${sql}`);
    gate.resolve();
    await writing;
    await scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[1]");
  }
  for (const sql of ["select 2", " \n\tSELECT 2 ; \n", 'SELECT ";" AS a'.replaceAll(";", ",")]) {
    const gate = Promise.withResolvers<void>();
    const reading = scene.ask(sql, SQL_ANSWER.LASTING, "[]", gate.promise);
    assertEquals(scene.known("SELECT 1"), "[1]", sql);
    gate.resolve();
    await reading;
  }
});

Deno.test("A read that a write overtakes is not kept", async () => {
  const scene = new Scene();
  const gate = Promise.withResolvers<void>();
  const reading = scene.ask("SELECT 1", SQL_ANSWER.LASTING, "[old]", gate.promise);
  await scene.ask("INSERT", SQL_ANSWER.RESULTS);
  gate.resolve();
  await reading;
  assertEquals(scene.known("SELECT 1"), undefined);
});

Deno.test("The answers that were used least go, and long ones are not kept", async () => {
  const scene = new Scene(2_000);
  for (let at = 0; at < 10; at++) {
    await scene.ask(`SELECT ${at}`, SQL_ANSWER.LASTING, "[]");
    scene.known("SELECT 0");
  }
  assertEquals([scene.known("SELECT 0"), scene.known("SELECT 1"), scene.known("SELECT 9")], ["[]", undefined, "[]"]);
  const large = new Scene();
  await large.ask("SELECT 1", SQL_ANSWER.LASTING, " ".repeat(64 * 1024 + 1));
  assertEquals(large.known("SELECT 1"), undefined);
});

/** Not marked, but the same each time for one NANO: by the text index, by what SQLite is. */
const STEADY: ReadonlySet<string> = new Set([
  ...["bm25", "fts3_tokenizer", "fts5", "fts5_get_locale", "fts5_insttoken", "fts5_locale", "highlight", "match"],
  ...["matchinfo", "offsets", "optimize", "snippet", "load_extension", "rtreecheck", "rtreedepth", "rtreenode"],
  ...["sqlite_compileoption_get", "sqlite_compileoption_used", "sqlite_source_id", "sqlite_version"],
]);

Deno.test("Every function of SQLite that is not the same each time is known to be momentary", () => {
  using database = new DatabaseSync(":memory:");
  const rows = database.prepare(
    // 0x800: SQLITE_DETERMINISTIC. Aggregates and windows ("a", "w") have rows alone to work with.
    "SELECT DISTINCT name FROM pragma_function_list WHERE type = 's' AND flags & 0x800 = 0 ORDER BY name",
  ).all() as { name: string }[];
  assertEquals(rows.map(({ name }) => name).filter((name) => !MOMENTARY.has(name) && !STEADY.has(name)), []);
});
