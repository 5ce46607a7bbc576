/** The part of the client that looks at queues, sends to them, and puts dead letters back. */
import type {
  QueueAnswer,
  QueueMessagesAnswer,
  QueuePurge,
  QueueRetried,
  QueueSendBody,
} from "../schemas/queue_schemas.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { pathPart } from "./url_parts.ts";

/** Which messages are wanted. */
export interface QueuePeekQuery {
  /** Of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
  /** So many of each body. */
  readonly bodyBytes?: number;
}

/** Queues of a running NANO; every method throws {@linkcode AdminError}. */
export class QueueClient {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  async list(): Promise<readonly QueueAnswer[]> {
    return (await this.#json<{ readonly queues: readonly QueueAnswer[] }>("GET", "")).queues;
  }

  async info(queue: string): Promise<QueueAnswer> {
    return await this.#json("GET", `/${pathPart(queue)}`);
  }

  /** A page of messages. */
  async peek(queue: string, { cursor, limit, bodyBytes }: QueuePeekQuery = {}): Promise<QueueMessagesAnswer> {
    const query = new URLSearchParams();
    if (cursor !== undefined) query.set("cursor", cursor);
    if (limit !== undefined) query.set("limit", String(limit));
    if (bodyBytes !== undefined) query.set("body_bytes", String(bodyBytes));
    return await this.#json("GET", `/${pathPart(queue)}/messages?${query}`);
  }

  async send(queue: string, message: QueueSendBody): Promise<void> {
    await this.#json("POST", `/${pathPart(queue)}/messages`, message);
  }

  async purge(queue: string): Promise<QueuePurge> {
    return await this.#json("POST", `/${pathPart(queue)}/purge`);
  }

  /** Puts dead letters back. @param ids which; null for all */
  async retry(queue: string, ids: readonly string[] | null): Promise<QueueRetried> {
    return await this.#json("POST", `/${pathPart(queue)}/retry`, ids === null ? { all: true } : { ids });
  }

  async #json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const init = body === undefined
      ? { method }
      : { method, body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    return await (await this.#connection.fetch(`${this.#connection.url}/admin/queues${path}`, init)).json();
  }
}
