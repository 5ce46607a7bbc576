/** What the front door and the way out tell of a request's spans; trace/otel_tracer.ts records them. */

import type { RequestEnd } from "../terms/request_end.ts";

/** Headers of a span for whoever is called under it. */
export interface TraceLink {
  readonly traceparent: string;
  readonly tracestate: string | null;
}

/** The app's part of one request. */
export interface RequestSpan extends TraceLink {
  /**
   * The request is over.
   * @param how.code of NANO's own answer, or null when the app answered
   */
  end(status: number, how: { readonly code: string | null; readonly end: RequestEnd }): void;
}

/** One fetch that the host performs for an app. */
export interface FetchSpan extends TraceLink {
  /** The response's head is there. */
  end(status: number): void;
  /** There will be none. */
  fail(error: unknown): void;
}

/** A request that an app is about to get. */
export interface TracedRequest {
  readonly app: string;
  /** Of its code. */
  readonly version: string | null;
  readonly method: string;
  readonly requestId: string;
  /** As the client sent them. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/** A fetch that is about to leave. */
export interface TracedFetch {
  readonly app: string;
  readonly method: string;
  readonly url: string;
  /** As the app or its isolate sent them. */
  readonly traceparent: string | null;
  readonly tracestate: string | null;
}

/** What the host does for an app besides: a connection, a call of a binding. */
export interface TracedCall {
  readonly app: string;
  /** One of few. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  /** Header block of the trace context in which the app asks, as its isolate says; "" without any. */
  readonly trace: string;
}

/** It under way. */
export interface CallSpan {
  /** It is done. @param failure why not, as one of few words, or null */
  end(failure: string | null): void;
}

/** Makes spans. There is none while Deno's OpenTelemetry is off, and nothing of this costs anything then. */
export interface Tracer {
  /** Begins the app's part, below the span of the server that runs now. */
  startRequest(request: TracedRequest): RequestSpan;
  /** Begins a fetch, below what the app sent. */
  startFetch(fetch: TracedFetch): FetchSpan;
  /** Begins what the host does for an app besides. */
  startCall(call: TracedCall): CallSpan;
}
