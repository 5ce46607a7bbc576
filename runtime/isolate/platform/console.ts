/** The app's console: each line goes to the host's log, bounded in length and rate. */
import { bare } from "../../protocol/bare.ts";
import { apply, floor, numberToFixed, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { append } from "../../protocol/safe_lists.ts";
import { formatWithOptions } from "node:util";
import { withoutOwnFrames } from "../traffic/own_frames.ts";

/** Longest text of one line; the rest is cut and said so. */
const MAX_LINE_CHARS = 16 * 1024;
/** Beyond this nothing is looked for in a text: most of it will be cut. */
const MAX_FILTERED_CHARS = 4 * MAX_LINE_CHARS;
/** Lines a second; a flood beyond is counted and told as one line, so that no app fills the host's log. */
const MAX_LINES_PER_SECOND = 10_000;
/** Characters a second, for the same reason: long lines at full rate would be 160 MB a second for the host to write. */
const MAX_CHARS_PER_SECOND = 4 * 1024 * 1024;

/** Level of a console line. */
export type ConsoleLevel = "debug" | "info" | "warn" | "error";

/** Takes one console line. */
export type ConsoleSink = (level: ConsoleLevel, text: string) => void;

const PLAIN = bare({ colors: false });
const now = performance.now.bind(performance);

const { captureStackTrace } = Error;

/** The text of what was logged. */
function format(parameters: readonly unknown[]): string {
  return apply(formatWithOptions, undefined, behind(PLAIN, parameters)) as string;
}

function behind(first: unknown, parameters: readonly unknown[]): unknown[] {
  const list = [first];
  for (let at = 0; at < parameters.length; at++) append(list, parameters[at]);
  return list;
}

/** Builds a console whose lines go to a sink. @boot */
export function createConsole(sink: ConsoleSink): Console {
  const counts = new SafeMap<string, number>();
  const timers = new SafeMap<string, number>();
  let indent = "";
  let second = 0;
  let lines = 0;
  let chars = 0;
  let dropped = 0;

  function write(level: ConsoleLevel, parameters: readonly unknown[]): void {
    const present = floor(now() / 1000);
    if (present !== second) {
      if (dropped > 0) {
        sink(
          "warn",
          `${dropped} console lines were dropped: more than ${MAX_LINES_PER_SECOND} lines or ${MAX_CHARS_PER_SECOND} characters a second`,
        );
      }
      second = present;
      lines = 0;
      chars = 0;
      dropped = 0;
    }
    if (++lines > MAX_LINES_PER_SECOND || chars > MAX_CHARS_PER_SECOND) {
      dropped++;
      return;
    }
    const formatted = format(parameters);
    const shown = withoutOwnFrames(stringSlice(formatted, 0, MAX_FILTERED_CHARS)) +
      stringSlice(formatted, MAX_FILTERED_CHARS);
    // A stack that is written line by line: this was one of NANO's.
    if (shown === "" && formatted !== "") return;
    const text = indent + shown;
    chars += text.length <= MAX_LINE_CHARS ? text.length : MAX_LINE_CHARS;
    sink(
      level,
      text.length <= MAX_LINE_CHARS ? text : `${stringSlice(text, 0, MAX_LINE_CHARS)}… (${text.length} characters)`,
    );
  }

  const at = (level: ConsoleLevel) => (...parameters: unknown[]) => write(level, parameters);
  const log = at("info");
  const elapsed = (label: string) => {
    const start = timers.get(label);
    return start === undefined ? null : `${label}: ${numberToFixed(now() - start, 3)}ms`;
  };

  const methods: Partial<Console> & Record<string, unknown> = {
    log,
    info: at("info"),
    debug: at("debug"),
    warn: at("warn"),
    error: at("error"),
    dir: (value: unknown) => log(value),
    dirxml: log,
    table: (value: unknown) => log(value),
    trace(...parameters: unknown[]) {
      const holder = { stack: "" };
      captureStackTrace?.(holder, methods.trace as (...all: unknown[]) => void);
      const label = format(parameters);
      // Its first line names the kind of error, which this is not.
      const frames = stringSlice(holder.stack, stringIndexOf(holder.stack, "\n"));
      write("debug", ["%s", `Trace${label === "" ? "" : `: ${label}`}${frames}`]);
    },
    assert(condition?: boolean, ...parameters: unknown[]) {
      if (!condition) write("error", behind("Assertion failed", parameters));
    },
    count(label = "default") {
      const count = (counts.get(label) ?? 0) + 1;
      counts.set(label, count);
      log(`${label}: ${count}`);
    },
    countReset(label = "default") {
      counts.delete(label);
    },
    time(label = "default") {
      timers.set(label, now());
    },
    timeLog(label = "default", ...parameters: unknown[]) {
      const text = elapsed(label);
      if (text === null) write("warn", [`Timer "${label}" does not exist`]);
      else write("info", behind(text, parameters));
    },
    timeEnd(label = "default") {
      const text = elapsed(label);
      if (text === null) write("warn", [`Timer "${label}" does not exist`]);
      else log(text);
      timers.delete(label);
    },
    group(...parameters: unknown[]) {
      if (parameters.length > 0) write("info", parameters);
      indent += "    ";
    },
    groupCollapsed(...parameters: unknown[]) {
      apply(methods.group!, undefined, parameters);
    },
    groupEnd() {
      indent = stringSlice(indent, 4);
    },
    clear() {
      indent = "";
    },
  };
  Object.defineProperty(methods, Symbol.toStringTag, { value: "console", configurable: true });
  return methods as Console;
}
