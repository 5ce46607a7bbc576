/** What one end of the wall sends: operations batched into one message a turn. */
import { bufferLength, bytesBuffer, bytesLength, NativeArrayBuffer, NativePromise } from "./primordials.ts";
import { arrayPush, selfIterating } from "./safe_lists.ts";
import { copyOf } from "./chunks.ts";
import { addLast, newBatch, type Outgoing } from "./batch.ts";

/** From this size a chunk's buffer is transferred instead of copied; below, the copy is cheaper. */
const TRANSFER_FROM_BYTES = 4096;

/**
 * Bytes that are transferred before the peer is heard again; the rest is copied. Deno keeps a transferred buffer in a
 * store of the process until its message is read, so what a killed peer has not read stays there for as long as the
 * process lives: forty uploads of a megabyte to an app that is killed five times left 85 MB. Two windows of a stream: a
 * peer that reads says so before that.
 */
const MAX_UNHEARD_BYTES = 512 * 1024;

/** A batch of this many fields leaves before a stream adds to it: who makes tiny chunks would fill the memory in one turn. */
const FULL_FIELDS = 4096;

/**
 * Fields of a batch that holds one call, one answer or two messages of sockets at most: its sender had nothing else to
 * say.
 */
const FEW_FIELDS = 8;

/** What an outbox needs of its port. */
export interface WirePort {
  postMessage(message: unknown, transfer: Transferable[] | null): void;
}

function ignore(): void {}

/** Batches operations. */
export class Outbox {
  /** Operations of this turn; callers push whole ones and then call {@linkcode Outbox.kick}. */
  #batch: ReturnType<typeof newBatch> = newBatch();
  #transfer: ArrayBuffer[] = [];
  /** Bytes transferred since the peer was heard. */
  #unheardBytes = 0;
  #scheduled = false;
  #closed = false;
  /** Whether the last batch from the peer said one thing, to which nothing was said in a hurry yet. */
  #heardOne = false;
  /** Whether the last batch to the peer said one thing. */
  #saidOne = true;
  readonly #port: WirePort;
  readonly #schedule: (flush: () => void) => void;
  readonly #flush = (): void => this.flush();

  /**
   * @param port where messages go
   * @param schedule runs the flush at the end of this turn: setImmediate, as each event has microtasks of its own
   */
  constructor(port: WirePort, schedule: (flush: () => void) => void) {
    this.#port = port;
    this.#schedule = schedule;
  }

  /** Where operations of this turn are written. */
  get out(): Outgoing {
    return this.#batch;
  }

  /** Sends what was pushed at the end of this turn. */
  kick(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#schedule(this.#flush);
  }

  /**
   * Sends what was pushed at once while both sides take turns with one thing each, and else at the end of this turn.
   * Between two that take turns nothing would join the batch, and each end of a turn is a wait of its own: of a
   * WebSocket's message there and back there were two. At most one batch leaves early for each that has come.
   */
  hurry(): void {
    if (!this.#heardOne || !this.#saidOne || this.#scheduled) return this.kick();
    this.#heardOne = false;
    this.flush();
  }

  /** A batch has come from the peer; called before it is run. */
  heard(batch: ArrayLike<unknown>): void {
    this.#heardOne = batch.length <= FEW_FIELDS;
    this.#unheardBytes = 0;
  }

  /** Whether whoever can wait should let this turn's batch leave first. */
  get isFull(): boolean {
    return this.#batch.length >= FULL_FIELDS;
  }

  /** Settles in the next turn, when the batch of this one has left. */
  nextTurn(): Promise<void> {
    return new NativePromise((resolve) => this.#schedule(resolve));
  }

  /** Called before a batch leaves: whoever collects pushes it now. */
  onFlush: () => void = ignore;

  /** Sends what was pushed now. */
  flush(): void {
    this.#scheduled = false;
    this.onFlush();
    if (this.#closed || this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = newBatch();
    this.#saidOne = batch.length <= FEW_FIELDS;
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
    const length = bytesLength(mine);
    if (length < TRANSFER_FROM_BYTES || this.#unheardBytes + length > MAX_UNHEARD_BYTES) return;
    this.#unheardBytes += length;
    arrayPush(this.#transfer, bytesBuffer(mine) as ArrayBuffer);
  }

  /** Drops what has not left, and sends nothing more. */
  shut(): void {
    this.#closed = true;
    this.#batch = newBatch();
    this.#transfer = [];
  }
}
