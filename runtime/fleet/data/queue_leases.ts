/** Which messages of a queue a consumer has: the node that delivers from it knows, and tells those that ask. */
import {
  type NatsConnection,
  NoRespondersError,
  RequestError,
  type Subscription,
  TimeoutError,
} from "@nats-io/nats-core";
import type { Reached } from "../nats_session.ts";

/** A node that is asleep has no leases that matter. */
const ASK_MS = 1_000;

/** Told and asked. */
export class QueueLeases {
  readonly #subject: string;
  readonly #told: () => ReadonlyMap<string, number>;
  #shared: { readonly connection: NatsConnection; readonly listening: Subscription } | null = null;

  /** @param told ids of the messages, with the ends of their leases in ms since the epoch */
  constructor(subject: string, told: () => ReadonlyMap<string, number>) {
    this.#subject = subject;
    this.#told = told;
  }

  /** From now on this node answers. */
  tell({ connection }: Reached): void {
    if (this.#shared?.connection === connection) return;
    this.quiet();
    const callback = (error: Error | null, message: { respond(data: string): boolean }) => {
      if (error === null) message.respond(JSON.stringify([...this.#told()]));
    };
    this.#shared = { connection, listening: connection.subscribe(this.#subject, { callback }) };
  }

  /** Another one answers, or none. */
  quiet(): void {
    this.#shared?.listening.unsubscribe();
    this.#shared = null;
  }

  /** What the node says that delivers; nothing when none does. */
  async ask({ connection }: Reached): Promise<ReadonlyMap<string, number>> {
    try {
      const answer = await connection.request(this.#subject, "", { timeout: ASK_MS });
      return new Map(answer.json<[string, number][]>());
    } catch (error) {
      const why = error instanceof RequestError ? error.cause : error;
      if (why instanceof NoRespondersError || why instanceof TimeoutError) return new Map();
      throw error;
    }
  }
}
