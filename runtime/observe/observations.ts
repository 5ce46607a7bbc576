/** What can be watched of a running NANO: figures of requests, their recent past, and the apps' log lines. */
import type { AppLogLevel } from "../terms/events.ts";
import type { RequestEnd } from "../terms/request_end.ts";

/** Totals and latency of one app's requests since it was added. */
export interface RequestSummary {
  /** All that were answered. */
  readonly requests: number;
  /** Answers with a status of 500 or more, and those that the app or its isolate cut. */
  readonly errors: number;
  /** Half of the requests were faster. */
  readonly p50Seconds: number | null;
  /** 99 of 100 requests were faster. */
  readonly p99Seconds: number | null;
}

/** The recent past of one app, one value a tick, oldest first; all lists have the same length. */
export interface AppSeries {
  /** Finished requests a second. */
  readonly requestsPerSecond: readonly number[];
  /** Errors as {@linkcode RequestSummary} has them, a second. */
  readonly errorsPerSecond: readonly number[];
  /** Null in a tick without a request. */
  readonly p50Seconds: readonly (number | null)[];
  /** Null in a tick without a request. */
  readonly p99Seconds: readonly (number | null)[];
  /** Requests inside the isolate at the tick. */
  readonly inFlight: readonly number[];
  /** JavaScript heap in use. */
  readonly heapBytes: readonly number[];
  /** Memory held outside the heap. */
  readonly externalBytes: readonly number[];
  /** Share of one core, 0 to 1 and more. */
  readonly cpu: readonly number[];
}

/** The last tick of one app, as the dashboard's stream sends it. */
export interface AppTick {
  /** The app. */
  readonly app: string;
  /** State of its life. */
  readonly state: string;
  /** Deaths in a row. */
  readonly crashes: number;
  /** Finished requests a second. */
  readonly requestsPerSecond: number;
  /** Errors as {@linkcode RequestSummary} has them, a second. */
  readonly errorsPerSecond: number;
  /** Null without a request. */
  readonly p50Seconds: number | null;
  /** Null without a request. */
  readonly p99Seconds: number | null;
  /** Requests inside the isolate. */
  readonly inFlight: number;
  /** Requests that wait for the isolate. */
  readonly queued: number;
  /** JavaScript heap in use. */
  readonly heapBytes: number;
  /** Memory held outside the heap. */
  readonly externalBytes: number;
  /** Share of one core. */
  readonly cpu: number;
}

/** What a line tells. */
export type LogLineKind = "console" | "exception" | "request" | "life";

/** One line of an app's log. */
export interface LogLine {
  /** Grows by one a line, over all apps. */
  readonly id: number;
  /** ms since the epoch. */
  readonly at: number;
  /** The app. */
  readonly app: string;
  /** What the line tells. */
  readonly kind: LogLineKind;
  /** How bad it is. */
  readonly level: AppLogLevel;
  /** For a request: `GET /path 200 3.1 ms`. */
  readonly text: string;
  /** Only for kind `request`. */
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly status: number;
    readonly durationMs: number;
    readonly requestId: string;
    readonly code: string | null;
    readonly end: RequestEnd;
  } | null;
}

/** Which lines are wanted; null is no restriction. */
export interface LogFilter {
  /** One app. */
  readonly app: string | null;
  /** This level and above. */
  readonly level: AppLogLevel | null;
  /** Part of the text, without case. */
  readonly text: string | null;
  /** Of requests: `404`, or `5xx`. Lines that are no requests are left out then. */
  readonly status: string | null;
  /** Of requests. Lines that are no requests are left out then. */
  readonly method: string | null;
  /** Only lines of these kinds. */
  readonly kinds: readonly LogLineKind[] | null;
  /** Share of the lines that is wanted, above 0 to 1. */
  readonly sample: number;
}

/** Lines for one follower. */
export interface LogBatch {
  /** Oldest first. */
  readonly lines: readonly LogLine[];
  /** Lines that matched and were dropped because the follower was too slow. */
  readonly dropped: number;
}

/** The watching side of a running NANO. */
export interface Observations {
  /** All zero for an app that had no request. */
  requestSummary(app: string): RequestSummary;
  /** Requests by status since the app was added. */
  requestsByStatus(app: string): ReadonlyMap<number, number>;
  /** Requests by how they ended, since the app was added. */
  requestsByEnd(app: string): ReadonlyMap<RequestEnd, number>;
  /** Seconds between ticks. */
  readonly tickSeconds: number;
  /** The recent past of an app; empty lists when nothing is known. */
  series(app: string): AppSeries;
  /** A batch of all apps' last tick, once a tick; ends with the signal. The first comes at once. */
  ticks(signal: AbortSignal): AsyncIterable<readonly AppTick[]>;
  /** The last lines that match, oldest first. Requests are kept only while somebody follows, so they are not among them. */
  recentLines(filter: LogFilter, limit: number): readonly LogLine[];
  /** Lines from now on, in batches; ends with the signal. */
  followLines(filter: LogFilter, signal: AbortSignal): AsyncIterable<LogBatch>;
}
