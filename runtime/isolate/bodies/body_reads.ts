/** Reads the bytes of a Request's or Response's body, without a copy of what arrived over the wall. */
import { innerSlots } from "../../protocol/inner_slots.ts";
import {
  append,
  type ByteParts,
  bytesLength,
  copyOf,
  encodeText,
  isUint8Array,
  OWN_BUFFER_BYTES,
} from "./byte_parts.ts";
import { requireRoom } from "./external_room.ts";

const NativeTypeError = TypeError;
const NativeUint8Array = Uint8Array;
const { apply } = Reflect;
const { getOwnPropertyDescriptor } = Object;
const { bytes: requestBytes } = Request.prototype;
const { bytes: responseBytes } = Response.prototype;
const isRequestUsed = getOwnPropertyDescriptor(Request.prototype, "bodyUsed")!.get!;
const { getReader } = ReadableStream.prototype;
const { read, cancel, releaseLock } = ReadableStreamDefaultReader.prototype;
const { releaseLock: releaseByob } = ReadableStreamBYOBReader.prototype;
const { set } = Uint8Array.prototype;
const { then } = Promise.prototype;
/** Small chunks share blocks of this size, so that a body in many pieces takes no buffer each. */
const BLOCK_BYTES = 64 * 1024;

/** Takes one chunk, which nobody else holds. */
export type TakeChunk = (chunk: Uint8Array<ArrayBuffer>) => void;

/** Which of the two classes a body belongs to. */
export type BodyHolder = { readonly request: Request } | { readonly response: Response };

/**
 * Reads a whole body.
 * @throws {TypeError} when it was used, is being read, or holds a chunk that is no Uint8Array
 * @throws {RangeError} when it does not fit into the app's memory
 */
export async function readBody(holder: BodyHolder, take: TakeChunk): Promise<void> {
  if (innerSlots === null) {
    const bytes = "request" in holder
      ? apply(requestBytes, holder.request, [])
      : apply(responseBytes, holder.response, []);
    return take(await bytes);
  }
  const content = "request" in holder ? takeOfRequest(holder.request) : innerSlots.takeResponse(holder.response)?.body;
  if (content === undefined) throw new NativeTypeError("Illegal invocation");
  if (content === null) return;
  if (typeof content === "string") {
    requireRoom(content.length, "a body");
    take(encodeText(content));
  } else if (isUint8Array(content)) {
    requireRoom(bytesLength(content), "a body");
    // A clone of the request or response may hold the same bytes, and hand them to the app.
    take(copyOf(content));
  } else await readStream(content as ReadableStream<Uint8Array>, take);
}

/** The same as a list. */
export async function readBodyParts(holder: BodyHolder): Promise<ByteParts> {
  const parts: ByteParts = [];
  await readBody(holder, (chunk) => append(parts, chunk));
  return parts;
}

function takeOfRequest(request: Request) {
  // Throws for what is no Request.
  if (apply(isRequestUsed, request, [])) throw new NativeTypeError("Body already used");
  return innerSlots!.takeRequestBody(innerSlots!.request(request));
}

async function readStream(stream: ReadableStream<Uint8Array>, take: TakeChunk): Promise<void> {
  const isOurs = isByteStream(stream);
  const reader = apply(getReader, stream, []) as ReadableStreamDefaultReader<Uint8Array>;
  let block: Uint8Array<ArrayBuffer> | null = null;
  let used = 0;
  const settle = () => {
    if (block !== null && used > 0) take(new NativeUint8Array(block.buffer, 0, used));
    block = null;
    used = 0;
  };
  try {
    while (true) {
      const { done, value } = await apply(read, reader, []);
      if (done) break;
      if (!isUint8Array(value)) throw new NativeTypeError("Cannot read a body chunk that is no Uint8Array");
      const length = bytesLength(value);
      // What arrived is there already; the next of its kind needs as much room again.
      requireRoom(length, "a body");
      if (length >= OWN_BUFFER_BYTES) {
        settle();
        // A byte stream takes the buffer from whoever enqueued it; any other leaves it with them.
        take(isOurs ? value : copyOf(value));
        continue;
      }
      if (used + length > BLOCK_BYTES) settle();
      block ??= new NativeUint8Array(BLOCK_BYTES);
      apply(set, block, [value, used]);
      used += length;
    }
    settle();
  } catch (error) {
    // The reason is the one that is thrown.
    apply(then, apply(cancel, reader, [error]), [undefined, () => {}]);
    throw error;
  } finally {
    apply(releaseLock, reader, []);
  }
}

function isByteStream(stream: ReadableStream): boolean {
  try {
    apply(releaseByob, apply(getReader, stream, [{ __proto__: null, mode: "byob" }]), []);
    return true;
  } catch {
    // Only byte streams have such readers.
    return false;
  }
}
