/** The spans of requests with Deno's OpenTelemetry on, as a collector gets them from the real command line. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "../life/until.ts";
import { type CollectedSpan, type SpanCollector, startSpanCollector } from "./span_collector.ts";
import { CALLS_APP, startTraceUpstream, TRACE_APP } from "./trace_app.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

/** The app's span of a request. */
function appSpan({ spans }: SpanCollector, requestId: string): Promise<CollectedSpan> {
  return until(
    () => spans.find(({ attributes }) => attributes["nano.request_id"] === requestId),
    `the span of request ${requestId}`,
  );
}

function parentOf({ spans }: SpanCollector, child: CollectedSpan): Promise<CollectedSpan> {
  return until(() => spans.find(({ spanId }) => spanId === child.parentSpanId), `the parent of "${child.name}"`);
}

Deno.test("With OTEL_DENO=true server, app and outgoing fetch are one trace", async (t) => {
  await using upstream = startTraceUpstream();
  await using collector = startSpanCollector();
  await using project = await TempProject.create({
    app: { files: TRACE_APP, config: { outbound: "any", env: { UPSTREAM: upstream.url } } },
    calls: {
      files: CALLS_APP,
      config: { outbound: "any", env: { UPSTREAM: upstream.url }, bindings: { CACHE: { kv: "cache" } } },
    },
    broken: { files: `throw new Error("at the start");` },
  });
  await using nano = await NanoProcess.start(project.configFile, {
    env: {
      OTEL_DENO: "true",
      OTEL_DENO_CONSOLE: "ignore",
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_BSP_SCHEDULE_DELAY: "100",
    },
  });
  const call = async (path: string, headers: Record<string, string> = {}) => {
    const response = await nano.fetch("app", path, { headers });
    const text = await response.text();
    return { response, text, span: await appSpan(collector, response.headers.get("x-request-id")!) };
  };

  await t.step("continues the client's trace and hands each its own parent", async () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    const { text, span } = await call("/await/one", { traceparent, tracestate: "a=1" });
    assertEquals([span.name, span.traceId, span.scope, span.statusCode], ["app app", TRACE, "nano", 0]);
    assertEquals(JSON.parse(text), [`00-${TRACE}-${span.spanId}-01`, "a=1"]);
    const { attributes } = span;
    assertEquals([attributes["nano.app"], attributes["http.request.method"]], ["app", "GET"]);
    assertEquals(Number(attributes["http.response.status_code"]), 200);
    assert(String(attributes["nano.app.version"]).length > 5, JSON.stringify(attributes));

    const server = await parentOf(collector, span);
    assertEquals([server.scope, server.kind, server.traceId, server.parentSpanId], ["deno", 2, TRACE, SPAN]);

    const [sent, state] = upstream.seen.get("one")!;
    const client = await until(
      () => collector.spans.find(({ spanId }) => sent === `00-${TRACE}-${spanId}-01`),
      "the span of the fetch",
    );
    assertEquals([client.name, client.kind, client.parentSpanId, client.traceId], ["GET", 3, span.spanId, TRACE]);
    assertEquals([client.attributes["url.full"], client.attributes["nano.app"]], [`${upstream.url}/one`, "app"]);
    assertEquals(Number(client.attributes["http.response.status_code"]), 200);
    assertEquals(state, "a=1");
    assert(span.durationMs >= client.durationMs, `${span.durationMs} ms around ${client.durationMs} ms`);
  });

  await t.step("begins a trace where the client sends none, or an invalid one", async () => {
    const seen = new Set([TRACE]);
    for (const headers of [{}, { traceparent: `00-${TRACE}-${"0".repeat(16)}-01`, tracestate: "a=1" }]) {
      const id = `fresh-${seen.size}`;
      const { text, span } = await call(`/plain/${id}`, headers as Record<string, string>);
      assert(!seen.has(span.traceId), span.traceId);
      seen.add(span.traceId);
      assertEquals(JSON.parse(text), [`00-${span.traceId}-${span.spanId}-01`, null]);
      const server = await parentOf(collector, span);
      assertEquals([server.parentSpanId, server.traceId], ["", span.traceId]);
      const [sent, state] = upstream.seen.get(id)!;
      assertEquals([sent!.slice(0, 36), state], [`00-${span.traceId}-`, null]);
      assertNotEquals(sent, `00-${span.traceId}-${span.spanId}-01`);
    }
  });

  await t.step("tells how a fetch and a request failed", async () => {
    const refused = await call("/refused/x?secret=1");
    const failed = await until(
      () => collector.spans.find(({ parentSpanId }) => parentSpanId === refused.span.spanId),
      "the span of the refused fetch",
    );
    assertEquals([failed.statusCode, failed.attributes["error.type"]], [2, "TypeError"]);
    assertEquals(refused.span.statusCode, 0);

    const unavailable = await call("/plain/status-503");
    const answered = await until(
      () => collector.spans.find(({ parentSpanId }) => parentSpanId === unavailable.span.spanId),
      "the span of the fetch that got 503",
    );
    assertEquals([answered.statusCode, answered.attributes["error.type"]], [2, "503"]);

    const thrown = await call("/throws/x");
    assertEquals(thrown.response.status, 500);
    assertEquals([thrown.span.statusCode, thrown.span.attributes["nano.error"]], [2, "APP_EXCEPTION"]);
    assertEquals(thrown.span.attributes["error.type"], "APP_EXCEPTION");
    assertEquals(Number(thrown.span.attributes["http.response.status_code"]), 500);
  });

  await t.step("TCP connections and calls of bindings stand below the request that asks for them", async () => {
    const below = async (way: string, count: number) => {
      const response = await nano.fetch("calls", `/${way}`);
      assertEquals(await response.text(), "done");
      const span = await appSpan(collector, response.headers.get("x-request-id")!);
      const found = await until(() => {
        const children = collector.spans.filter(({ parentSpanId }) => parentSpanId === span.spanId);
        return children.length >= count && children;
      }, `${count} spans of ${way}`);
      for (const { traceId, kind, attributes } of found) {
        assertEquals([traceId, kind, attributes["nano.app"]], [span.traceId, 3, "calls"]);
      }
      return found;
    };
    const port = Number(new URL(upstream.url).port);
    const connections = await below("tcp", 2);
    const told = connections.map(({ name, statusCode, attributes }) => [
      name,
      statusCode,
      attributes["server.address"],
      Number(attributes["server.port"]),
      attributes["network.transport"],
      attributes["nano.tls"],
      attributes["error.type"],
    ]);
    assertEquals(told, [
      ["connect", 0, "127.0.0.1", port, "tcp", false, undefined],
      ["connect", 2, "127.0.0.1", 1, "tcp", false, "ECONNREFUSED"],
    ]);
    const calls = await below("kv", 3);
    assertEquals(
      calls.map(({ name, statusCode, attributes }) => [
        name,
        statusCode,
        attributes["nano.binding"],
        attributes["nano.operation"],
        attributes["error.type"],
      ]),
      [
        ["CACHE.put", 0, "CACHE", "put", undefined],
        ["CACHE.get", 0, "CACHE", "get", undefined],
        ["CACHE.put", 2, "CACHE", "put", "refused"],
      ],
    );
  });

  await t.step("tells the starts of isolates", async () => {
    const start = (name: string) =>
      until(() => collector.spans.find((span) => span.name === `start ${name}`), `the start of "${name}"`);
    const started = await start("app");
    assertEquals([started.parentSpanId, started.statusCode], ["", 0]);
    assert(String(started.attributes["nano.app.version"]).length > 5);
    const failed = await start("broken");
    assertEquals([failed.statusCode, failed.attributes["error.type"]], [2, "boot_failed"]);
  });

  await t.step("gives apps no way to the exporter", async () => {
    assertEquals((await call("/doors/x")).text, "[]");
  });

  assert((await nano.stop()).success);
});
