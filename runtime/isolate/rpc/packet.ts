/** A written value as the body of a call or of an answer: its text, or its parts one after the other. */
import { bare } from "../../protocol/bare.ts";
import { type ByteSource, readerSource, StreamWriter, WINDOW_BYTES } from "../../protocol/byte_stream.ts";
import type { CallBody } from "../../protocol/binding_call.ts";
import {
  apply,
  bytesLength,
  bytesSet,
  decoderDecode,
  encodeText,
  getMember,
  isUint8Array,
  min,
  NativeReadableStream,
  NativeTextDecoder,
  NativeTypeError,
  NativeUint8Array,
  promiseThen,
  uncurry,
} from "../../protocol/primordials.ts";
import { MAX_RPC_BYTES } from "../../protocol/rpc.ts";
import { blobStream } from "../bodies/blob_stream.ts";
import { requireRoom } from "../bodies/external_room.ts";
import { readValue } from "./value_reader.ts";
import { writeValue, type WrittenValue } from "./value_writer.ts";

/** Longer texts are sent as bytes: only those go in pieces, within the receiver's credit. */
const WHOLE_CHARS = 64 * 1024;
/** Longer bytes are a stream. */
const WHOLE_BYTES = 256 * 1024;
/** Length of the text, length of the bytes, whether a stream follows; the lengths in little-endian. */
const HEAD_BYTES = 9;

const decoder = new NativeTextDecoder("utf-8", { ignoreBOM: true });
const subarray = uncurry(Uint8Array.prototype.subarray);

const NOTHING_BESIDE = bare({ blobBytes: 0, stream: null });

/** A value as a body. @param name as messages call it @throws {DOMException} for what cannot cross */
export function packValue(value: unknown, name: string): Exclude<CallBody, null> {
  const written = writeValue(value, name);
  if (written.stream === null && written.blobs.length === 0 && written.text.length <= WHOLE_CHARS) return written.text;
  const bytes = joined(written);
  if (written.stream !== null) return streamOf(() => bytes, sourceOf(written.stream));
  return bytesLength(bytes) > WHOLE_BYTES ? blobStream([bytes]) : bytes;
}

function joined({ text, blobs, blobBytes, stream }: WrittenValue): Uint8Array<ArrayBuffer> {
  const textBytes = encodeText(text);
  const size = HEAD_BYTES + bytesLength(textBytes) + blobBytes;
  requireRoom(size, "a value for another app");
  const bytes = new NativeUint8Array(size);
  putNumber(bytes, 0, bytesLength(textBytes));
  putNumber(bytes, 4, blobBytes);
  bytes[8] = stream === null ? 0 : 1;
  bytesSet(bytes, textBytes, HEAD_BYTES);
  let end = HEAD_BYTES + bytesLength(textBytes);
  for (let at = 0; at < blobs.length; at++) {
    bytesSet(bytes, blobs[at]!, end);
    end += bytesLength(blobs[at]!);
  }
  return bytes;
}

function putNumber(bytes: Uint8Array, at: number, value: number): void {
  for (let byte = 0; byte < 4; byte++) bytes[at + byte] = value >>> (8 * byte);
}

function numberAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24) >>> 0;
}

/** The stream's class may be a polyfill's, which no method of the native one takes. */
function sourceOf(stream: ReadableStream<Uint8Array>): ByteSource {
  if (stream instanceof NativeReadableStream) return readerSource(stream);
  return apply(getMember(stream, "getReader") as () => ByteSource, stream, []);
}

/** Bytes that are at hand when the first are read, then those of a source. */
function streamOf(first: () => Uint8Array<ArrayBuffer>, source: ByteSource): ReadableStream<Uint8Array> {
  let isFirst = true;
  let writer: StreamWriter;
  const underlying = bare({
    type: "bytes",
    start: (controller: unknown) => void (writer = new StreamWriter(controller, true)),
    pull(): void | Promise<void> {
      const ahead = isFirst ? first() : null;
      isFirst = false;
      if (ahead !== null && bytesLength(ahead) > 0) return writer.put(ahead);
      return promiseThen(source.read(), (result) => {
        if (result.done) return writer.finish();
        const { value } = result;
        if (!isUint8Array(value)) throw new NativeTypeError("Cannot send a stream chunk that is no Uint8Array");
        // A copy: what is put into a byte stream is taken from whoever had it.
        if (bytesLength(value) > 0) return writer.put(new NativeUint8Array(value));
        return underlying.pull();
      });
    },
    cancel: (reason: unknown) => source.cancel(reason),
  });
  return new NativeReadableStream(underlying as UnderlyingByteSource, bare({ highWaterMark: 0 }));
}

/** Streams that values are read from just now: of each as much may come as one has under way unread. */
let unpacking = 0;

/** The value in a body. @throws {TypeError} when there is none in it */
export async function unpackValue(body: CallBody): Promise<unknown> {
  if (typeof body === "string") return readValue(body, NOTHING_BESIDE).value;
  if (body === null) throw broken();
  if (isUint8Array(body)) return await unpackFrom(sourceOfBytes(body));
  unpacking++;
  try {
    return await unpackFrom(sourceOf(body as ReadableStream<Uint8Array>));
  } finally {
    unpacking--;
  }
}

async function unpackFrom(source: ByteSource): Promise<unknown> {
  const pieces = new Pieces(source);
  const head = await pieces.take(HEAD_BYTES);
  const textBytes = numberAt(head, 0);
  const blobBytes = numberAt(head, 4);
  // A character of JSON has up to three bytes.
  if (textBytes > 3 * MAX_RPC_BYTES || blobBytes > MAX_RPC_BYTES) throw broken();
  requireRoom(textBytes, "a value of another app");
  const text = decoderDecode(decoder, await pieces.take(textBytes));
  // Right before the buffers are made: others may have taken the room while the text came.
  requireRoom(blobBytes, "a value of another app", unpacking * WINDOW_BYTES);
  const { value, buffers } = readValue(text, {
    blobBytes,
    stream: head[8] === 1 ? () => streamOf(() => pieces.rest, source) : null,
  });
  for (let at = 0; at < buffers.length; at++) await pieces.fill(buffers[at]!);
  return value;
}

function broken(): TypeError {
  return new NativeTypeError("Cannot read what another app has sent: it broke off");
}

function sourceOfBytes(bytes: Uint8Array): ByteSource {
  let value: Uint8Array | null = bytes;
  return {
    read() {
      const result = value === null ? bare({ done: true, value: undefined }) : bare({ done: false, value });
      value = null;
      return promiseThen(READ, () => result) as ReturnType<ByteSource["read"]>;
    },
    cancel: () => READ,
  };
}

const READ = Promise.resolve();

/** Takes exact lengths from a source of chunks. */
class Pieces {
  /** What was read and not taken. */
  rest: Uint8Array<ArrayBuffer> = new NativeUint8Array(0);
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new NativeUint8Array(length);
    await this.fill(bytes);
    return bytes;
  }

  async fill(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const length = bytesLength(bytes);
    for (let end = 0; end < length;) {
      if (bytesLength(this.rest) === 0) {
        const { done, value } = await this.#source.read();
        if (done) throw broken();
        this.rest = value as Uint8Array<ArrayBuffer>;
      }
      const size = min(bytesLength(this.rest), length - end);
      bytesSet(bytes, subarray(this.rest, 0, size), end);
      this.rest = subarray(this.rest, size) as Uint8Array<ArrayBuffer>;
      end += size;
    }
  }
}
