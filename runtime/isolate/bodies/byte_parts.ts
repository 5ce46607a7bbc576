/** Lists of byte views: what Blobs are made of. A view in such a list is never written to and never handed to an app. */

import {
  apply,
  bytesLength,
  bytesSet,
  decoderDecode,
  getOwnPropertyDescriptor,
  NativeTextDecoder,
  NativeTypeError,
  NativeUint8Array,
} from "../../protocol/primordials.ts";
import { partOf } from "../../protocol/chunks.ts";
import { append } from "../../protocol/safe_lists.ts";
import { bytesOfView, isView, spanOf } from "../../protocol/views.ts";

export { copyOf, partOf } from "../../protocol/chunks.ts";
export { bytesLength, encodeText, isUint8Array } from "../../protocol/primordials.ts";
export { append } from "../../protocol/safe_lists.ts";

type Getter = (this: unknown) => unknown;

const rawGetterOf = (holder: object, name: PropertyKey) => getOwnPropertyDescriptor(holder, name)!.get as Getter;
const bufferLengthOf = rawGetterOf(ArrayBuffer.prototype, "byteLength");
const sharedLengthOf = rawGetterOf(SharedArrayBuffer.prototype, "byteLength");
const isDetached = rawGetterOf(ArrayBuffer.prototype, "detached");

/** From this size a piece gets a buffer of its own; smaller neighbours share one, which costs less than a buffer each. */
export const OWN_BUFFER_BYTES = 4096;

/** Bytes in order. */
export type ByteParts = Uint8Array<ArrayBuffer>[];

/** Sum of the lengths. */
export function sizeOfParts(parts: ByteParts): number {
  let size = 0;
  for (let at = 0; at < parts.length; at++) size += bytesLength(parts[at]!);
  return size;
}

/** One copy of all. */
export function joinParts(parts: ByteParts, size: number): Uint8Array<ArrayBuffer> {
  const whole = new NativeUint8Array(size);
  let end = 0;
  for (let at = 0; at < parts.length; at++) {
    bytesSet(whole, parts[at]!, end);
    end += bytesLength(parts[at]!);
  }
  return whole;
}

/** Views of the bytes from `from` to `to`. */
export function sliceParts(parts: ByteParts, from: number, to: number): ByteParts {
  const sliced: ByteParts = [];
  let start = 0;
  for (let at = 0; at < parts.length && start < to; at++) {
    const part = parts[at]!;
    const length = bytesLength(part);
    const begin = from > start ? from - start : 0;
    const end = to - start < length ? to - start : length;
    if (end > begin) append(sliced, begin === 0 && end === length ? part : partOf(part, begin, end));
    start += length;
  }
  return sliced;
}

/** Text of the bytes; `keepMark` leaves a byte order mark in it. */
export function decodeParts(parts: ByteParts, keepMark: boolean): string {
  const decoder = new NativeTextDecoder("utf-8", { __proto__: null, ignoreBOM: keepMark } as TextDecoderOptions);
  if (parts.length === 1) return decoderDecode(decoder, parts[0]!);
  const more = { __proto__: null, stream: true };
  let text = "";
  for (let at = 0; at < parts.length; at++) text += decoderDecode(decoder, parts[at]!, more as TextDecodeOptions);
  return text + decoderDecode(decoder);
}

/** A view of what an app gave; it is still the app's, so it has to be copied. Null for what is no buffer and no view. */
export function viewOfGiven(given: unknown, action: string): Uint8Array<ArrayBuffer> | null {
  if (typeof given !== "object" || given === null) return null;
  let buffer: unknown = given;
  let at: number | undefined;
  let length: number | undefined;
  if (isView(given)) {
    ({ buffer, at, length } = spanOf(given));
    if (isShared(buffer)) {
      throw new NativeTypeError(`Failed to ${action}: a view on a SharedArrayBuffer is not allowed`);
    }
  } else if (isShared(given)) {
    throw new NativeTypeError(`Failed to ${action}: a SharedArrayBuffer is not allowed`);
  } else if (!isBuffer(given)) return null;
  if (apply(isDetached, buffer, [])) return new NativeUint8Array(0);
  return new NativeUint8Array(buffer as ArrayBuffer, at, length);
}

/** The bytes of a buffer or a view, be it shared; they are still the app's. Null for anything else. */
export function sharedOrOwnBytes(given: unknown): Uint8Array | null {
  if (typeof given !== "object" || given === null) return null;
  if (isView(given)) return bytesOfView(given);
  return isBuffer(given) || isShared(given) ? new NativeUint8Array(given as ArrayBuffer) : null;
}

function isBuffer(value: object): boolean {
  return hasBrand(bufferLengthOf, value);
}

function isShared(value: unknown): boolean {
  return hasBrand(sharedLengthOf, value);
}

/** Whether a getter takes a value for its own. */
function hasBrand(getter: Getter, value: unknown): boolean {
  try {
    apply(getter, value, []);
    return true;
  } catch {
    // It throws for everything else.
    return false;
  }
}
