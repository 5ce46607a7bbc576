/** SQL in its file: statements that stay read, what is told of changes, rows as objects. */
import { assertEquals, assertThrows } from "@std/assert";
import { SqlFile } from "../../../runtime/data/sql_file.ts";
import { SqlError } from "../../../runtime/data/sql_error.ts";
import type { SqlParam, SqlShape } from "../../../runtime/data/sql_messages.ts";

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly file = this.open();
  /** Times that a write was about to begin. */
  writes = 0;

  open(): SqlFile {
    const file = new SqlFile(`${this.folder}/x.db`, () => this.writes++);
    file.begin();
    file.limit(1e9);
    return file;
  }

  ask(sql: string, params: readonly SqlParam[] = [], shape: SqlShape = "all", file: SqlFile = this.file) {
    const [answer] = JSON.parse(file.batch([{ sql, params, shape }]));
    return answer as { rows: unknown[]; columns?: string[]; meta?: Record<string, unknown> };
  }

  [Symbol.dispose](): void {
    this.file[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("Rows are objects in which the last column of a name counts, or lists with all columns' names", () => {
  using scene = new Scene();
  const sql = 'SELECT 1 AS a, \'x"\' AS "b""c", NULL AS n, 1.5 AS f, x\'01ff\' AS bytes, 2 AS a, 9e999 AS far';
  assertEquals(scene.ask(sql).rows, [{ a: 2, 'b"c': 'x"', n: null, f: 1.5, bytes: [1, 255], far: null }]);
  const { rows, columns } = scene.ask(sql, [], "raw");
  assertEquals([rows, columns], [[[1, 'x"', null, 1.5, [1, 255], 2, null]], [
    "a",
    'b"c',
    "n",
    "f",
    "bytes",
    "a",
    "far",
  ]]);
  const [proto] = scene.ask('SELECT 1 AS "__proto__"').rows as object[];
  assertEquals(Object.keys(proto!), ["__proto__"]);
  assertEquals(scene.ask("SELECT 9007199254740993 AS v, -0.0 AS z").rows, [{ v: 9007199254740992, z: 0 }]);
});

Deno.test("A first row is one row, of a statement that writes too", () => {
  using scene = new Scene();
  scene.ask("CREATE TABLE t (v)");
  const insert = "INSERT INTO t VALUES (1), (2) RETURNING v";
  assertEquals<unknown>(scene.ask(insert, [], "first"), { v: 1 });
  assertEquals<unknown>(scene.ask("SELECT v FROM t ORDER BY v DESC", [], "first"), { v: 2 });
  assertEquals<unknown>(scene.ask("SELECT v FROM t WHERE 0", [], "first"), null);
  assertThrows(
    () => scene.ask("SELECT abs(-9223372036854775807 - v) FROM t", [], "first"),
    SqlError,
    "integer overflow",
  );
});

Deno.test("Columns follow the table, also of a statement that was read before it changed", () => {
  using scene = new Scene();
  scene.ask("CREATE TABLE t (a)");
  scene.ask("INSERT INTO t VALUES (1)");
  const all = () => scene.ask("SELECT * FROM t").rows;
  assertEquals(all(), [{ a: 1 }]);
  scene.ask("ALTER TABLE t ADD COLUMN b DEFAULT 2");
  assertEquals(all(), [{ a: 1, b: 2 }]);
  {
    using other = scene.open();
    scene.ask("ALTER TABLE t RENAME COLUMN a TO c", [], "all", other);
  }
  scene.file.begin();
  assertEquals(all(), [{ c: 1, b: 2 }]);
  assertEquals(scene.ask("SELECT * FROM t", [], "raw").columns, ["c", "b"]);
  scene.ask("DROP TABLE t");
  assertThrows(all, SqlError, "no such table: t");
});

Deno.test("What is told of changes is right between reads, and after writes of others", () => {
  using scene = new Scene();
  const told = (sql: string) => {
    const { changes, last_row_id, changed_db, rows_written, size_after } = scene.ask(sql).meta!;
    return [changes, last_row_id, changed_db, rows_written, (size_after as number) / 4096];
  };
  assertEquals(told("SELECT 1"), [0, 0, false, 0, 1]);
  assertEquals(told("CREATE TABLE t (v INTEGER PRIMARY KEY, b)"), [0, 0, true, 0, 2]);
  assertEquals(told("INSERT INTO t VALUES (7, 1), (9, 1)"), [2, 9, true, 2, 2]);
  assertEquals(told("SELECT * FROM t"), [0, 9, false, 0, 2]);
  assertEquals(told("UPDATE t SET b = 2"), [2, 9, true, 2, 2]);
  {
    using other = scene.open();
    scene.ask("INSERT INTO t VALUES (10, zeroblob(100000))", [], "all", other);
  }
  scene.file.begin();
  assertEquals(told("SELECT count(*) FROM t"), [0, 9, false, 0, 26]);
});

Deno.test("A statement that was read before takes as many parameters as it has, each time", () => {
  using scene = new Scene();
  const sql = "SELECT ? AS a, ? AS b";
  const wrong = "Wrong number of parameter bindings";
  assertEquals(scene.ask(sql, [1, "x"]).rows, [{ a: 1, b: "x" }]);
  for (const params of [[], [1], [1, 2, 3]]) assertThrows(() => scene.ask(sql, params), SqlError, wrong);
  assertEquals(scene.ask(sql, [null, { hex: "00ff" }]).rows, [{ a: null, b: [0, 255] }]);
  assertThrows(() => scene.ask("SELECT 1", [1]), SqlError, wrong);
});

Deno.test("Only what may change the file is told before it runs, and what only looks like a read is none", () => {
  using scene = new Scene();
  scene.ask("CREATE TABLE t (v)");
  scene.writes = 0;
  for (
    const sql of [
      "SELECT * FROM t",
      "VALUES (1)",
      "WITH c AS (SELECT 1 AS v) SELECT * FROM c",
      "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3) SELECT x FROM c",
      "  select json_extract('[1]', '$[0]')",
    ]
  ) scene.ask(sql);
  assertEquals(scene.writes, 0);
  for (
    const sql of [
      "WITH c AS (SELECT 1 AS v) INSERT INTO t SELECT v FROM c",
      "SELECT 1; INSERT INTO t VALUES (2)",
      "PRAGMA foreign_keys = OFF",
    ]
  ) scene.ask(sql);
  assertEquals(scene.writes, 3);
  assertEquals<unknown>(scene.ask("SELECT v FROM t ORDER BY v").rows, [{ v: 1 }, { v: 2 }]);
  const refused = [
    "VACUUM",
    "VACUUM INTO (SELECT '/tmp/copy')",
    "SELECT 1; COMMIT",
    "SELECT * FROM pragma_database_list",
  ];
  for (const sql of refused) assertThrows(() => scene.ask(sql), SqlError);
});

Deno.test("A name in double quotes that is none is a text, in rows and in tables", () => {
  using scene = new Scene();
  scene.ask('CREATE TABLE t (a TEXT DEFAULT "none", b TEXT CHECK (b IN ("x", "y")))');
  scene.ask('INSERT INTO t (b) VALUES ("x")');
  assertEquals(scene.ask('SELECT "a", "text" AS v FROM t WHERE b = "x"').rows, [{ a: "none", v: "text" }]);
  assertThrows(() => scene.ask('INSERT INTO t (b) VALUES ("z")'), SqlError, "CHECK constraint failed");
});

Deno.test("SQLite's mathematical functions are there, and NULL is what has no answer", () => {
  using scene = new Scene();
  const answers = {
    "sqrt(16)": 4,
    "sqrt('16')": 4,
    "sqrt('x')": null,
    "sqrt(-1)": null,
    "pow(2, 10)": 1024,
    "power(2, 0.5) = sqrt(2)": 1,
    "mod(-7, 3)": -1,
    "mod(7, 0)": null,
    "typeof(ceil(9007199254740993))": "integer",
    "typeof(ceiling(1.2))": "real",
    "floor(-1.5)": -2,
    "trunc('-1.5')": -1,
    "ln(0)": null,
    "log(100)": 2,
    "log10(1000)": 3,
    "log(2, 8)": 3,
    "log(1, 8)": null,
    "log2(8)": 3,
    "round(degrees(pi()))": 180,
    "radians(180) = pi()": 1,
    "exp(0)": 1,
    "sin(0) + cos(0) + tan(0) + asin(0) + acos(1) + atan(0) + atan2(0, 1)": 1,
    "sinh(0) + cosh(0) + tanh(0) + asinh(0) + acosh(1) + atanh(0)": 1,
  };
  for (const [sql, v] of Object.entries(answers)) assertEquals(scene.ask(`SELECT ${sql} AS v`).rows, [{ v }], sql);
  for (const call of ["sqrt()", "log()", "log(1, 2, 3)", "pi(1)"]) {
    assertThrows(() => scene.ask(`SELECT ${call}`), SqlError, "wrong number of arguments to function");
  }
});
