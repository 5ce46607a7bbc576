/** What the stream of a KV namespace holds: asked now and then, and summed up in between. */
import type { Reached } from "../nats_session.ts";

/** After which other nodes may have put much. */
const OLD_MS = 2_000;

/** What is known of a stream. */
export interface KvRoomKnown {
  readonly bytes: number;
  /** Whether its messages may say how long they are kept. */
  readonly isTimed: boolean;
}

/** The room of a namespace. */
export class KvRoom {
  readonly #stream: string;
  #known: (KvRoomKnown & { readonly at: number }) | null = null;
  #added = 0;

  constructor(stream: string) {
    this.#stream = stream;
  }

  /** Bytes that it held when it was last looked at, and what was put here since. */
  get bytes(): number {
    return (this.#known?.bytes ?? 0) + this.#added;
  }

  /** This node has put so many. */
  add(bytes: number): void {
    this.#added += bytes;
  }

  /** Whether it has room: other nodes' writes of the last two seconds may not be counted. */
  async has(reached: Reached, bytes: number, maxBytes: number): Promise<boolean> {
    const isOld = this.#known === null || performance.now() - this.#known.at > OLD_MS;
    if (isOld || this.bytes + bytes > maxBytes) await this.look(reached);
    return this.bytes + bytes <= maxBytes;
  }

  /** As it was last found. */
  async known(reached: Reached): Promise<KvRoomKnown> {
    return this.#known ?? await this.look(reached);
  }

  /** Asks. @throws when there is no stream */
  async look({ jsm }: Reached): Promise<KvRoomKnown> {
    const { state, config } = await jsm.streams.info(this.#stream);
    this.#added = 0;
    this.#known = { bytes: state.bytes, isTimed: config.allow_msg_ttl === true, at: performance.now() };
    return this.#known;
  }
}
