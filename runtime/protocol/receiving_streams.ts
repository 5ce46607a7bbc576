/** The receiving ends of byte streams: what arrives, within the credit that each has granted, and its readers. */
import { bytesLength, NativePromise, NativeReadableStream, NativeUint8Array } from "./primordials.ts";
import { SafeMap } from "./safe_collections.ts";
import { arrayPush } from "./safe_lists.ts";
import { bare } from "./bare.ts";
import {
  type ByteSource,
  closeController,
  CutStream,
  type Receiving,
  type StreamEnd,
  StreamWriter,
  WINDOW_BYTES,
} from "./byte_stream.ts";
import { shownReason, takeChunk } from "./chunks.ts";
import { OP } from "./operations.ts";
import type { Outbox } from "./outbox.ts";
import { ChunkReader } from "./chunk_reader.ts";
import { type FeedOwner, StreamFeed } from "./stream_feed.ts";
import { noteOwnStream, receivingOf } from "./own_streams.ts";
import { WireViolation } from "./wire_violation.ts";

function ignore(): void {}

/** From this many a reader who waits for more grants what it has read; the least window of a sender is twice that. */
const GRANT_BYTES = 8 * 1024;

/** All streams that one end of the wall receives. */
export class ReceivingStreams {
  readonly #outbox: Outbox;
  readonly #streams = new SafeMap<number, Receiving>();

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  /** How many are open. */
  get size(): number {
    return this.#streams.size;
  }

  /**
   * Opens the receiving end of a stream; bytes that arrive before anybody reads are kept (the window bounds them).
   * @param onEnd told once, with the bytes received
   * @param windowBytes most bytes under way unread
   */
  open(
    id: number,
    onEnd: (end: StreamEnd, bytes: number) => void,
    windowBytes: number = WINDOW_BYTES,
  ): Receiving {
    const receiving: Receiving = {
      id,
      windowBytes,
      queue: [],
      waiting: null,
      ended: false,
      error: undefined,
      consumed: 0,
      outstanding: 0,
      total: 0,
      controller: null,
      promised: null,
      isUntouched: false,
      feed: null,
      onRead: null,
      onEnd,
    };
    this.#streams.set(id, receiving);
    return receiving;
  }

  /**
   * The same of a stream that this side reads itself, a chunk ahead of its reader: nothing of it comes from the peer.
   * @param options.onFailed told when it cannot be read, and calls {@linkcode ReceivingStreams.onError}
   */
  openFrom(
    id: number,
    source: ByteSource,
    { onEnd, onFailed }: Pick<Receiving, "onEnd"> & Pick<FeedOwner, "onFailed">,
  ): Receiving {
    const receiving = this.open(id, onEnd);
    receiving.feed = new StreamFeed(source, {
      isOver: () => this.#streams.get(id) !== receiving,
      onBytes: (bytes) => {
        this.#take(receiving, bytes);
        if (receiving.queue.length === 0) receiving.feed!.advance();
      },
      onEnd: () => this.#end(receiving),
      onFailed,
    });
    return receiving;
  }

  /**
   * Gives a stream back to its sender, which waits to be asked for its first byte.
   * @returns its id; null when it is none of these, or something was asked for
   */
  giveBack(stream: ReadableStream): number | null {
    const receiving = receivingOf(stream);
    if (receiving === undefined || !receiving.isUntouched) return null;
    if (this.#streams.get(receiving.id) !== receiving) return null;
    this.#streams.delete(receiving.id);
    receiving.onEnd("done", 0);
    return receiving.id;
  }

  /** The opened receiver as a ReadableStream of bytes; `byob` makes it a byte stream, slower but readable into own buffers. */
  readableOf(receiving: Receiving, options: { byob: boolean }): ReadableStream<Uint8Array> {
    const underlying = bare({
      start: (controller: unknown) => {
        receiving.controller = new StreamWriter(controller, options.byob);
        if (receiving.error !== undefined) receiving.controller.fail(receiving.error);
      },
      pull: () => this.#pull(receiving) ? undefined : new NativePromise<void>((resolve) => receiving.waiting = resolve),
      cancel: (reason: unknown) => {
        receiving.queue.length = 0;
        if (receiving.ended) receiving.onRead?.("cancelled");
        else this.cancel(receiving.id, shownReason(reason));
      },
    });
    const strategy = bare({ highWaterMark: 0 });
    if (!options.byob) return new NativeReadableStream(underlying as UnderlyingDefaultSource<Uint8Array>, strategy);
    const stream = new NativeReadableStream(bare({ ...underlying, type: "bytes" }) as UnderlyingByteSource, strategy);
    noteOwnStream(stream, receiving);
    return stream;
  }

  /** The opened receiver for a reader of this side, which needs no stream; `readableOf` is for others. */
  readerOf(receiving: Receiving): ChunkReader {
    const reader = new ChunkReader(() => {
      if (!this.#pull(receiving)) receiving.waiting = ignore;
    });
    receiving.controller = reader;
    if (receiving.error !== undefined) reader.fail(receiving.error);
    return reader;
  }

  /** Hands on what is there. @returns false when that is nothing yet */
  #pull(receiving: Receiving): boolean {
    if (receiving.queue.length > 0) {
      const chunk = takeChunk(receiving.queue);
      // Before it is handed on: a byte stream detaches what it gets, which then has no length any more.
      this.#grant(receiving, bytesLength(chunk));
      receiving.controller!.put(chunk);
      if (receiving.ended && receiving.queue.length === 0) {
        closeController(receiving);
        receiving.onRead?.("done");
      }
      return true;
    }
    if (receiving.ended) {
      closeController(receiving);
      return true;
    }
    this.#ask(receiving);
    return false;
  }

  /** Makes a stream go on whose sender waits for that. */
  #ask(receiving: Receiving): void {
    receiving.feed?.advance();
    if (!receiving.isUntouched) return;
    receiving.isUntouched = false;
    this.#outbox.out.push(OP.CREDIT, receiving.id, receiving.windowBytes);
    this.#outbox.kick();
  }

