/** The table of what crosses the wall, for the page on it. */
import { OPERATIONS } from "../../runtime/protocol/operations.ts";
import { code, table } from "./markdown.ts";

/** Every operation with its sender and its fields. */
export function operationsTable(): string {
  return table(
    ["Operation", "From", "Fields", "What it says"],
    Object.entries(OPERATIONS).map(([name, { from, fields, doc }]) => [
      code(name),
      from,
      fields.join(", ") || "none",
      doc,
    ]),
  );
}
