/** What an export writes makes the same database by an import; an import that fails changes nothing. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import type { SqlExportOptions } from "../../../runtime/data/sql_export.ts";
import { SqlError } from "../../../runtime/data/sql_error.ts";
import { runSqlTask, type SqlTask } from "../../../runtime/data/sql_tasks.ts";

const ALL: SqlExportOptions = { hasSchema: true, hasData: true, tables: null };

const EVERYTHING = `
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE child (id INTEGER PRIMARY KEY AUTOINCREMENT, parent REFERENCES parent (id));
CREATE TABLE parent (id INTEGER PRIMARY KEY, "odd ""name""" TEXT, real REAL, bytes BLOB, made AS (id * 2));
CREATE TABLE keyed (a TEXT, b INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE INDEX by_real ON parent (real);
CREATE VIEW shown AS SELECT id, real FROM parent;
CREATE TRIGGER doubled AFTER INSERT ON keyed BEGIN INSERT INTO child (parent) VALUES (1); END;
CREATE VIRTUAL TABLE words USING fts5 (text);
INSERT INTO child (id, parent) VALUES (7, 2);
INSERT INTO parent (id, "odd ""name""", real, bytes) VALUES (1, 'it''s; ü😀', 0.1, x'00ff');
INSERT INTO parent VALUES (2, CAST(x'6100623b' AS TEXT), 3.0, NULL), (9007199254740993, NULL, 9e999, x'');
INSERT INTO keyed VALUES ('k', 1);
INSERT INTO words (rowid, text) VALUES (5, 'some words');
DELETE FROM child WHERE id = 8;
COMMIT;`;

interface Scene {
  readonly folder: string;
  readonly run: (task: SqlTask, maxBytes?: number) => string;
  readonly import: (sql: string | Uint8Array, maxBytes?: number) => unknown;
  readonly rows: (store: string, sql: string) => unknown[];
}

async function withScene(test: (scene: Scene) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nano-tasks-" });
  const run = (task: SqlTask, maxBytes = 64 * 1024 * 1024) =>
    runSqlTask({ folder, store: "d1/one", maxBytes }, [{ sql: JSON.stringify(task), params: [] }]);
  try {
    await test({
      folder,
      run,
      import: (sql, maxBytes) => {
        if (typeof sql === "string") Deno.writeTextFileSync(`${folder}/in.sql`, sql);
        else Deno.writeFileSync(`${folder}/in.sql`, sql);
        return JSON.parse(run({ task: "import", file: "in.sql" }, maxBytes));
      },
      rows: (store, sql) => {
        const database = new DatabaseSync(`${folder}/${store}.db`);
        try {
          const statement = database.prepare(sql);
          statement.setReadBigInts(true);
          return statement.all().map((row) => Object.values(row));
        } finally {
          database.close();
        }
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("an export of every kind of table and value is imported as the same", async () => {
  await withScene(({ folder, run, import: importText, rows }) => {
    const { statements, changes } = importText(EVERYTHING) as { statements: number; changes: number };
    assertEquals([statements, changes > 5], [14, true]);
    run({ task: "export", store: "d1/one", file: "out.sql", ...ALL });
    const text = Deno.readTextFileSync(`${folder}/out.sql`);
    assertEquals(text.startsWith("PRAGMA defer_foreign_keys=TRUE;\nCREATE TABLE child "), true, text);
    assertEquals((Deno.statSync(`${folder}/out.sql`).mode ?? 0) & 0o777, 0o600);
    const task = { task: "import", file: "out.sql" } as const;
    runSqlTask({ folder, store: "d1/two", maxBytes: 1e8 }, [{ sql: JSON.stringify(task), params: [] }]);
    for (
      const sql of [
        "SELECT * FROM parent ORDER BY id",
        'SELECT typeof(real), hex("odd ""name""") FROM parent ORDER BY id',
        "SELECT * FROM child",
        "SELECT * FROM keyed",
        "SELECT rowid, text FROM words WHERE words MATCH 'words'",
        "SELECT * FROM shown ORDER BY id",
        "SELECT * FROM sqlite_sequence",
        "SELECT type, name FROM sqlite_schema ORDER BY type, name",
      ]
    ) {
      const found = rows("d1/two", sql);
      assertEquals(found.length > 0, true, sql);
      assertEquals(found, rows("d1/one", sql), sql);
    }
  });
});

Deno.test("an export takes the schema alone, the data alone, or some tables", async () => {
  await withScene(({ folder, run, import: importText }) => {
    importText("CREATE TABLE a (x); CREATE TABLE b (y); CREATE INDEX i ON b (y); INSERT INTO a VALUES (1);");
    const exported = (options: Partial<SqlExportOptions>) => {
      run({ task: "export", store: "d1/one", file: "out.sql", ...ALL, ...options });
      const text = Deno.readTextFileSync(`${folder}/out.sql`);
      Deno.removeSync(`${folder}/out.sql`);
      return text.split("\n").slice(1, -1);
    };
    assertEquals(exported({ hasData: false }), [
      "CREATE TABLE a (x);",
      "CREATE TABLE b (y);",
      "CREATE INDEX i ON b (y);",
    ]);
    assertEquals(exported({ hasSchema: false }), ['INSERT INTO "a" ("x") VALUES(1);']);
    assertEquals(exported({ tables: ["b"] }), ["CREATE TABLE b (y);", "CREATE INDEX i ON b (y);"]);
    assertThrows(() => exported({ tables: ["c"] }), SqlError, 'There is no table "c"');
  });
});

Deno.test("an import that fails names the statement, and nothing of it stays", async () => {
  await withScene(({ import: importText, rows }) => {
    importText("CREATE TABLE a (x UNIQUE); CREATE TABLE b (y REFERENCES a (x));");
    const cases: [string | Uint8Array, string][] = [
      [
        "INSERT INTO a VALUES (1); INSERT INTO none VALUES (1);",
        "Statement 2 (INSERT INTO none VALUES (1);): no such table: none",
      ],
      [
        "INSERT INTO a VALUES (1);\nINSERT INTO a VALUES (1)",
        "UNIQUE constraint failed: a.x: SQLITE_CONSTRAINT (extended: SQLITE_CONSTRAINT_UNIQUE)",
      ],
      ["INSERT INTO b VALUES (1);", "FOREIGN KEY constraint failed"],
      ["INSERT INTO a VALUES (1); ROLLBACK;", "not authorized"],
      ["INSERT INTO a VALUES (1); ATTACH 'x.db' AS x;", "not authorized"],
      ["INSERT INTO a VALUES (1); INSERT OR ROLLBACK INTO a VALUES (1);", "UNIQUE constraint failed"],
      [new Uint8Array([0x53, 0xff]), "no text in UTF-8"],
      ["-- nothing\n;", "No SQL statements detected"],
    ];
    for (const [sql, message] of cases) {
      assertStringIncludes(assertThrows(() => importText(sql), SqlError).message, message);
      assertEquals(rows("d1/one", "SELECT count(*) FROM a"), [[0n]], message);
    }
    const full = assertThrows(() => importText(`INSERT INTO a VALUES (zeroblob(1000000))`, 65_536), SqlError);
    assertEquals(full.isFull, true);
  });
});

Deno.test("an import of a text of many chunks needs no more than one statement in memory at once", async () => {
  await withScene(({ import: importText, rows }) => {
    const long = "x".repeat(1_900_000);
    const lines = Array.from({ length: 20_000 }, (_, at) => `INSERT INTO a VALUES (${at}, 'ü${at};');`).join("\n");
    importText(`CREATE TABLE a (x, y);\n${lines}\nINSERT INTO a VALUES (-1, '${long}');`);
    assertEquals(rows("d1/one", "SELECT count(*), max(length(y)) FROM a"), [[20_001n, 1_900_000n]]);
  });
});
