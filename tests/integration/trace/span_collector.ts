/** An OTLP/HTTP collector on loopback that keeps the spans it is sent as JSON. */

/** A span as OTLP has it, its attributes as a plain object. */
export interface CollectedSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  /** "" for the first of a trace. */
  readonly parentSpanId: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** 2 for an error. */
  readonly statusCode: number;
  readonly scope: string;
  readonly durationMs: number;
}

/** A running collector. */
export interface SpanCollector extends AsyncDisposable {
  readonly url: string;
  readonly spans: readonly CollectedSpan[];
}

/** Starts it. */
export function startSpanCollector(): SpanCollector {
  const spans: CollectedSpan[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const body = await request.json();
    if (new URL(request.url).pathname === "/v1/traces") spans.push(...spansOf(body));
    return Response.json({});
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    spans,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

// deno-lint-ignore no-explicit-any
function spansOf(body: any): CollectedSpan[] {
  const found: CollectedSpan[] = [];
  for (const resource of body.resourceSpans) {
    for (const { scope, spans } of resource.scopeSpans) {
      for (const span of spans) {
        found.push({
          name: span.name,
          traceId: span.traceId,
          spanId: span.spanId,
          parentSpanId: span.parentSpanId,
          kind: span.kind,
          // deno-lint-ignore no-explicit-any
          attributes: Object.fromEntries(span.attributes.map(({ key, value }: any) => [key, Object.values(value)[0]])),
          statusCode: span.status.code,
          scope: scope.name,
          durationMs: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
        });
      }
    }
  }
  return found;
}
