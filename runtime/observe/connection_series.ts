/** Counts the TCP connections that apps open: those that stand, and what came of all. */
import type { BindingOutcome, ConnectionClosedEvent, ConnectionEvent } from "../terms/events.ts";
import type { SeriesMetric } from "./binding_series.ts";
import type { Sample } from "./duration_samples.ts";

interface Series {
  readonly counts: Map<BindingOutcome, number>;
  open: number;
}

/** The connections of all apps. */
export class ConnectionSeries {
  readonly #apps = new Map<string, Series>();

  /** Names of the apps that have opened one. */
  apps(): IterableIterator<string> {
    return this.#apps.keys();
  }

  /** Takes the beginning or the end of one. */
  observe(event: ConnectionEvent | ConnectionClosedEvent): void {
    let series = this.#apps.get(event.app);
    if (event.event === "connection_closed") {
      // The app may have been forgotten, and its connections with it.
      if (series !== undefined && series.open > 0) series.open--;
      return;
    }
    if (series === undefined) this.#apps.set(event.app, series = { counts: new Map(), open: 0 });
    series.counts.set(event.outcome, (series.counts.get(event.outcome) ?? 0) + 1);
    if (event.outcome === "ok") series.open++;
  }

  /** The app is gone. */
  forget(app: string): void {
    this.#apps.delete(app);
  }

  /** Its metrics; `read` gives their lines of the moment. */
  metrics(): readonly SeriesMetric[] {
    return [
      {
        name: "nano_outbound_connections",
        type: "gauge",
        help: "TCP connections that the app has open, beside those of fetch.",
        read: () => [...this.#apps].map(([app, { open }]): Sample => ({ labels: { app }, value: open })),
      },
      {
        name: "nano_outbound_connections_total",
        type: "counter",
        help:
          "TCP connections that the app asked for by outcome: ok, refused by a rule or a bound, failed, or given_up.",
        read: () => this.#totals(),
      },
    ];
  }

  #totals(): Sample[] {
    return [...this.#apps].flatMap(([app, { counts }]) =>
      [...counts].map(([outcome, value]) => ({ labels: { app, outcome }, value }))
    );
  }
}
