/** Streams whose length is known before they are read, as `put` of an R2 bucket asks for it. */
import { bytesLength, encodeText, isUint8Array } from "./primordials.ts";
import { SafeWeakMap } from "./safe_collections.ts";

/** A number of bytes, or what the stream gives. */
type Length = number | string | Uint8Array;

const lengths = new SafeWeakMap<ReadableStream, Length>();

/** Notes how long a stream is. */
export function noteLength(stream: ReadableStream, length: Length): void {
  lengths.set(stream, length);
}

/** What is known of one stream holds for another. */
export function passLength(from: ReadableStream, to: ReadableStream): void {
  const length = lengths.get(from);
  if (length !== undefined) lengths.set(to, length);
}

/** Bytes that a stream has in all, or null when nobody knows. */
export function knownLength(stream: ReadableStream): number | null {
  const length = lengths.get(stream);
  if (length === undefined) return null;
  if (typeof length === "number") return length;
  return isUint8Array(length) ? bytesLength(length) : bytesLength(encodeText(length as string));
}
