/** Consumes the apps' queues: in the generation that serves, each queue by one app. */
import type { ConsumerConfig } from "../config/resolved_config.ts";
import { type ConsumerTools, QueueConsumer, type QueueTarget } from "./queue_consumer.ts";

/** The consumers of all apps. */
export class QueueConsumers implements Disposable {
  readonly #tools: ConsumerTools;
  /** By store: a queue keeps its consumer while versions of its app come and go. */
  readonly #consumers = new Map<string, QueueConsumer>();
  /** Those that take nothing any more and may have batches under way. */
  readonly #leaving = new Set<QueueConsumer>();

  constructor(tools: Omit<ConsumerTools, "owner">) {
    this.#tools = { ...tools, owner: crypto.randomUUID() };
  }

  /** From now on these apps get messages and no others; batches under way are not touched. */
  follow(targets: Iterable<QueueTarget>): void {
    const wanted = new Map<string, { readonly target: QueueTarget; readonly config: ConsumerConfig }>();
    for (const target of targets) {
      for (const config of target.app.consumers) wanted.set(config.store, { target, config });
    }
    for (const [store, consumer] of this.#consumers) {
      if (wanted.has(store)) continue;
      consumer[Symbol.dispose]();
      this.#consumers.delete(store);
      this.#leaving.add(consumer);
      void consumer.ended().then(() => this.#leaving.delete(consumer));
    }
    for (const [store, { target, config }] of wanted) {
      const consumer = this.#consumers.get(store);
      if (consumer === undefined) this.#consumers.set(store, new QueueConsumer(target, config, this.#tools));
      else consumer.follow(target, config);
    }
  }

  /** Settles when all that was taken has been settled. */
  async ended(): Promise<void> {
    await Promise.all([...this.#consumers.values(), ...this.#leaving].map((consumer) => consumer.ended()));
  }

  /** No message is taken any more; batches under way are settled. */
  [Symbol.dispose](): void {
    this.follow([]);
  }
}
