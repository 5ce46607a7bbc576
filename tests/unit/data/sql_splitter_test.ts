/** SQL is cut where SQLite would cut it, whatever the pieces that it comes in. */
import { assertEquals } from "@std/assert";
import { isOwnTransaction, splitSql, SqlSplitter } from "../../../runtime/data/sql_splitter.ts";

const TRIGGER = `CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE a SET b = 'x;' WHERE "end;" = [c;]; -- END;
  SELECT CASE WHEN 1 THEN 2 END;
END;`;

/** A text, and its statements. */
const CASES: readonly (readonly [string, readonly string[]])[] = [
  ["", []],
  ["SELECT 1", ["SELECT 1"]],
  ["SELECT 1;SELECT 2;", ["SELECT 1;", "SELECT 2;"]],
  ["SELECT ';', 'it''s;';\nSELECT \"a;\", `b;`, [c;] ;", ["SELECT ';', 'it''s;';", '\nSELECT "a;", `b;`, [c;] ;']],
  ["-- one; two\nSELECT 1; /* three; */ SELECT 2", ["-- one; two\nSELECT 1;", " /* three; */ SELECT 2"]],
  ["SELECT 5-3; SELECT 6/2;", ["SELECT 5-3;", " SELECT 6/2;"]],
  [`${TRIGGER} SELECT 1;`, [TRIGGER, " SELECT 1;"]],
  ["CREATE TABLE trigger_end (a); SELECT 1;", ["CREATE TABLE trigger_end (a);", " SELECT 1;"]],
  ["EXPLAIN CREATE TRIGGER t BEGIN SELECT 1; END; SELECT 2", [
    "EXPLAIN CREATE TRIGGER t BEGIN SELECT 1; END;",
    " SELECT 2",
  ]],
  ["SELECT 'never closed; SELECT 1;", ["SELECT 'never closed; SELECT 1;"]],
  ["SELECT 1; /* never closed; ", ["SELECT 1;", " /* never closed; "]],
  ["SELECT 'ü😀;'; SELECT 2", ["SELECT 'ü😀;';", " SELECT 2"]],
  [";;", [";", ";"]],
];

Deno.test("splitSql() cuts after each semicolon that ends a statement, and loses nothing", () => {
  for (const [text, statements] of CASES) {
    assertEquals(splitSql(text), [...statements], text);
    assertEquals(splitSql(text).join(""), text);
  }
});

Deno.test("SqlSplitter gives the same whatever pieces the text comes in", () => {
  for (const [text, statements] of CASES) {
    for (const length of [1, 2, 3, 7]) {
      const splitter = new SqlSplitter();
      const found: string[] = [];
      for (let at = 0; at < text.length; at += length) found.push(...splitter.push(text.slice(at, at + length)));
      assertEquals([...found, ...splitter.end()], [...statements], `${text} by ${length}`);
    }
  }
});

Deno.test("isOwnTransaction() knows what dumps have around their statements, and nothing else", () => {
  const own = [
    "BEGIN TRANSACTION;",
    " begin;",
    "-- dump\nBEGIN IMMEDIATE TRANSACTION;",
    "/* x */ COMMIT;",
    "END",
    "commit transaction ;",
  ];
  for (const text of own) assertEquals(isOwnTransaction(text), true, text);
  for (const text of ["ROLLBACK;", "SAVEPOINT a;", "SELECT 'COMMIT;';", "BEGINNING;", "COMMIT; SELECT 1"]) {
    assertEquals(isOwnTransaction(text), false, text);
  }
});
