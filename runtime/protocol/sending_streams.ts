/** The sending ends of byte streams: each sends while its receiver has granted credit. */
import { bytesLength, max, min, NativePromise, NativeTypeError, NativeUint8Array, promiseThen } from "./primordials.ts";
import { SafeMap } from "./safe_collections.ts";
import { type ByteSource, type Sending, type StreamEnd, wakeSender, WINDOW_BYTES } from "./byte_stream.ts";
import { ChunkStage, SMALL_BYTES } from "./chunk_stage.ts";
import { partOf, shownReason } from "./chunks.ts";
import { OP } from "./operations.ts";
import type { Outbox } from "./outbox.ts";
import { WireViolation } from "./wire_violation.ts";

const { MAX_SAFE_INTEGER } = Number;
/** Smaller windows would cost more in messages than they spare in memory. */
const LEAST_WINDOW_BYTES = 16 * 1024;

function ignore(): void {}

/** All streams that one end of the wall sends. */
export class SendingStreams {
  readonly #outbox: Outbox;
  readonly #streams = new SafeMap<number, Sending>();
  readonly #stage: ChunkStage;

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
    this.#stage = new ChunkStage(outbox);
    outbox.onFlush = () => this.#stage.empty();
  }

  /** How many are open. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Sends a byte stream under an id until it ends, fails or is cancelled by the peer.
   * @param options.sent bytes already pushed for this stream
   * @param options.owned whether chunks may be detached
   * @param options.windowBytes as its receiver has it
   * @param options.hurries see {@linkcode Sending}
   * @param options.isAsked whether nothing is sent until the peer grants credit; see {@linkcode SendingStreams.take}
   */
  open(
    id: number,
    source: ByteSource,
    options: Pick<Sending, "onEnd"> & {
      owned: boolean;
      sent?: number;
      windowBytes?: number;
      hurries?: boolean;
      isAsked?: boolean;
    },
  ): void {
    const { windowBytes = WINDOW_BYTES, hurries = false, isAsked = false } = options;
    const sending: Sending = {
      windowBytes,
      hurries,
      credit: isAsked ? 0 : windowBytes - (options.sent ?? 0),
      wake: null,
      dead: false,
      isUntouched: isAsked,
      source,
      onEnd: options.onEnd,
    };
    this.#streams.set(id, sending);
    this.#pump(id, sending, options.owned);
  }

  async #pump(id: number, sending: Sending, owned: boolean): Promise<void> {
    let end: StreamEnd = "done";
    let cause: unknown;
    const source: ByteSource = sending.source;
    /** What is left of a chunk that is longer than the window. */
    let rest: Uint8Array | null = null;
    try {
      while (true) {
        if (sending.credit <= 0) await new NativePromise<void>((resolve) => sending.wake = resolve);
        if (sending.dead) return;
        if (sending.credit <= 0) continue;
        const taken: ReadableStreamReadResult<Uint8Array> = rest === null
          ? await source.read()
          : { done: false, value: rest };
        if (sending.dead) return;
        if (taken.done) {
          this.#stage.empty();
          this.#outbox.out.push(OP.END, id);
          break;
        }
        const value: Uint8Array = taken.value;
        if (!(value instanceof NativeUint8Array)) {
          throw new NativeTypeError("Cannot send a stream chunk that is no Uint8Array");
        }
        const length = min(bytesLength(value), sending.windowBytes);
        if (length === 0) continue;
        rest = length < bytesLength(value) ? partOf(value, length, bytesLength(value)) : null;
        sending.credit -= length;
        if (length < SMALL_BYTES && rest === null) this.#stage.add(id, value, owned);
        else {
          this.#stage.empty();
          this.#outbox.out.begin(OP.DATA, id);
          this.#outbox.pushBytes(rest === null ? value : partOf(value, 0, length), owned);
        }
        if (sending.hurries) this.#outbox.hurry();
        else this.#outbox.kick();
        if (this.#outbox.isFull) await this.#outbox.nextTurn();
      }
    } catch (error) {
      if (sending.dead) return;
      end = "failed";
      cause = error;
      this.#stage.empty();
      this.#outbox.out.push(OP.ERROR, id, shownReason(error));
      // The source has failed or delivered nonsense; that it cannot be cancelled either changes nothing.
      promiseThen(source.cancel(error), undefined, ignore);
    }
    this.#streams.delete(id);
    this.#outbox.kick();
    sending.onEnd(end, cause);
  }

  /** Stops sending a stream without waiting for the peer to cancel it. */
  stop(id: number, reason: string): void {
    const sending = this.#streams.get(id);
    if (sending === undefined) return;
    this.#stage.empty();
    this.#outbox.out.push(OP.ERROR, id, reason);
    this.#outbox.kick();
    this.#cancel(id, sending, reason);
  }

  /** CREDIT arrived. */
  onCredit(id: number, bytes: unknown): void {
    if (typeof bytes !== "number" || !(bytes > 0) || bytes > MAX_SAFE_INTEGER) {
      throw new WireViolation("CREDIT without a number of bytes");
    }
    const sending = this.#streams.get(id);
    if (sending === undefined) return;
    if (sending.isUntouched) {
      sending.isUntouched = false;
      sending.windowBytes = max(LEAST_WINDOW_BYTES, min(sending.windowBytes, bytes));
    }
    sending.credit = min(sending.credit + bytes, sending.windowBytes);
    wakeSender(sending);
  }

  /**
   * Takes a stream back that waits to be asked for its first byte; whoever has it tells its `onEnd`.
   * @returns null when there is none, or something was asked for
   */
  take(id: number): Pick<Sending, "source" | "onEnd"> | null {
    const sending = this.#streams.get(id);
    if (sending === undefined || !sending.isUntouched) return null;
    this.#streams.delete(id);
    sending.dead = true;
    wakeSender(sending);
    return sending;
  }

  /** CANCEL arrived. */
  onCancel(id: number, reason: string): void {
    const sending = this.#streams.get(id);
    if (sending !== undefined) this.#cancel(id, sending, reason);
  }

  #cancel(id: number, sending: Sending, reason: string): void {
    this.#streams.delete(id);
    sending.dead = true;
    wakeSender(sending);
    // A source that cannot be cancelled is abandoned: nothing is read from it any more.
    const source: ByteSource = sending.source;
    promiseThen(source.cancel(reason), undefined, ignore);
    sending.onEnd("cancelled");
  }

  /** Ends every stream: the peer is gone. */
  close(error: unknown): void {
    this.#streams.forEach((sending, id) => this.#cancel(id, sending, shownReason(error)));
  }
}
