/** Spans by the OpenTelemetry that Deno brings along: https://docs.deno.com/runtime/fundamentals/open_telemetry/. */
import type { Context, Span, SpanStatusCode, Tracer as OtelApiTracer } from "@opentelemetry/api";
import type { EventHub } from "../terms/events.ts";
import { formatTraceparent, leadingTrace, parseTraceparent } from "../protocol/trace_context.ts";
import { isFailure, type RequestEnd } from "../terms/request_end.ts";
import { NANO_VERSION } from "../version.ts";
import { AppStarts } from "./app_starts.ts";
import type {
  CallSpan,
  FetchSpan,
  RequestSpan,
  TracedCall,
  TracedFetch,
  TracedRequest,
  TraceLink,
  Tracer,
} from "./tracer.ts";

type Api = typeof import("@opentelemetry/api");

/** Where Deno registers itself before any module runs, when OTEL_DENO=true. */
const REGISTRY = Symbol.for("opentelemetry.js.api.1");

/** Traces through Deno's own OpenTelemetry. */
export class OtelTracer implements Tracer {
  readonly #api: Api;
  readonly #tracer: OtelApiTracer;

  private constructor(api: Api) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("nano", NANO_VERSION);
  }

  /** @returns null when Deno's OpenTelemetry is off; its API is not even loaded then */
  static async open(): Promise<OtelTracer | null> {
    const registry = (globalThis as unknown as Record<symbol, { trace?: unknown } | undefined>)[REGISTRY];
    if (registry?.trace === undefined) return null;
    return new OtelTracer(await import("@opentelemetry/api"));
  }

  /** Makes spans of what the events tell: the starts of isolates. */
  follow(events: EventHub): this {
    const starts = new AppStarts(this.#tracer, this.#api);
    events.listen((event) => starts.listen(event));
    return this;
  }

  startRequest(request: TracedRequest): RequestSpan {
    const { app, version, method, requestId } = request;
    const span = this.#tracer.startSpan(`app ${app}`, {
      kind: this.#api.SpanKind.INTERNAL,
      attributes: {
        "nano.app": app,
        "http.request.method": method,
        "nano.request_id": requestId,
        ...(version === null ? {} : { "nano.app.version": version }),
      },
    });
    return new OtelRequestSpan(span, linkOf(span, request), this.#api.SpanStatusCode);
  }

  startFetch(fetch: TracedFetch): FetchSpan {
    const { app, method } = fetch;
    const span = this.#tracer.startSpan(
      method,
      {
        kind: this.#api.SpanKind.CLIENT,
        attributes: { "nano.app": app, "http.request.method": method, ...addressOf(fetch.url) },
      },
      this.#parentOf(fetch.traceparent),
    );
    return new OtelFetchSpan(span, linkOf(span, fetch), this.#api.SpanStatusCode);
  }

  startCall({ app, name, attributes, trace }: TracedCall): CallSpan {
    const { SpanKind, SpanStatusCode } = this.#api;
    // leadingTrace() has looked at the value: it is the block's second line.
    const traceparent = leadingTrace(trace)?.split("\n", 2)[1] ?? null;
    const options = { kind: SpanKind.CLIENT, attributes: { "nano.app": app, ...attributes } };
    const span = this.#tracer.startSpan(name, options, this.#parentOf(traceparent));
    return {
      end(failure) {
        if (failure !== null) span.setAttribute("error.type", failure).setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  /** An app may send anything: what is no trace context begins a trace of its own. */
  #parentOf(traceparent: string | null): Context {
    const { ROOT_CONTEXT, trace } = this.#api;
    const parent = traceparent === null ? null : parseTraceparent(traceparent);
    if (parent === null) return ROOT_CONTEXT;
    const { traceId, spanId, flags } = parent;
    return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags, isRemote: true });
  }
}

/** A span that others go on from. */
abstract class LinkedSpan implements TraceLink {
  readonly traceparent: string;
  readonly tracestate: string | null;
  protected readonly span: Span;
  protected readonly codes: typeof SpanStatusCode;

  constructor(span: Span, link: TraceLink, codes: typeof SpanStatusCode) {
    this.traceparent = link.traceparent;
    this.tracestate = link.tracestate;
    this.span = span;
    this.codes = codes;
  }
}

class OtelRequestSpan extends LinkedSpan implements RequestSpan {
  end(status: number, { code, end }: { readonly code: string | null; readonly end: RequestEnd }): void {
    const span = this.span;
    span.setAttributes({ "http.response.status_code": status, "nano.end": end });
    if (code !== null) span.setAttributes({ "nano.error": code, "error.type": code });
    else if (isFailure(status, end)) span.setAttribute("error.type", end === "done" ? String(status) : end);
    // A cut answer is an error whatever its head said.
    const message = code ?? (end === "done" ? null : end);
    if (isFailure(status, end)) span.setStatus({ code: this.codes.ERROR, ...(message === null ? {} : { message }) });
    span.end();
  }
}

class OtelFetchSpan extends LinkedSpan implements FetchSpan {
  end(status: number): void {
    this.span.setAttribute("http.response.status_code", status);
    if (status >= 400) {
      this.span.setAttribute("error.type", String(status));
      this.span.setStatus({ code: this.codes.ERROR });
    }
    this.span.end();
  }

  fail(error: unknown): void {
    const name = error instanceof Error ? error.name : "Error";
    this.span.setAttribute("error.type", name);
    this.span.setStatus({ code: this.codes.ERROR, message: error instanceof Error ? error.message : String(error) });
    this.span.end();
  }
}

/** A `tracestate` goes on with the trace it came with, and with no other. */
function linkOf(
  span: Span,
  given: { readonly traceparent: string | null; readonly tracestate: string | null },
): TraceLink {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const parent = given.traceparent === null ? null : parseTraceparent(given.traceparent);
  return {
    traceparent: formatTraceparent({ traceId, spanId, flags: traceFlags }),
    tracestate: parent?.traceId === traceId ? given.tracestate : null,
  };
}

/** Without user, password and query: they carry secrets. */
function addressOf(url: string): Record<string, string | number> {
  if (!URL.canParse(url)) return {};
  const { protocol, hostname, port, origin, pathname } = new URL(url);
  return {
    "url.full": `${origin}${pathname}`,
    "server.address": hostname,
    "server.port": port === "" ? (protocol === "https:" ? 443 : 80) : Number(port),
  };
}
