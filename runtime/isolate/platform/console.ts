/** The app's console: each line goes to the host's log, bounded in length and rate. */
import { boundedLine, MAX_CHARS_PER_SECOND, MAX_LINE_CHARS, MAX_LINES_PER_SECOND } from "../../protocol/log_bounds.ts";
import { apply, floor, numberToFixed, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { behind } from "../../protocol/safe_lists.ts";
import { boundedFormat } from "./bounded_format.ts";
import { withoutOwnFrames } from "../traffic/own_frames.ts";

/** Beyond this nothing is looked for in a text: most of it will be cut. */
const MAX_FILTERED_CHARS = 4 * MAX_LINE_CHARS;

/** Level of a console line. */
export type ConsoleLevel = "debug" | "info" | "warn" | "error";

/** Takes one console line. */
export type ConsoleSink = (level: ConsoleLevel, text: string) => void;

const now = performance.now.bind(performance);

const { captureStackTrace } = Error;

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
    // A flood is counted, and told as one line
    if (++lines > MAX_LINES_PER_SECOND || chars > MAX_CHARS_PER_SECOND) {
      dropped++;
      return;
    }
    const formatted = boundedFormat(parameters);
    const shown = withoutOwnFrames(stringSlice(formatted, 0, MAX_FILTERED_CHARS)) +
      stringSlice(formatted, MAX_FILTERED_CHARS);
    // A stack that is written line by line: this was one of NANO's.
    if (shown === "" && formatted !== "") return;
    const text = indent + shown;
    chars += text.length <= MAX_LINE_CHARS ? text.length : MAX_LINE_CHARS;
    sink(level, boundedLine(text));
  }

  // Methods, so that they are no constructors; names, lengths and labels as https://console.spec.whatwg.org has them.
  const elapsed = (label: string) => {
    const start = timers.get(label);
    return start === undefined ? null : `${label}: ${numberToFixed(now() - start, 3)}ms`;
  };

  const methods: Partial<Console> & Record<string, unknown> = {
    log(...parameters: unknown[]) {
      write("info", parameters);
    },
    info(...parameters: unknown[]) {
      write("info", parameters);
    },
    debug(...parameters: unknown[]) {
      write("debug", parameters);
    },
    warn(...parameters: unknown[]) {
      write("warn", parameters);
    },
    error(...parameters: unknown[]) {
      write("error", parameters);
    },
    dir(value: unknown = undefined) {
      write("info", [value]);
    },
    dirxml(...parameters: unknown[]) {
      write("info", parameters);
    },
    table(value: unknown = undefined) {
      write("info", [value]);
    },
    trace(...parameters: unknown[]) {
      const holder = { stack: "" };
      captureStackTrace?.(holder, methods.trace as (...all: unknown[]) => void);
      const label = boundedFormat(parameters);
      // Its first line names the kind of error, which this is not.
      const frames = stringSlice(holder.stack, stringIndexOf(holder.stack, "\n"));
      write("debug", ["%s", `Trace${label === "" ? "" : `: ${label}`}${frames}`]);
    },
    assert(condition: unknown = false, ...parameters: unknown[]) {
      if (condition) return;
      const first = parameters[0];
      if (typeof first !== "string") return write("error", behind("Assertion failed", parameters));
      parameters[0] = `Assertion failed: ${first}`;
      write("error", parameters);
    },
    count(given: unknown = "default") {
      const label = `${given}`;
      const count = (counts.get(label) ?? 0) + 1;
      counts.set(label, count);
      write("info", [`${label}: ${count}`]);
    },
    countReset(given: unknown = "default") {
      const label = `${given}`;
      if (!counts.delete(label)) write("warn", [`Count for "${label}" does not exist`]);
    },
    time(given: unknown = "default") {
      const label = `${given}`;
      if (timers.has(label)) write("warn", [`Timer "${label}" already exists`]);
      else timers.set(label, now());
    },
    timeLog(given: unknown = "default", ...parameters: unknown[]) {
      const label = `${given}`;
      const text = elapsed(label);
      if (text === null) write("warn", [`Timer "${label}" does not exist`]);
      else write("info", behind(text, parameters));
    },
    timeEnd(given: unknown = "default") {
      const label = `${given}`;
      const text = elapsed(label);
      if (text === null) write("warn", [`Timer "${label}" does not exist`]);
      else write("info", [text]);
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
  // A namespace object: https://webidl.spec.whatwg.org/#namespace-object
  Object.setPrototypeOf(methods, {});
  return methods as Console;
}
