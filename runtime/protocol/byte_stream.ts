/** Both ends of one byte stream as the wall keeps them. */

/** What a stream is read from; a ReadableStreamDefaultReader fits. */
export interface ByteSource {
  read(): Promise<ReadableStreamReadResult<Uint8Array>>;
  cancel(reason?: unknown): Promise<void>;
}

/** How a stream ended, told once to whoever opened it. */
export type StreamEnd = "done" | "failed" | "cancelled";

/** The sending end of one stream. */
export interface Sending {
  credit: number;
  wake: (() => void) | null;
  dead: boolean;
  readonly source: ByteSource;
  readonly onEnd: (end: StreamEnd, error?: unknown) => void;
}

/** The receiving end of one stream; opaque outside of this folder. */
export interface Receiving {
  readonly id: number;
  readonly queue: Uint8Array<ArrayBuffer>[];
  /** Resolves the pull that waits for bytes. */
  waiting: (() => void) | null;
  ended: boolean;
  error: unknown;
  consumed: number;
  /** Bytes received and not yet granted back. */
  outstanding: number;
  total: number;
  controller: ReadableStreamDefaultController<Uint8Array> | ReadableByteStreamController | null;
  /** Bytes that its sender has promised; fewer or more are a failure. */
  promised: number | null;
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

/** Closes a stream; a byte stream with a pending BYOB read needs an empty answer to let go of the reader's buffer. */
export function closeController(receiving: Receiving): void {
  const controller = receiving.controller!;
  receiving.controller = null;
  controller.close();
  if ("byobRequest" in controller) controller.byobRequest?.respond(0);
}
