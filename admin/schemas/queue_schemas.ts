/** What the admin API tells and takes of queues, as schemas. */
import { z } from "@hono/zod-openapi";
import { storeUseSchema } from "./kv_schemas.ts";

/** A queue. */
export const queueSchema = z.object({
  name: z.string().meta({
    description: "As nano.json names it; one of a Workers project is `<app>.<queue>`.",
    examples: ["mails"],
  }),
  producers: z.array(storeUseSchema).meta({ description: "Bindings that send to it." }),
  consumer: z.string().nullable().meta({ description: "The app that gets its messages." }),
  dead_letter_queue: z.string().nullable().meta({
    description: "Where messages go that failed too often; null when they are deleted.",
  }),
  dead_letters_of: z.array(z.string()).meta({ description: "Queues whose dead letters come here." }),
  messages: z.number(),
  bytes: z.number().meta({ description: "Of all bodies." }),
  max_bytes: z.number().meta({ description: "That all bodies may have: `storage_mb` of the apps that use it." }),
  delayed: z.number().meta({ description: "Messages that may not be delivered yet." }),
  leased: z.number().meta({ description: "Messages that the consumer has." }),
  oldest: z.string().nullable().meta({ description: "When the oldest message was sent; ISO 8601." }),
  stored_bytes: z.number().meta({ description: "On the disk." }),
}).meta({ id: "Queue" });

/** A queue. */
export type QueueAnswer = z.infer<typeof queueSchema>;

/** All queues. */
export const queueListSchema = z.object({ queues: z.array(queueSchema) }).meta({ id: "QueueList" });

const messageSchema = z.object({
  id: z.string().meta({ description: "A dead letter keeps it." }),
  sent: z.string().meta({ description: "ISO 8601." }),
  visible: z.string().meta({ description: "When it may be delivered, or is free again; ISO 8601." }),
  leased: z.boolean().meta({ description: "Whether the consumer has it." }),
  failures: z.number().meta({ description: "How often it was delivered in vain, in this queue." }),
  content_type: z.enum(["text", "bytes", "json", "v8"]),
  origin: z.string().nullable().meta({ description: "The queue in which it became a dead letter." }),
  size: z.number().meta({ description: "Of its whole body, in bytes." }),
  body: z.string().meta({ description: "Text as it is, JSON as its text, anything else as base64." }),
  base64: z.boolean(),
  cut: z.boolean().meta({ description: "Whether the body goes on." }),
}).meta({ id: "QueueMessage" });

/** A message. */
export type QueueMessageAnswer = z.infer<typeof messageSchema>;

/** A page of messages. */
export const queueMessagesSchema = z.object({
  messages: z.array(messageSchema),
  cursor: z.string().nullable().meta({ description: "For the next page; null when there is none." }),
}).meta({ id: "QueueMessagePage" });

/** A page of messages. */
export type QueueMessagesAnswer = z.infer<typeof queueMessagesSchema>;

/** A message to send. */
export const queueSendSchema = z.strictObject({
  body: z.unknown().meta({ description: "Any JSON; of `text` a text, of `bytes` base64." }),
  content_type: z.enum(["json", "text", "bytes"], 'expected "json", "text" or "bytes"').optional().meta({
    description: "Default: `json`.",
  }),
  delay_seconds: z.int("expected a whole number of seconds").optional().meta({ description: "Up to 86,400." }),
}, "expected an object with body").meta({ id: "QueueSend", examples: [{ body: { to: "ada@example.com" } }] });

/** A message to send. */
export type QueueSendBody = z.input<typeof queueSendSchema>;

/** A change of a queue. */
export const queueChangeSchema = z.object({ queue: z.string() }).meta({ id: "QueueChange" });

/** What a purge came to. */
export const queuePurgeSchema = z.object({ queue: z.string(), messages: z.number() }).meta({ id: "QueuePurge" });

/** What a purge came to. */
export type QueuePurge = z.infer<typeof queuePurgeSchema>;

/** Which dead letters are to be put back. */
export const queueRetrySchema = z.union([
  z.strictObject({ ids: z.array(z.string("expected an id"), "expected a list of ids") }),
  z.strictObject({ all: z.literal(true, "expected true") }),
], 'expected { "ids": […] } or { "all": true }').meta({ id: "QueueRetry", examples: [{ all: true }] });

/** What came of putting dead letters back. */
export const queueRetriedSchema = z.object({
  done: z.number().meta({ description: "Messages that are in the queue they came from." }),
  left: z.object({
    missing: z.number().meta({ description: "Ids that are not there." }),
    no_dead_letter: z.number().meta({ description: "Messages that came from no queue." }),
    leased: z.number().meta({ description: "Messages that a consumer has." }),
    in_origin: z.number().meta({ description: "Messages that the queue they came from has still, or again." }),
  }),
}).meta({ id: "QueueRetried" });

/** What came of putting dead letters back. */
export type QueueRetried = z.infer<typeof queueRetriedSchema>;
