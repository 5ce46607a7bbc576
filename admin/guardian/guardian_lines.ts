/** How the guardian writes its own lines: as its host writes the log, though it loads nothing of the runtime. */
import { parse } from "jsonc-parser";
import { readFileSync } from "node:fs";

/**
 * Whether the log of a configuration is for people: as it says, else on a terminal.
 * @param file path of nano.json; the host tells its mistakes
 */
export function isPretty(file: string, terminal: boolean): boolean {
  let format: unknown;
  try {
    format = parse(readFileSync(file, "utf8").replace(/^\ufeff/, ""))?.log?.format;
  } catch {
    format = undefined;
  }
  return format === "pretty" || (format !== "json" && terminal);
}

/** A record as one line for people. @param line JSON with `ts`, `level` and `event` */
export function prettyLine(line: string): string {
  const { ts, level, event, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  const date = new Date(String(ts));
  const two = (value: number) => String(value).padStart(2, "0");
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${shown(value)}`);
  return [`${clock}.${String(date.getMilliseconds()).padStart(3, "0")}`, String(level).padEnd(5), event, ...rest].join(
    " ",
  );
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(shown).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
