/** The `queues` of an app: which queues it consumes, and how. */
import { z } from "zod";
import { CONSUMER_DEFAULTS, consumerShape } from "../bindings/queue/config.ts";
import { section } from "./written_value.ts";

export { MAX_DELAY_SECONDS } from "../bindings/queue/config.ts";

/** One entry of `queues.consumers`, by wrangler's keys. */
export const consumerSchema = section(consumerShape, 'an object such as { "queue": "jobs" }');

/** The key `queues` of an app. */
export const appQueuesSchema = section({
  consumers: z.array(consumerSchema, "expected a list of consumers").optional().meta({
    description: "Queues whose messages the app gets by `queue(batch, env, ctx)`; each queue has one consumer.",
  }),
}, 'an object such as { "consumers": [{ "queue": "jobs" }] }');

/** A consumer as it is written. */
export type WrittenConsumer = z.input<typeof consumerSchema>;

/** How an app consumes a queue. */
export interface ConsumerConfig {
  /** Name of the queue, as the app is told it. */
  readonly queue: string;
  /** Where it is kept: its name, or for one of a Workers project a name that no other app can have. */
  readonly store: string;
  /** Messages of a batch at most. */
  readonly maxBatchSize: number;
  /** How long the first message of a batch waits for others. */
  readonly maxBatchTimeoutMs: number;
  /** How often a message is delivered again after it failed. */
  readonly maxRetries: number;
  /** Where what failed too often is kept, or null when it is deleted. */
  readonly deadLetterStore: string | null;
  /** Batches at once. */
  readonly maxConcurrency: number;
  /** Until what has failed is delivered again. */
  readonly retryDelayMs: number;
}

/** @param storeOf where the queue of a name is kept */
export function resolvedConsumers(
  written: readonly WrittenConsumer[],
  storeOf: (queue: string) => string = (queue) => queue,
): ConsumerConfig[] {
  return written.map((consumer) => {
    const { queue, dead_letter_queue } = consumer;
    const value = (key: keyof typeof CONSUMER_DEFAULTS): number => consumer[key] ?? CONSUMER_DEFAULTS[key];
    return {
      queue,
      store: storeOf(queue),
      maxBatchSize: value("max_batch_size"),
      maxBatchTimeoutMs: value("max_batch_timeout") * 1000,
      maxRetries: value("max_retries"),
      deadLetterStore: dead_letter_queue === undefined ? null : storeOf(dead_letter_queue),
      maxConcurrency: value("max_concurrency"),
      retryDelayMs: value("retry_delay") * 1000,
    };
  });
}
