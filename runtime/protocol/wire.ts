/** One end of the wall: batched operations and credit-based byte streams over a MessagePort. */
import {
  bufferLength,
  bytesBuffer,
  bytesLength,
  min,
  NativeArrayBuffer,
  NativePromise,
  NativeReadableStream,
  NativeTypeError,
  NativeUint8Array,
  promiseThen,
} from "./primordials.ts";
import { SafeMap } from "./safe_collections.ts";
import { arrayPush, selfIterating } from "./safe_lists.ts";
import { bare } from "./bare.ts";
import {
  type ByteSource,
  closeController,
  type Receiving,
  type Sending,
  type StreamEnd,
  StreamWriter,
  wakeSender,
} from "./byte_stream.ts";
import { copyOf, takeChunk, textOf } from "./chunks.ts";
import { OP } from "./operations.ts";
import { addLast, newBatch, type Outgoing } from "./batch.ts";
import { WireViolation } from "./wire_violation.ts";

export type { ByteSource, Receiving, StreamEnd } from "./byte_stream.ts";
export { WireViolation } from "./wire_violation.ts";

/**
 * Bytes a sender may have under way unread. Against 256 KiB, 1 MiB moved 100 MB 1.1 times as fast down and 1.6 times
 * up (medians of 6 noisy rounds, tests/bench/): the sender waits less often. A slow client costs this much memory at most (docs/decisions/0003).
 */
export const WINDOW_BYTES = 1024 * 1024;

/** From this size a chunk's buffer is transferred instead of copied; below, the copy is cheaper. */
const TRANSFER_FROM_BYTES = 4096;

/** What a wire needs of its port. */
export interface WirePort {
  postMessage(message: unknown, transfer: Transferable[] | null): void;
}

const { MAX_SAFE_INTEGER } = Number;

function ignore(): void {}

/** A stream ended before its end, for a reason that stands in the log already. */
export class CutStream extends Error {
  override readonly name: string = "CutStream";
}

/** Batches operations into one message a turn and runs byte streams in both directions. */
export class Wire {
  /** Operations of this turn; callers push whole ones and then call {@linkcode Wire.kick}. */
  #batch: ReturnType<typeof newBatch> = newBatch();
  #transfer: ArrayBuffer[] = [];
  #scheduled = false;
  #closed = false;
  readonly #port: WirePort;
  readonly #schedule: (flush: () => void) => void;
  readonly #sending = new SafeMap<number, Sending>();
  readonly #receiving = new SafeMap<number, Receiving>();
  readonly #flush = (): void => this.flush();

  /**
   * @param port where messages go
   * @param schedule runs the flush at the end of this turn; microtasks do not batch, so it is setImmediate
   */
  constructor(port: WirePort, schedule: (flush: () => void) => void) {
    this.#port = port;
    this.#schedule = schedule;
  }

  /** Where operations of this turn are written. */
  get out(): Outgoing {
    return this.#batch;
  }

  /** Streams open in either direction. */
  get openStreams(): number {
    return this.#sending.size + this.#receiving.size;
  }

  /** Sends what was pushed at the end of this turn. */
  kick(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#flush);
  }

