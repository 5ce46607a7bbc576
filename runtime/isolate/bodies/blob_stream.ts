/** Blob.stream(): the bytes of a Blob as a byte stream, copied a piece at a time as it is read. */
import { type ByteParts, bytesLength, copyOf, partOf } from "./byte_parts.ts";
import { requireRoom } from "./external_room.ts";

/** Bytes of one chunk. */
const CHUNK_BYTES = 64 * 1024;

const NativeReadableStream = ReadableStream;
const { apply } = Reflect;
const { close, enqueue } = ReadableByteStreamController.prototype;
const { respond } = ReadableStreamBYOBRequest.prototype;
const requestOf = Object.getOwnPropertyDescriptor(ReadableByteStreamController.prototype, "byobRequest")!.get!;

/** A stream over parts; nothing is copied before it is asked for. */
export function blobStream(parts: ByteParts): ReadableStream<Uint8Array<ArrayBuffer>> {
  let part = 0;
  let offset = 0;
  // Without a prototype: what an app puts on Object.prototype must not reach the stream.
  const source = {
    __proto__: null,
    type: "bytes",
    pull(controller: ReadableByteStreamController) {
      if (part < parts.length) {
        const from = parts[part]!;
        const length = bytesLength(from);
        const end = offset + CHUNK_BYTES < length ? offset + CHUNK_BYTES : length;
        // Nobody waits for the chunks before to be collected but whoever asks for room.
        requireRoom(end - offset, "a chunk of a Blob");
        const chunk = copyOf(partOf(from, offset, end));
        offset = end;
        if (end === length) {
          part++;
          offset = 0;
        }
        return apply(enqueue, controller, [chunk]);
      }
      apply(close, controller, []);
      // A BYOB read that waits is answered with nothing.
      const request = apply(requestOf, controller, []);
      if (request !== null) apply(respond, request, [0]);
    },
  };
  return new NativeReadableStream(source as unknown as UnderlyingByteSource, { __proto__: null, highWaterMark: 0 } as {
    highWaterMark: number;
  }) as ReadableStream<Uint8Array<ArrayBuffer>>;
}
