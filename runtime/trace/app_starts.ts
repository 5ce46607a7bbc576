/** The starts of isolates as spans, made from NANO's events. */
import type { Span, SpanStatusCode, Tracer } from "@opentelemetry/api";
import type { NanoEvent } from "../terms/events.ts";

/** Follows the starts of all apps. */
export class AppStarts {
  readonly #tracer: Tracer;
  readonly #codes: typeof SpanStatusCode;
  /** Starts under way, by app; as many as there are apps at most. */
  readonly #running = new Map<string, Span>();

  constructor(tracer: Tracer, codes: { readonly SpanStatusCode: typeof SpanStatusCode }) {
    this.#tracer = tracer;
    this.#codes = codes.SpanStatusCode;
  }

  /** Takes an event. */
  listen(event: NanoEvent): void {
    switch (event.event) {
      case "app_starting":
        this.#end(event.app, null);
        this.#running.set(
          event.app,
          this.#tracer.startSpan(`start ${event.app}`, {
            root: true,
            attributes: { "nano.app": event.app, "nano.start.attempt": event.attempt },
          }),
        );
        break;
      case "app_ready":
        this.#running.get(event.app)?.setAttribute("nano.app.version", event.version);
        this.#end(event.app, null);
        break;
      case "app_failed":
      case "app_exit":
        // These ends are planned, of an isolate that has started long ago.
        if (event.reason === "drained" || event.reason === "parked" || event.reason === "drain_timeout") break;
        this.#end(event.app, event.reason);
        break;
    }
  }

  /** The reason alone: messages are the app's own words, and stand in the log. */
  #end(app: string, failure: string | null): void {
    const span = this.#running.get(app);
    if (span === undefined) return;
    this.#running.delete(app);
    if (failure !== null) {
      span.setAttribute("error.type", failure);
      span.setStatus({ code: this.#codes.ERROR });
    }
    span.end();
  }
}
