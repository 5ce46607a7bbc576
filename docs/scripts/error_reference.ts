/** The reference page of the error codes, from their table. */
import { ERROR_CODES, type ErrorCode, type ErrorCodeEntry } from "../../mod.ts";
import { code, page, table } from "./markdown.ts";

/** Codes that only operators meet: in the admin API and on the command line. */
const OPERATORS: ReadonlySet<ErrorCode> = new Set(
  [
    "CONFIG_INVALID",
    "USAGE",
    "UNAUTHORIZED",
    "FORBIDDEN",
    "NOT_FOUND",
    "CONFLICT",
    "PRECONDITION_FAILED",
    "TOO_MANY_ATTEMPTS",
    "FLEET_UNAVAILABLE",
  ] satisfies ErrorCode[],
);

/** Who has to act, in words. */
const FAULTS: Readonly<Record<ErrorCodeEntry["fault"], string>> = {
  client: "whoever sent the request",
  app: "whoever wrote the app",
  host: "nobody yet; the operator when it stays",
  operator: "the operator",
};

/** The page. */
export function errorReference(): string {
  const all = Object.entries(ERROR_CODES) as [ErrorCode, ErrorCodeEntry][];
  const rows = (wanted: boolean) =>
    all.filter(([name]) => OPERATORS.has(name) === wanted).map(([name, entry]) => [
      code(name),
      `${entry.status}${entry.retryAfter ? " + `Retry-After`" : ""}`,
      entry.meaning,
      FAULTS[entry.fault],
    ]);
  const heads = ["Code", "Status", "Meaning", "Who acts"];
  return page(
    {
      title: "Error codes",
      description: "Every code that a client or an operator can meet.",
      order: 2,
    },
    `When there is no answer of the app, NANO answers with \`application/problem+json\` (RFC 9457). The code stands in
the header \`nano-error\` and in the body, next to \`type\`, \`title\`, \`status\`, \`detail\` and \`request_id\`. Match the
code, never the text. The body holds no stack, path or secret.

## Answers to clients

${table(heads, rows(false))}

## Answers to operators

These come from the admin API and the command line.

${table(heads, rows(true))}`,
  );
}
