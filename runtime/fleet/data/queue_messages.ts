/**
 * The messages of a queue on NATS servers. A message is one of its stream until it is done with, and one that has failed
 * is replaced by compare-and-set, so that no late try brings it back to what it was.
 */
import { JetStreamApiError, StorageType } from "@nats-io/jetstream";
import type { ShownMessage } from "../../data/queue_store.ts";
import { natsFailure } from "../nats_failures.ts";
import type { Reached } from "../nats_session.ts";
import { ensureStream } from "../nats_streams.ts";
import type { QueueEntry } from "./queue_index.ts";
import { type MessageFacts, messageFacts, messageHeaders } from "./queue_message.ts";
import { plainPart, type QueueNames } from "./store_names.ts";

/** A message as it stands. */
export interface FoundMessage {
  readonly facts: MessageFacts;
  readonly seq: number;
  readonly body: Uint8Array;
}

/** Of one queue. */
export class QueueMessages {
  readonly #names: QueueNames;
  /** When the oldest message was sent, by its place. */
  #oldest: { readonly place: number; readonly sent: number | null } = { place: 0, sent: null };

  constructor(names: QueueNames) {
    this.#names = names;
  }

  /** Adds it, unless another stands at its place. @param expected place of the one that it replaces; 0 for none */
  async publish(
    { js }: Reached,
    { id, sent, visible, failures, type, origin }: Omit<MessageFacts, "size">,
    body: Uint8Array,
    expected = 0,
  ): Promise<void> {
    const facts = { id, sent, visible, failures, type, origin, size: body.byteLength };
    try {
      await js.publish(this.#subject(id), body, {
        headers: messageHeaders(facts),
        expect: { lastSubjectSequence: expected },
      });
    } catch (error) {
      // It is there already, by an earlier try or because somebody sends it twice; or it has been replaced.
      if (natsFailure(error) !== "conflict") throw error;
    }
  }

  /** Of a message that has failed: once more, and later. */
  async replace(reached: Reached, entry: QueueEntry, visible: number): Promise<void> {
    const body = await this.body(reached, entry);
    if (body === null) return;
    await this.publish(reached, { ...entry, visible, failures: entry.failures + 1 }, body, entry.seq);
  }

  /** One that is not there is deleted already. */
  async delete({ jsm }: Reached, seq: number): Promise<void> {
    const { stream } = this.#names;
    try {
      await jsm.streams.deleteMessage(stream, seq, false);
    } catch (error) {
      const isSaid = error instanceof JetStreamApiError && natsFailure(error) !== "missing";
      if (!isSaid || await jsm.streams.getMessage(stream, { seq }) !== null) throw error;
    }
  }

  /** It never changes at its place: any server that has it will do, or else the leader, who has all. */
  async body({ jsm }: Reached, { seq }: QueueEntry): Promise<Uint8Array | null> {
    const { stream } = this.#names;
    const message = await jsm.direct.getMessage(stream, { seq }) ?? await jsm.streams.getMessage(stream, { seq });
    return message?.data.slice() ?? null;
  }

  /** The one with an id. */
  async newest({ jsm }: Reached, id: string): Promise<FoundMessage | null> {
    const message = await jsm.streams.getMessage(this.#names.stream, { last_by_subj: this.#subject(id) });
    const facts = messageFacts(message?.header);
    return message === null || facts === null ? null : { facts, seq: message.seq, body: message.data };
  }

  /** When the oldest was sent. @param place of it */
  async sentOf({ jsm }: Reached, place: number): Promise<number | null> {
    if (this.#oldest.place !== place) {
      const { stream, messages } = this.#names;
      const query = { seq: place, next_by_subj: `${messages}>` };
      const message = await jsm.streams.getMessage(stream, query);
      this.#oldest = { place, sent: messageFacts(message?.header)?.sent ?? null };
    }
    return this.#oldest.sent;
  }

  /** Makes the queue. @param replicas copies of it */
  async make({ jsm }: Reached, replicas: number): Promise<void> {
    const { stream, messages } = this.#names;
    await ensureStream(
      jsm,
      { name: stream, subjects: [`${messages}>`], storage: StorageType.File, keptMs: null },
      replicas,
    );
  }

  #subject(id: string): string {
    return `${this.#names.messages}${plainPart(id)}`;
  }
}

/** As people see it. @param leases ids of those that a consumer has, with the ends of their leases */
export function shownMessage(
  { id, seq, sent, visible, failures, type, origin, size }: MessageFacts & { readonly seq: number },
  body: Uint8Array,
  leases: ReadonlyMap<string, number>,
): ShownMessage {
  const until = leases.get(id);
  const isLeased = until !== undefined;
  return { id, seq, sent, failures, type, origin, size, visible: until ?? visible, isLeased, body };
}
