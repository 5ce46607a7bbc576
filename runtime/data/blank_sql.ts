/** Tells SQL without a statement, which SQLite prepares to nothing. */

/** Whether a text has only blanks, comments and semicolons, by SQLite's own rules, up to its first NUL. */
export function isBlankSql(sql: string): boolean {
  let at = 0;
  while (at < sql.length) {
    const char = sql[at]!;
    if (char === "\0") return true;
    if (" \t\n\f\r;\ufeff".includes(char)) at++;
    else if (sql.startsWith("--", at)) at = endOf(sql, "\n", at);
    // An open comment ends with the text. "/*" at its very end is two operators.
    else if (sql.startsWith("/*", at) && at + 2 < sql.length) at = endOf(sql, "*/", at + 2);
    else return false;
  }
  return true;
}

function endOf(sql: string, end: string, from: number): number {
  const found = sql.indexOf(end, from);
  return found === -1 ? sql.length : found + end.length;
}