  /** Sends what was pushed now. */
  flush(): void {
    this.#scheduled = false;
    if (this.#closed || this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = newBatch();
    if (this.#transfer.length === 0) {
      // An explicit null keeps Deno's fast path on ports that node:worker_threads has wrapped.
      this.#port.postMessage(batch, null);
      return;
    }
    const transfer = this.#transfer;
    this.#transfer = [];
    this.#port.postMessage(batch, selfIterating(transfer));
  }

  /**
   * Pushes bytes as the last argument of an operation.
   * @param owned whether the buffer is ours alone and may be detached
   */
  pushBytes(bytes: Uint8Array, owned: boolean): void {
    const buffer = bytesBuffer(bytes);
    const whole = owned && buffer instanceof NativeArrayBuffer && bytesLength(bytes) === bufferLength(buffer);
    const mine = whole ? bytes as Uint8Array<ArrayBuffer> : copyOf(bytes);
    addLast(this.#batch, mine);
    if (bytesLength(mine) >= TRANSFER_FROM_BYTES) arrayPush(this.#transfer, bytesBuffer(mine) as ArrayBuffer);
  }

  /**
   * Sends a byte stream under an id until it ends, fails or is cancelled by the peer.
   * @param options.sent bytes already pushed for this stream
   * @param options.owned whether chunks may be detached
   * @param options.windowBytes as its receiver has it
   */
  send(
    id: number,
    source: ByteSource,
    options: Pick<Sending, "onEnd"> & { owned: boolean; sent?: number; windowBytes?: number },
  ): void {
    const { windowBytes = WINDOW_BYTES } = options;
    const sending: Sending = {
      windowBytes,
      credit: windowBytes - (options.sent ?? 0),
      wake: null,
      dead: false,
      source,
      onEnd: options.onEnd,
    };
    this.#sending.set(id, sending);
    this.#pump(id, sending, options.owned);
  }

  async #pump(id: number, sending: Sending, owned: boolean): Promise<void> {
    let end: StreamEnd = "done";
    let cause: unknown;
    const source: ByteSource = sending.source;
    try {
      while (true) {
        if (sending.credit <= 0) await new NativePromise<void>((resolve) => sending.wake = resolve);
        if (sending.dead) return;
        if (sending.credit <= 0) continue;
        const { done, value } = await source.read();
        if (sending.dead) return;
        if (done) {
          this.out.push(OP.END, id);
          break;
        }
        if (!(value instanceof NativeUint8Array)) {
          throw new NativeTypeError("Cannot send a stream chunk that is no Uint8Array");
        }
        const length = bytesLength(value);
        if (length === 0) continue;
        sending.credit -= length;
        this.out.begin(OP.DATA, id);
        this.pushBytes(value, owned);
        this.kick();
      }
    } catch (error) {
      if (sending.dead) return;
      end = "failed";
      cause = error;
      this.out.push(OP.ERROR, id, textOf(error));
      // The source has failed or delivered nonsense; that it cannot be cancelled either changes nothing.
      promiseThen(source.cancel(error), undefined, ignore);
    }
    this.#sending.delete(id);
    this.kick();
    sending.onEnd(end, cause);
  }

  /** Stops sending a stream without waiting for the peer to cancel it. */
  stopSending(id: number, reason: string): void {
    const sending = this.#sending.get(id);
    if (sending === undefined) return;
    this.out.push(OP.ERROR, id, reason);
    this.kick();
    this.#cancelSending(id, sending, reason);
  }

  /**
   * Opens the receiving end of a stream; bytes that arrive before anybody reads are kept (the window bounds them).
   * @param onEnd told once, with the bytes received
   * @param windowBytes most bytes under way unread
   */
  openReceiver(
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
    this.#receiving.set(id, receiving);
    return receiving;
  }

  /** The opened receiver as a ReadableStream of bytes; `byob` makes it a byte stream, slower but readable into own buffers. */
  readableOf(receiving: Receiving, options: { byob: boolean }): ReadableStream<Uint8Array> {
    const underlying = bare({
      start: (controller: unknown) => {
        receiving.controller = new StreamWriter(controller, options.byob);
        if (receiving.error !== undefined) receiving.controller.fail(receiving.error);
      },
      pull: () => this.#pull(receiving),
      cancel: (reason: unknown) => {
        receiving.queue.length = 0;
        if (receiving.ended) receiving.onRead?.("cancelled");
        else this.cancelReceiving(receiving.id, textOf(reason));
      },
    });
    return options.byob
      ? new NativeReadableStream(
        bare({ ...underlying, type: "bytes" }) as UnderlyingByteSource,
        bare({ highWaterMark: 0 }),
      )
      : new NativeReadableStream(underlying as UnderlyingDefaultSource<Uint8Array>, bare({ highWaterMark: 0 }));
  }

  #pull(receiving: Receiving): void | Promise<void> {
    if (receiving.queue.length > 0) {
      const chunk = takeChunk(receiving.queue);
      // Before it is handed on: a byte stream detaches what it gets, which then has no length any more.
      this.#grant(receiving, bytesLength(chunk));
      receiving.controller!.put(chunk);
      if (receiving.ended && receiving.queue.length === 0) {
        closeController(receiving);
        receiving.onRead?.("done");
      }
      return;
    }
    if (receiving.ended) return closeController(receiving);
    return new NativePromise((resolve) => receiving.waiting = resolve);
  }

  #grant(receiving: Receiving, bytes: number): void {
    receiving.outstanding -= bytes;
    if (receiving.ended) return;
    receiving.consumed += bytes;
    if (receiving.consumed < receiving.windowBytes / 2) return;
    this.out.push(OP.CREDIT, receiving.id, receiving.consumed);
    receiving.consumed = 0;
    this.kick();
  }

