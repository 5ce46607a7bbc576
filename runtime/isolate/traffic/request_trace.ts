/** Which traced request the running code works for: its trace context, as a header block. */
import { AsyncLocalStorage } from "node:async_hooks";
import { joinHeaders } from "../../protocol/header_block.ts";
import { headersHas } from "../../protocol/primordials.ts";
import { leadingTrace } from "../../protocol/trace_context.ts";

const storage = new AsyncLocalStorage<string>();
// The app gets the same class with node:async_hooks.
const { run, getStore } = AsyncLocalStorage.prototype;
const { apply } = Reflect;

/**
 * Runs work for a request. What it leaves behind belongs to it too: awaits, timers, waitUntil, streams.
 * @param headers block of the request; one without a valid trace context costs nothing
 */
export function runTraced(headers: string, work: () => void): void {
  const trace = leadingTrace(headers);
  if (trace === null) work();
  else apply(run, storage, [trace, work]);
}

/** Header block of the trace context that outgoing requests carry on, or "". */
export function currentTrace(): string {
  return (apply(getStore, storage, []) as string | undefined) ?? "";
}

/** Header block of a request, its trace first unless the app sends one of its own. */
export function withTrace(headers: Headers): string {
  const trace = currentTrace();
  const own = trace !== "" && (headersHas(headers, "traceparent") || headersHas(headers, "tracestate"));
  return own ? joinHeaders(headers) : trace + joinHeaders(headers);
}
