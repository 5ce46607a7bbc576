/** Counts what became of batches and messages of queues. */
import type { QueueBatchEvent } from "../terms/events.ts";
import type { SeriesMetric } from "./binding_series.ts";
import type { Sample } from "./duration_samples.ts";

interface Series {
  /** Batches by outcome. */
  readonly batches: Map<string, number>;
  /** Messages by outcome. */
  readonly messages: Map<string, number>;
  backlog: number;
}

/** The queues that apps consume. */
export class QueueSeries {
  readonly #apps = new Map<string, Map<string, Series>>();

  /** Names of the apps that have consumed one. */
  apps(): IterableIterator<string> {
    return this.#apps.keys();
  }

  /** Takes one batch. */
  observe({ app, queue, outcome, acked, retried, dead, backlog }: QueueBatchEvent): void {
    let queues = this.#apps.get(app);
    if (queues === undefined) this.#apps.set(app, queues = new Map());
    let series = queues.get(queue);
    if (series === undefined) queues.set(queue, series = { batches: new Map(), messages: new Map(), backlog: 0 });
    add(series.batches, outcome, 1);
    add(series.messages, "acked", acked);
    add(series.messages, "retried", retried);
    add(series.messages, "dead", dead);
    series.backlog = Math.max(0, backlog - acked - dead);
  }

  /** The app is gone. */
  forget(app: string): void {
    this.#apps.delete(app);
  }

  /** Its metrics; `read` gives their lines of the moment. */
  metrics(): readonly SeriesMetric[] {
    return [
      {
        name: "nano_queue_batches_total",
        type: "counter",
        help: "Batches of messages by outcome: ok, failed, or undelivered because the app took nothing.",
        read: () => this.#counts("batches"),
      },
      {
        name: "nano_queue_messages_total",
        type: "counter",
        help: "Messages that were delivered, by what became of them: acked, retried, or dead after too many failures.",
        read: () => this.#counts("messages"),
      },
      {
        name: "nano_queue_backlog_messages",
        type: "gauge",
        help: "Messages that wait in a queue, as of its last batch.",
        read: () => this.#each((labels, { backlog }) => [{ labels, value: backlog }]),
      },
    ];
  }

  #counts(what: "batches" | "messages"): Sample[] {
    return this.#each((labels, series) =>
      [...series[what]].map(([outcome, value]) => ({ labels: { ...labels, outcome }, value }))
    );
  }

  #each(read: (labels: Sample["labels"], series: Series) => Sample[]): Sample[] {
    return [...this.#apps].flatMap(([app, queues]) =>
      [...queues].flatMap(([queue, series]) => read({ app, queue }, series))
    );
  }
}

function add(counts: Map<string, number>, outcome: string, count: number): void {
  counts.set(outcome, (counts.get(outcome) ?? 0) + count);
}
