/** Streams whose chunks nobody but their reader ever sees: what is read of them may be handed on without a copy. */
import { SafeWeakSet } from "./safe_collections.ts";

const streams = new SafeWeakSet<ReadableStream>();

/** Notes that a byte stream is filled from the wall: such a stream takes the buffer of each chunk for itself. */
export function noteOwnStream(stream: ReadableStream): void {
  streams.add(stream);
}

/** Whether it is one; not so its halves, nor what was piped from it. */
export function isOwnStream(stream: ReadableStream): boolean {
  return streams.has(stream);
}
