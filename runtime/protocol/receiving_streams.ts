/** The receiving ends of byte streams: what arrives, within the credit that each has granted, and its readers. */
import { bytesLength, NativePromise, NativeReadableStream, NativeUint8Array } from "./primordials.ts";
import { SafeMap } from "./safe_collections.ts";
import { arrayPush } from "./safe_lists.ts";
import { bare } from "./bare.ts";
import {
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
import { noteOwnStream } from "./own_streams.ts";
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
      onRead: null,
      onEnd,
    };
    this.#streams.set(id, receiving);
    return receiving;
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
    noteOwnStream(stream);
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
    if (!receiving.ended) return false;
    closeController(receiving);
    return true;
  }

  #grant(receiving: Receiving, bytes: number): void {
    receiving.outstanding -= bytes;
    if (receiving.ended) return;
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
    this.#outbox.out.push(OP.CANCEL, id, reason);
    this.#outbox.kick();
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
    const length = bytesLength(bytes);
    if (receiving === undefined || length === 0) return;
    if (receiving.outstanding >= receiving.windowBytes) throw new WireViolation("DATA beyond the credit");
    receiving.outstanding += length;
    receiving.total += length;
    if (receiving.promised !== null && receiving.total > receiving.promised) {
      this.#outbox.out.push(OP.CANCEL, id, "The stream is longer than its content-length");
      this.#outbox.kick();
      return this.onError(id, "the stream is longer than its content-length");
    }
    if (receiving.waiting === null) {
      arrayPush(receiving.queue, bytes as Uint8Array<ArrayBuffer>);
      return;
    }
    this.#grant(receiving, length);
    receiving.controller!.put(bytes as Uint8Array<ArrayBuffer>);
    this.#wake(receiving);
  }

  /** END arrived. */
  onEnd(id: number): void {
    const receiving = this.#streams.get(id);
    if (receiving === undefined) return;
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
