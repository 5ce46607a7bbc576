/** The keys of queues: a binding that sends to one, and who consumes one. */
import { z } from "zod";

// https://developers.cloudflare.com/queues/platform/limits/
/** Messages of a queue wait at most this long for their delivery, when sent and when retried. */
export const MAX_DELAY_SECONDS = 86_400;
const MAX_BATCH_MESSAGES = 100;
const MAX_BATCH_SECONDS = 60;
const MAX_RETRIES = 100;
const MAX_CONCURRENCY = 250;

const nameRule = 'expected the name of a queue: 1 to 63 of a-z, 0-9, "-" and "_", not beginning with "-" or "_"';
const objectRule = 'expected the name of a queue, or an object such as { "name": "jobs", "delivery_delay": 60 }';

/** A queue's name. */
export const queueName = z.string(nameRule).regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, nameRule);

function whole(unit: string, min: number, max: number): z.ZodInt {
  const rule = `expected a whole number of ${unit} from ${min} to ${max}`;
  return z.int(rule).min(min, rule).max(max, rule);
}

const delay = whole("seconds", 0, MAX_DELAY_SECONDS);

/** `{ "queue": "jobs" }`, or an object with options: apps that name the same queue send to the same. */
export const queueConfig = z.union([
  queueName,
  z.strictObject({
    name: queueName.meta({ description: "Name of the queue." }),
    delivery_delay: delay.optional().meta({
      description: "Seconds that a message waits before it is delivered, where `send` does not say.",
      default: 0,
    }),
  }, objectRule),
], objectRule).meta({
  description: "Name of a queue, kept in `state_dir`; or an object with its `name` and options.",
});

/** One consumer, by the keys that wrangler's `queues.consumers` have; `section` makes an object of them. */
export const consumerShape = {
  queue: queueName.meta({ description: "The queue whose messages `queue(batch, env, ctx)` gets." }),
  max_batch_size: whole("messages", 1, MAX_BATCH_MESSAGES).optional().meta({
    description: "Messages of a batch at most.",
    default: 10,
  }),
  max_batch_timeout: whole("seconds", 0, MAX_BATCH_SECONDS).optional().meta({
    description: "How long the first message of a batch waits for others, in seconds.",
    default: 5,
  }),
  max_retries: whole("retries", 0, MAX_RETRIES).optional().meta({
    description: "How often a message is delivered again after it failed; then it is a dead letter.",
    default: 3,
  }),
  dead_letter_queue: queueName.optional().meta({
    description: "Where messages go that have failed too often. Without one they are deleted.",
  }),
  max_concurrency: whole("batches", 1, MAX_CONCURRENCY).nullable().optional().meta({
    description: "Batches that the app works on at once.",
    default: 10,
  }),
  retry_delay: delay.optional().meta({
    description: "Seconds until a failed message is delivered again, where `retry` does not say.",
    default: 0,
  }),
} as const;

/** What holds where a consumer does not say; as on Workers, but for the concurrency, which is scaled there. */
export const CONSUMER_DEFAULTS = {
  max_batch_size: 10,
  max_batch_timeout: 5,
  max_retries: 3,
  max_concurrency: 10,
  retry_delay: 0,
} as const;
