/** W3C trace context as it stands in headers: https://www.w3.org/TR/trace-context/. */
import {
  numberToText,
  parseInteger,
  regExpExec,
  stringIndexOf,
  stringPadStart,
  stringSlice,
  stringStartsWith,
} from "./primordials.ts";

/** Where a request stands in a trace. */
export interface TraceContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits: the span that sent it. */
  readonly spanId: string;
  /** Bit 0: the sender records this trace. */
  readonly flags: number;
}

/** Version, trace, span, flags; versions after 00 may go on behind another dash. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

/** Reads a `traceparent`. @returns null when it is invalid; the standard wants it ignored then, `tracestate` with it */
export function parseTraceparent(value: string): TraceContext | null {
  const parts = regExpExec(TRACEPARENT, value);
  if (parts === null) return null;
  const version = parts[1]!;
  const traceId = parts[2]!;
  const spanId = parts[3]!;
  const flags = parts[4]!;
  const rest = parts[5];
  if (version === "ff" || (version === "00" && rest !== undefined)) return null;
  if (traceId === NO_TRACE || spanId === NO_SPAN) return null;
  return { traceId, spanId, flags: parseInteger(flags, 16) };
}

/** The `traceparent` of a context, in version 00. */
export function formatTraceparent({ traceId, spanId, flags }: TraceContext): string {
  return `00-${traceId}-${spanId}-${stringPadStart(numberToText(flags & 0xff, 16), 2, "0")}`;
}

/** How the header block of a traced request begins: the front door puts these headers first. */
const FIRST = "traceparent\n";

/** Header block of a trace context, put first in a request's so that finding it costs nothing elsewhere. */
export function traceHeaders(traceparent: string | null, tracestate: string | null): string {
  if (traceparent === null) return tracestate === null ? "" : `tracestate\n${tracestate}\n`;
  const first = `${FIRST}${traceparent}\n`;
  return tracestate === null ? first : `${first}tracestate\n${tracestate}\n`;
}

/** What a header block begins with, if that is a valid trace context: itself a header block. */
export function leadingTrace(block: string): string | null {
  if (!stringStartsWith(block, FIRST)) return null;
  let end = stringIndexOf(block, "\n", FIRST.length);
  if (end < 0 || parseTraceparent(stringSlice(block, FIRST.length, end)) === null) return null;
  if (stringStartsWith(block, "tracestate\n", end + 1)) {
    end = stringIndexOf(block, "\n", end + 1 + "tracestate\n".length);
  }
  return end < 0 ? null : stringSlice(block, 0, end + 1);
}
