/** Both ends of one byte stream as the wall keeps them. */
import { apply, readerCancel, readerRead, streamReader } from "./primordials.ts";

/**
 * Bytes a sender may have under way unread. Against 256 KiB, 1 MiB moved 100 MB 1.1 times as fast down and 1.6 times
 * up (medians of 6 noisy rounds, tests/bench/): the sender waits less often. A slow client costs this much memory at most (docs/decisions/0003).
 */
export const WINDOW_BYTES = 1024 * 1024;

/** A stream ended before its end, for a reason that stands in the log already. */
export class CutStream extends Error {
  override readonly name: string = "CutStream";
}

/** What a stream is read from; a ReadableStreamDefaultReader fits. */
export interface ByteSource {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  cancel(reason?: unknown): Promise<void>;
}

/** A native stream, locked, as a source. */
export function readerSource(stream: ReadableStream<Uint8Array>): ByteSource {
  const reader = streamReader(stream);
  return { read: () => readerRead(reader), cancel: (reason) => readerCancel(reader, reason) };
}

/** How a stream ended, told once to whoever opened it. */
export type StreamEnd = "done" | "failed" | "cancelled";

/** The sending end of one stream. */
export interface Sending {
  /** As its receiver has it; of one that waits to be asked that shows with the first credit. */
  windowBytes: number;
  /** Whether each chunk may be what the peer waits for, as of a connection; else they leave with their turn. */
  readonly hurries: boolean;
  credit: number;
  wake: (() => void) | null;
  dead: boolean;
  /** Whether it waits to be asked for its first byte. */
  isUntouched: boolean;
  readonly source: ByteSource;
  readonly onEnd: (end: StreamEnd, error?: unknown) => void;
}

/** What a stream is read from that no peer sends. */
export interface Feed {
  /** Reads the next chunk, unless that is under way. */
  advance(): void;
  /** Nobody reads on. */
  giveUp(reason: unknown): void;
}

/** The receiving end of one stream; opaque outside of this folder. */
export interface Receiving {
  readonly id: number;
  /** Bytes that its sender may have under way. */
  readonly windowBytes: number;
  readonly queue: Uint8Array<ArrayBuffer>[];
  /** Resolves the pull that waits for bytes. */
  waiting: (() => void) | null;
  ended: boolean;
  error: unknown;
  consumed: number;
  /** Bytes received and not yet granted back. */
  outstanding: number;
  total: number;
  controller: ChunkSink | null;
  /** Bytes that its sender has promised; fewer or more are a failure. */
  promised: number | null;
  /** Whether its sender waits to be asked for the first byte, and was not yet. */
  isUntouched: boolean;
  /** What it is read from where no peer sends it. */
  feed: Feed | null;
  /** Told when the reader of a stream that has ended takes the last of it, or wants no more. */
  onRead: ((end: "done" | "cancelled") => void) | null;
  readonly onEnd: (end: StreamEnd, bytes: number) => void;
}

/** Lets a sender go on that waits for credit, or for its end. */
export function wakeSender(sending: Sending): void {
  const { wake } = sending;
  sending.wake = null;
  wake?.();
}

const bytesController = ReadableByteStreamController.prototype;
const chunksController = ReadableStreamDefaultController.prototype;
const methods = {
  bytes: { close: bytesController.close, enqueue: bytesController.enqueue, error: bytesController.error },
  chunks: { close: chunksController.close, enqueue: chunksController.enqueue, error: chunksController.error },
};
const byobRequestOf = Object.getOwnPropertyDescriptor(bytesController, "byobRequest")!.get!;
const { respond } = ReadableStreamBYOBRequest.prototype;
const NOTHING = [0];

/** What a receiving end hands its chunks to, one for each that was asked for. */
export interface ChunkSink {
  put(chunk: Uint8Array<ArrayBuffer>): void;
  fail(error: unknown): void;
  finish(): void;
}

/** What a stream's readable end is written to, whatever an app has put on the prototypes of controllers. */
export class StreamWriter implements ChunkSink {
  readonly #controller: unknown;
  readonly #methods: (typeof methods)["bytes" | "chunks"];

  constructor(controller: unknown, isBytes: boolean) {
    this.#controller = controller;
    this.#methods = isBytes ? methods.bytes : methods.chunks;
  }

  put(chunk: Uint8Array<ArrayBuffer>): void {
    apply(this.#methods.enqueue, this.#controller, [chunk]);
  }

  fail(error: unknown): void {
    apply(this.#methods.error, this.#controller, [error]);
  }

  /** A byte stream with a pending BYOB read needs an empty answer to let go of the reader's buffer. */
  finish(): void {
    apply(this.#methods.close, this.#controller, []);
    if (this.#methods === methods.chunks) return;
    const request = apply(byobRequestOf, this.#controller, []);
    if (request !== null) apply(respond, request, NOTHING);
  }
}

/** Closes a stream. */
export function closeController(receiving: Receiving): void {
  const controller = receiving.controller!;
  receiving.controller = null;
  controller.finish();
}
