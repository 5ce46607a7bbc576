/** What the stream of a store holds: asked now and then, and summed up in between. */
import type { Reached } from "../nats_session.ts";

/** After which other nodes may have put much. */
const OLD_MS = 2_000;

/** What is known of a stream. */
export interface StreamKnown {
  readonly bytes: number;
  readonly messages: number;
  /** Of the oldest message; 0 when there was none ever. */
  readonly first: number;
  /** Whether its messages may say how long they are kept. */
  readonly isTimed: boolean;
}

/** The room of a store. */
export class StreamRoom {
  readonly #stream: string;
  #known: (StreamKnown & { readonly at: number }) | null = null;
  #added = 0;
  #addedMessages = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** Bytes that it held when it was last looked at, and what was put here since. */
  get bytes(): number {
    return (this.#known?.bytes ?? 0) + this.#added;
  }

  /** The same of its messages. */
  get messages(): number {
    return (this.#known?.messages ?? 0) + this.#addedMessages;
  }

  /** This node has put so many. */
  add(bytes: number, messages = 1): void {
    this.#added += bytes;
    this.#addedMessages += messages;
  }

  /** Whether it has room: other nodes' writes of the last two seconds may not be counted. */
  async has(
    reached: Reached,
    bytes: number,
    { maxBytes, messages = 1, maxMessages = Infinity }: {
      readonly maxBytes: number;
      readonly messages?: number;
      readonly maxMessages?: number;
    },
  ): Promise<boolean> {
    const fits = () => this.bytes + bytes <= maxBytes && this.messages + messages <= maxMessages;
    const isOld = this.#known === null || performance.now() - this.#known.at > OLD_MS;
    if (isOld || !fits()) await this.look(reached);
    return fits();
  }

  /** As it was last found. */
  async known(reached: Reached): Promise<StreamKnown> {
    return this.#known ?? await this.look(reached);
  }

  /** Asks. @throws when there is no stream */
  async look({ jsm }: Reached): Promise<StreamKnown> {
    const { state, config } = await jsm.streams.info(this.#stream);
    this.#added = 0;
    this.#addedMessages = 0;
    const { bytes, messages, first_seq: first } = state;
    this.#known = { bytes, messages, first, isTimed: config.allow_msg_ttl === true, at: performance.now() };
    return this.#known;
  }
}