  #grant(receiving: Receiving, bytes: number): void {
    receiving.outstanding -= bytes;
    if (receiving.ended) return;
    if (receiving.feed !== null) return receiving.feed.advance();
    receiving.consumed += bytes;
    // A sender may have a smaller window than this end knows of: it waits once all that it sent has been read.
    const isAllRead = receiving.queue.length === 0 && receiving.consumed >= GRANT_BYTES;
    if (!isAllRead && receiving.consumed < receiving.windowBytes / 2) return;
    this.#outbox.out.push(OP.CREDIT, receiving.id, receiving.consumed);
    receiving.consumed = 0;
    this.#outbox.kick();
  }

  /** Tells the sender that nobody reads on, and a reader who did not ask for it; nothing when the stream has ended. */
  cancel(id: number, reason: string): void {
    const receiving = this.#streams.get(id);
    if (receiving === undefined) return;
    this.#streams.delete(id);
    receiving.queue.length = 0;
    const cut = receiving.error = new CutStream(reason);
    receiving.controller?.fail(cut);
    this.#refuse(receiving, reason);
    this.#wake(receiving);
    receiving.onEnd("cancelled", receiving.total);
  }

  /** Fails the reader of a stream from this side, also while it has yet to read what came before the stream's end. */
  cut(receiving: Receiving, reason: string): void {
    if (!receiving.ended) return this.cancel(receiving.id, reason);
    receiving.queue.length = 0;
    receiving.controller?.fail(new CutStream(reason));
    receiving.controller = null;
    receiving.onRead?.("cancelled");
  }

  /** DATA arrived. @throws {WireViolation} when the peer sends beyond its credit */
  onData(id: number, bytes: unknown): void {
    const receiving = this.#streams.get(id);
    if (!(bytes instanceof NativeUint8Array)) throw new WireViolation("DATA without bytes");
    if (receiving === undefined) return;
    if (receiving.feed !== null) throw new WireViolation("DATA of a stream that this side reads");
    if (receiving.isUntouched) throw new WireViolation("DATA that nobody asked for");
    const { windowBytes } = receiving;
    if (receiving.outstanding >= windowBytes || bytesLength(bytes) > windowBytes) {
      throw new WireViolation("DATA beyond the credit");
    }
    this.#take(receiving, bytes as Uint8Array<ArrayBuffer>);
  }

  #take(receiving: Receiving, bytes: Uint8Array<ArrayBuffer>): void {
    const length = bytesLength(bytes);
    if (length === 0) return;
    receiving.outstanding += length;
    receiving.total += length;
    if (receiving.promised !== null && receiving.total > receiving.promised) {
      this.#refuse(receiving, "The stream is longer than its content-length");
      return this.onError(receiving.id, "the stream is longer than its content-length");
    }
    if (receiving.waiting === null) {
      arrayPush(receiving.queue, bytes);
      return;
    }
    this.#grant(receiving, length);
    receiving.controller!.put(bytes);
    this.#wake(receiving);
  }

  /** Tells whoever sends a stream that nobody reads on. */
  #refuse({ id, feed }: Receiving, reason: string): void {
    if (feed !== null) return feed.giveUp(reason);
    this.#outbox.out.push(OP.CANCEL, id, reason);
    this.#outbox.kick();
  }

  /** END arrived. @throws {WireViolation} for a stream that no peer sends */
  onEnd(id: number): void {
    const receiving = this.#streams.get(id);
    if (receiving === undefined) return;
    if (receiving.feed !== null) throw new WireViolation("END of a stream that this side reads");
    this.#end(receiving);
  }

  #end(receiving: Receiving): void {
    const { id } = receiving;
    if (receiving.promised !== null && receiving.total < receiving.promised) {
      return this.onError(id, "the stream is shorter than its content-length");
    }
    this.#streams.delete(id);
    receiving.ended = true;
    if (receiving.controller !== null && receiving.queue.length === 0) closeController(receiving);
    this.#wake(receiving);
    receiving.onEnd("done", receiving.total);
  }

  /** ERROR arrived: what is queued is dropped, so that no cut stream looks whole. */
  onError(id: number, message: string): void {
    this.fail(id, new CutStream(message));
  }

  /** Fails the receiving end of a stream from this side. */
  fail(id: number, error: unknown): void {
    const receiving = this.#streams.get(id);
    if (receiving === undefined) return;
    this.#streams.delete(id);
    receiving.queue.length = 0;
    receiving.ended = true;
    receiving.error = error;
    receiving.controller?.fail(error);
    if (receiving.feed !== null) this.#refuse(receiving, shownReason(error));
    this.#wake(receiving);
    receiving.onEnd("failed", receiving.total);
  }

  /** Fails a stream that has arrived whole and was not read to its end. */
  failUnread(receiving: Receiving, error: unknown): void {
    if (!receiving.ended || receiving.queue.length === 0) return;
    receiving.queue.length = 0;
    receiving.error = error;
    receiving.controller?.fail(error);
  }

  /** Fails every stream: the peer is gone. */
  close(error: unknown): void {
    this.#streams.forEach((_receiving, id) => this.fail(id, error));
  }

  #wake(receiving: Receiving): void {
    const { waiting } = receiving;
    receiving.waiting = null;
    waiting?.();
  }
}
