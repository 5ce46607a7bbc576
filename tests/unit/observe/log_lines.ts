/** Lines, filters and requests for the tests of the log's followers. */
import type { LogFilter, LogLine } from "../../../runtime/observe/observations.ts";
import { type AppRequestEvent, requestLine } from "../../../runtime/observe/log_filter.ts";

/** A filter that lets all through but for what is given. */
export function filter(changes: Partial<LogFilter> = {}): LogFilter {
  return { app: null, level: null, text: null, status: null, method: null, kinds: null, sample: 1, ...changes };
}

/** A console line of app "a". */
export function line(id: number, changes: Partial<LogLine> = {}): LogLine {
  return {
    id,
    at: 1_000 + id,
    app: "a",
    kind: "console",
    level: "info",
    text: `line ${id}`,
    request: null,
    ...changes,
  };
}

/** A request of app "a". */
export function request(changes: Partial<AppRequestEvent> = {}): AppRequestEvent {
  return {
    event: "request",
    app: "a",
    method: "GET",
    path: "/cart",
    status: 200,
    bytes: 5,
    durationMs: 3.14159,
    requestId: "r-1",
    code: null,
    end: "done",
    ...changes,
  };
}

/** The line of a request of app "a". */
export function lineOf(id: number, changes: Partial<AppRequestEvent> = {}): LogLine {
  return requestLine(request(changes), { id, at: 1_000 + id });
}