  /** Tells the sender that nobody reads on, and a reader who did not ask for it; nothing when the stream has ended. */
  cancelReceiving(id: number, reason: string): void {
    const receiving = this.#receiving.get(id);
    if (receiving === undefined) return;
    this.#receiving.delete(id);
    receiving.queue.length = 0;
    const cut = receiving.error = new CutStream(reason);
    receiving.controller?.fail(cut);
    this.out.push(OP.CANCEL, id, reason);
    this.kick();
    this.#wake(receiving);
    receiving.onEnd("cancelled", receiving.total);
  }

  /** Fails the reader of a stream from this side, also while it has yet to read what came before the stream's end. */
  cutReceiving(receiving: Receiving, reason: string): void {
    if (!receiving.ended) return this.cancelReceiving(receiving.id, reason);
    receiving.queue.length = 0;
    receiving.controller?.fail(new CutStream(reason));
    receiving.controller = null;
    receiving.onRead?.("cancelled");
  }

  /** DATA arrived. @throws {WireViolation} when the peer sends beyond its credit */
  onData(id: number, bytes: unknown): void {
    const receiving = this.#receiving.get(id);
    if (!(bytes instanceof NativeUint8Array)) throw new WireViolation("DATA without bytes");
    const length = bytesLength(bytes);
    if (receiving === undefined || length === 0) return;
    if (receiving.outstanding >= receiving.windowBytes) throw new WireViolation("DATA beyond the credit");
    receiving.outstanding += length;
    receiving.total += length;
    if (receiving.promised !== null && receiving.total > receiving.promised) {
      this.out.push(OP.CANCEL, id, "The stream is longer than its content-length");
      this.kick();
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
    const receiving = this.#receiving.get(id);
    if (receiving === undefined) return;
    if (receiving.promised !== null && receiving.total < receiving.promised) {
      return this.onError(id, "the stream is shorter than its content-length");
    }
    this.#receiving.delete(id);
    receiving.ended = true;
    if (receiving.controller !== null && receiving.queue.length === 0) closeController(receiving);
    this.#wake(receiving);
    receiving.onEnd("done", receiving.total);
  }

  /** ERROR arrived: what is queued is dropped, so that no cut stream looks whole. */
  onError(id: number, message: string): void {
    this.failReceiving(id, new CutStream(message));
  }

  /** Fails the receiving end of a stream from this side. */
  failReceiving(id: number, error: unknown): void {
    const receiving = this.#receiving.get(id);
    if (receiving === undefined) return;
    this.#receiving.delete(id);
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

  /** CREDIT arrived. */
  onCredit(id: number, bytes: unknown): void {
    if (typeof bytes !== "number" || !(bytes > 0) || bytes > MAX_SAFE_INTEGER) {
      throw new WireViolation("CREDIT without a number of bytes");
    }
    const sending = this.#sending.get(id);
    if (sending === undefined) return;
    sending.credit = min(sending.credit + bytes, sending.windowBytes);
    wakeSender(sending);
  }

  /** CANCEL arrived. */
  onCancel(id: number, reason: string): void {
    const sending = this.#sending.get(id);
    if (sending !== undefined) this.#cancelSending(id, sending, reason);
  }

  #cancelSending(id: number, sending: Sending, reason: string): void {
    this.#sending.delete(id);
    sending.dead = true;
    wakeSender(sending);
    // A source that cannot be cancelled is abandoned: nothing is read from it any more.
    const source: ByteSource = sending.source;
    promiseThen(source.cancel(reason), undefined, ignore);
    sending.onEnd("cancelled");
  }

  /** Ends every stream: the peer is gone. */
  close(error: unknown): void {
    this.#closed = true;
    this.#batch = newBatch();
    this.#transfer = [];
    this.#sending.forEach((sending, id) => this.#cancelSending(id, sending, textOf(error)));
    this.#receiving.forEach((_receiving, id) => this.failReceiving(id, error));
  }

  #wake(receiving: Receiving): void {
    const { waiting } = receiving;
    receiving.waiting = null;
    waiting?.();
  }
}
