/** Leaves out what is no statement to run by itself. */
import { isBlankSql } from "../data/blank_sql.ts";
import { isOwnTransaction } from "../data/sql_splitter.ts";

/** Without blanks, and without a BEGIN and COMMIT around them: what people run is one transaction anyway. */
export function plainStatements(statements: readonly string[]): readonly string[] {
  return statements.filter((one) => !isBlankSql(one) && !isOwnTransaction(one));
}
