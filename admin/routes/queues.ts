/** Routes of the queues: list, messages, send, purge, retry. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { NanoError, type QueueMessageView, type QueueSend, type QueueView } from "../../runtime/mod.ts";
import type { AdminEnv } from "../gate/admin_env.ts";
import { shownBody } from "../gate/message_body.ts";
import {
  type QueueAnswer,
  queueChangeSchema,
  queueListSchema,
  type QueueMessageAnswer,
  queueMessagesSchema,
  queuePurgeSchema,
  queueRetriedSchema,
  queueRetrySchema,
  queueSchema,
  type QueueSendBody,
  queueSendSchema,
} from "../schemas/queue_schemas.ts";
import { type ApiParts, changeOf } from "./api_parts.ts";
import { givenNumber, json, jsonContent, problems, wholeNumberQuery } from "./route_parts.ts";

const TAGS = ["Queues"];
const MAX_LISTED = 100;
const LISTED = 10;
/** A message never has more. */
const MAX_BODY_BYTES = 128_000;
const BODY_BYTES = 1024;

const inQueue = z.object({ queue: z.string().meta({ examples: ["mails"] }) });

const list = createRoute({
  method: "get",
  path: "/admin/queues",
  operationId: "listQueues",
  summary: "List the queues, who sends to them, who consumes them, and what waits",
  tags: TAGS,
  responses: { 200: json(queueListSchema, "Sorted by name"), ...problems },
});

const info = createRoute({
  method: "get",
  path: "/admin/queues/{queue}",
  operationId: "getQueue",
  summary: "Show one queue",
  tags: TAGS,
  request: { params: inQueue },
  responses: { 200: json(queueSchema, "The queue"), ...problems },
});

const peek = createRoute({
  method: "get",
  path: "/admin/queues/{queue}/messages",
  operationId: "peekQueue",
  summary: "Look at messages, the oldest first; they stay where they are",
  tags: TAGS,
  request: {
    params: inQueue,
    query: z.object({
      cursor: wholeNumberQuery(0, Number.MAX_SAFE_INTEGER, "Of the page before."),
      limit: wholeNumberQuery(1, MAX_LISTED, `At most so many. Default: ${LISTED}.`),
      body_bytes: wholeNumberQuery(0, MAX_BODY_BYTES, `So many of each body. Default: ${BODY_BYTES}.`),
    }),
  },
  responses: { 200: json(queueMessagesSchema, "The messages"), ...problems },
});

const send = createRoute({
  method: "post",
  path: "/admin/queues/{queue}/messages",
  operationId: "sendToQueue",
  summary: "Send a message",
  tags: TAGS,
  request: { params: inQueue, body: jsonContent(queueSendSchema) },
  responses: { 200: json(queueChangeSchema, "It is on the disk"), ...problems },
});

const purge = createRoute({
  method: "post",
  path: "/admin/queues/{queue}/purge",
  operationId: "purgeQueue",
  summary: "Delete all messages, also those that the consumer has",
  tags: TAGS,
  request: { params: inQueue },
  responses: { 200: json(queuePurgeSchema, "They are gone"), ...problems },
});

const retry = createRoute({
  method: "post",
  path: "/admin/queues/{queue}/retry",
  operationId: "retryDeadLetters",
  summary: "Put dead letters back into the queues they came from: all, or up to 1,000 by their ids",
  tags: TAGS,
  request: { params: inQueue, body: jsonContent(queueRetrySchema) },
  responses: { 200: json(queueRetriedSchema, "How many are there, and why others are not"), ...problems },
});

/** The routes of the queues. */
export function queueRoutes({ target }: ApiParts) {
  const queues = () => target.operations.data.queues;
  return new OpenAPIHono<AdminEnv>()
    .openapi(list, async (context) => context.json({ queues: (await queues().list()).map(shownQueue) }, 200))
    .openapi(info, async (context) => {
      return context.json(shownQueue(await queues().info(context.req.valid("param").queue)), 200);
    })
    .openapi(peek, async (context) => {
      const { cursor, limit, body_bytes } = context.req.valid("query");
      const page = await queues().peek(context.req.valid("param").queue, {
        cursor: givenNumber(cursor, null),
        limit: givenNumber(limit, LISTED),
        bodyBytes: givenNumber(body_bytes, BODY_BYTES),
      });
      const next = page.cursor === null ? null : String(page.cursor);
      return context.json({ messages: page.messages.map(shownMessage), cursor: next }, 200);
    })
    .openapi(send, async (context) => {
      const { queue } = context.req.valid("param");
      await queues().send(queue, messageOf(queue, context.req.valid("json")), changeOf(context));
      return context.json({ queue }, 200);
    })
    .openapi(purge, async (context) => {
      const { queue } = context.req.valid("param");
      return context.json({ queue, messages: await queues().purge(queue, changeOf(context)) }, 200);
    })
    .openapi(retry, async (context) => {
      const wish = context.req.valid("json");
      const ids = "ids" in wish ? wish.ids : null;
      const { done, left } = await queues().retry(context.req.valid("param").queue, ids, changeOf(context));
      return context.json({ done, left: { ...left } }, 200);
    });
}

function shownQueue(queue: QueueView): QueueAnswer {
  const { name, producers, consumer, messages, bytes, delayed, leased } = queue;
  return {
    name,
    producers: [...producers],
    consumer,
    dead_letter_queue: queue.deadLetterQueue,
    dead_letters_of: [...queue.deadLettersOf],
    messages,
    bytes,
    max_bytes: queue.maxBytes,
    delayed,
    leased,
    oldest: queue.oldest === null ? null : isoText(queue.oldest),
    stored_bytes: queue.storedBytes,
  };
}

function shownMessage(message: QueueMessageView): QueueMessageAnswer {
  const { id, failures, origin, size, type } = message;
  return {
    id,
    sent: isoText(message.sent),
    visible: isoText(message.visible),
    leased: message.isLeased,
    failures,
    content_type: type,
    origin,
    size,
    ...shownBody(message),
    cut: message.body.byteLength < size,
  };
}

function isoText(time: number): string {
  return new Date(time).toISOString();
}

function messageOf(queue: string, { body, content_type: type = "json", delay_seconds }: QueueSendBody): QueueSend {
  return { type, body: bodyOf(queue, type, body), delaySeconds: delay_seconds ?? null };
}

function bodyOf(queue: string, type: QueueSend["type"], body: unknown): Uint8Array {
  const refused = (why: string, cause?: unknown) =>
    new NanoError("USAGE", `Cannot send to queue "${queue}": ${why}`, { cause });
  if (body === undefined) throw refused("the message has no body");
  if (type === "json") return new TextEncoder().encode(JSON.stringify(body));
  if (typeof body !== "string") throw refused(`the body of a message of type "${type}" is a text, not ${typeof body}`);
  if (type === "text") return new TextEncoder().encode(body);
  try {
    return (Uint8Array as unknown as { fromBase64(text: string): Uint8Array }).fromBase64(body);
  } catch (error) {
    throw refused("its body is no base64", error);
  }
}
