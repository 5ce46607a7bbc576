/** Which lines of the apps' logs somebody wants, prepared so that a line that nobody wants costs next to nothing. */
import { NanoError } from "../errors.ts";
import type { AppLogLevel, RequestEvent } from "../terms/events.ts";
import type { LogFilter, LogLine } from "./observations.ts";
import { isFailure, type RequestEnd } from "../terms/request_end.ts";
import { LEVEL_WEIGHT } from "./log_record.ts";

/** The fractional part of the golden ratio times 2^32: its multiples spread evenly, so a share of ids is a fair sample. */
const GOLDEN = 0x9e3779b1;
const TWO_TO_32 = 2 ** 32;

/** A request that an app got. */
export type AppRequestEvent = RequestEvent & { readonly app: string };

/** A {@linkcode LogFilter} that is ready to be asked. */
export class LineFilter {
  /** Whether any request can match. */
  readonly wantsRequests: boolean;
  /** The one app that is wanted, or null for all. */
  readonly app: string | null;
  readonly #minWeight: number;
  readonly #needle: string | null;
  readonly #statuses: readonly [least: number, most: number];
  readonly #method: string | null;
  readonly #requestsOnly: boolean;
  readonly #kinds: ReadonlySet<string> | null;
  readonly #sample: number;

  /** @throws {NanoError} USAGE when the status or the sample means nothing */
  constructor(filter: LogFilter) {
    this.app = filter.app;
    this.#minWeight = filter.level === null ? 0 : LEVEL_WEIGHT[filter.level];
    this.#needle = filter.text === null || filter.text === "" ? null : filter.text.toLowerCase();
    this.#statuses = statusRange(filter.status);
    this.#method = filter.method?.toUpperCase() ?? null;
    this.#requestsOnly = filter.status !== null || filter.method !== null;
    this.#kinds = filter.kinds === null ? null : new Set(filter.kinds);
    this.wantsRequests = this.#kinds === null || this.#kinds.has("request");
    if (!(filter.sample > 0 && filter.sample <= 1)) {
      throw new NanoError("USAGE", `Cannot sample a share of ${filter.sample}: it must be above 0 and at most 1`);
    }
    this.#sample = filter.sample * TWO_TO_32;
  }

  /** Whether the text of a line matters. */
  get hasText(): boolean {
    return this.#needle !== null;
  }

  /** Whether a line is wanted. */
  takes(line: LogLine): boolean {
    if (line.request !== null) {
      const { method, status, end } = line.request;
      return this.takesRequest({ app: line.app, method, status, end }, line.id) && this.#takesText(line.text);
    }
    return !this.#requestsOnly && (this.app === null || this.app === line.app) &&
      (this.#kinds === null || this.#kinds.has(line.kind)) && LEVEL_WEIGHT[line.level] >= this.#minWeight &&
      this.#samples(line.id) && this.#takesText(line.text);
  }

  /** Whether a request is wanted as far as can be told without its text. */
  takesRequest(request: Pick<AppRequestEvent, "app" | "method" | "status" | "end">, id: number): boolean {
    const { app, method, status, end } = request;
    return this.wantsRequests && (this.app === null || this.app === app) &&
      status >= this.#statuses[0] && status <= this.#statuses[1] &&
      (this.#method === null || this.#method === method) &&
      LEVEL_WEIGHT[requestLevel(status, end)] >= this.#minWeight && this.#samples(id);
  }

  #samples(id: number): boolean {
    return this.#sample === TWO_TO_32 || (Math.imul(id, GOLDEN) >>> 0) < this.#sample;
  }

  #takesText(text: string): boolean {
    return this.#needle === null || text.toLowerCase().includes(this.#needle);
  }
}

/** The line of a request. */
export function requestLine(request: AppRequestEvent, stamp: Pick<LogLine, "id" | "at">): LogLine {
  const { app, method, path, status, durationMs, requestId, code, end } = request;
  const how = end === "done" || code !== null ? "" : ` ${end}`;
  return {
    ...stamp,
    app,
    kind: "request",
    level: requestLevel(status, end),
    text: `${method} ${path} ${status}${how} ${durationMs.toFixed(1)} ms`,
    request: { method, path, status, durationMs, requestId, code, end },
  };
}

/** How bad an answer is. */
function requestLevel(status: number, end: RequestEnd): AppLogLevel {
  return isFailure(status, end) ? "error" : status >= 400 || end !== "done" ? "warn" : "info";
}

/** @throws {NanoError} USAGE */
function statusRange(status: string | null): readonly [number, number] {
  if (status === null) return [0, 999];
  if (!/^[1-5](?:xx|\d\d)$/i.test(status)) {
    throw new NanoError("USAGE", `Cannot filter by status "${status}": write one like 404, or a class like 5xx`);
  }
  const first = Number(status[0]) * 100;
  return /x/i.test(status) ? [first, first + 99] : [Number(status), Number(status)];
}
