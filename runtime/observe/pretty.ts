/** Shows log records to people: time, level, app, event and what matters of it. */
import type { RequestEvent } from "../terms/events.ts";
import { isFailure } from "../terms/request_end.ts";
import type { LogLevel, LogRecord } from "./log_record.ts";

const RESET = "\x1b[0m";
const DIM = "\x1b[2m";
const LEVEL_COLORS: Readonly<Record<LogLevel, string>> = {
  debug: "\x1b[2m",
  info: "\x1b[32m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};

// An app's text must not move the cursor, clear the screen or fake a second record.
// deno-lint-ignore no-control-regex
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g;

function visible(text: string): string {
  return text.replace(CONTROLS, (unit) => "\\x" + unit.charCodeAt(0).toString(16).padStart(2, "0"))
    .replaceAll("\n", "\n    ");
}

function paint(text: string, color: string, on: boolean): string {
  return on ? color + text + RESET : text;
}

/** How lines for people look. */
export interface PrettyStyle {
  readonly color: boolean;
  /** Time of day at a moment, in milliseconds since 1970, as {@linkcode wallClock} makes it. */
  readonly clock: (ms: number) => string;
}

/**
 * The time of day of a zone, to the millisecond. The first call of the clock loads what `Intl` needs, 16 ms of CPU that a
 * log of records never takes.
 * @param timeZone IANA name; undefined for that of the process, which serves in UTC
 */
export function wallClock(timeZone?: string): (ms: number) => string {
  let format: Intl.DateTimeFormat | null = null;
  return (ms) => (format ??= timeFormat(timeZone)).format(ms);
}

function timeFormat(timeZone: string | undefined): Intl.DateTimeFormat {
  const two = "2-digit";
  return new Intl.DateTimeFormat("en-GB", {
    hour: two,
    minute: two,
    second: two,
    fractionalSecondDigits: 3,
    ...timeZone === undefined ? {} : { timeZone },
  });
}

function statusColor({ status, end }: RequestEvent): string {
  if (isFailure(status, end)) return LEVEL_COLORS.error;
  return status >= 400 ? LEVEL_COLORS.warn : LEVEL_COLORS.info;
}

function shown(value: unknown): string {
  if (typeof value === "string") return visible(value);
  if (Array.isArray(value)) return value.length === 0 ? "-" : value.map(shown).join(", ");
  return String(value);
}

/** One request on one line, without the line's end. */
export function prettyRequest(event: RequestEvent, ms: number, { color, clock }: PrettyStyle): string {
  const status = paint(String(event.status), statusColor(event), color);
  // A code says all that an end would.
  const how = event.code ?? (event.end === "done" ? "" : event.end);
  const code = how === "" ? "" : " " + how;
  return `${paint(clock(ms), DIM, color)} ${visible(event.app ?? "-")} ${visible(event.method)} ${
    visible(event.path)
  } ` +
    `${status}${code} ${event.bytes} B ${event.durationMs.toFixed(1)} ms`;
}

/** One record, without the line's end; a text of several lines is indented under its first. */
export function prettyRecord(record: LogRecord, ms: number, { color, clock }: PrettyStyle): string {
  const head = `${paint(clock(ms), DIM, color)} ${paint(record.level.padEnd(5), LEVEL_COLORS[record.level], color)}`;
  const values = new Map(record.fields);
  if (record.event === "app_log") return `${head} ${shown(values.get("app"))} | ${shown(values.get("text"))}`;
  const rest = record.fields.map(([name, value]) => `${paint(name + "=", DIM, color)}${shown(value)}`);
  return [head, record.event, ...rest].join(" ");
}
