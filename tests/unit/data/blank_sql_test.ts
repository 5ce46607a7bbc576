/** SQL without a statement: SQLite prepares it to nothing, which its binding cannot take. */
import { assertEquals } from "@std/assert";
import { isBlankSql } from "../../../runtime/data/blank_sql.ts";

Deno.test("Blanks, comments and semicolons are no statement; anything else is one", () => {
  const blank = ["", " \t\r\n\f;", "-- x", "--", "/* x", "/**/", "/* a */ -- b\n ;", "\ufeff", "\0SELECT 1", "/*/"];
  for (const sql of blank) assertEquals(isBlankSql(sql), true, JSON.stringify(sql));
  for (const sql of ["SELECT 1", "-", "/", "/*", "/* */ x", "-- a\nb", "\v", "\u00a0"]) {
    assertEquals(isBlankSql(sql), false, JSON.stringify(sql));
  }
});
