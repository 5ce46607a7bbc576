/** Streams whose chunks nobody but their reader ever sees: what is read of them may be handed on without a copy. */
import type { Receiving } from "./byte_stream.ts";
import { SafeWeakMap } from "./safe_collections.ts";

const streams = new SafeWeakMap<ReadableStream, Receiving>();

/** Notes that a byte stream is filled from the wall: such a stream takes the buffer of each chunk for itself. */
export function noteOwnStream(stream: ReadableStream, receiving: Receiving): void {
  streams.set(stream, receiving);
}

/** What fills such a stream; undefined for every other one. */
export function receivingOf(stream: ReadableStream): Receiving | undefined {
  return streams.get(stream);
}

/** Whether it is one; not so its halves, nor what was piped from it. */
export function isOwnStream(stream: ReadableStream): boolean {
  return streams.has(stream);
}
