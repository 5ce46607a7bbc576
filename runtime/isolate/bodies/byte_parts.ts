/** Lists of byte views: what Blobs are made of. A view in such a list is never written to and never handed to an app. */

const NativeUint8Array = Uint8Array;
const NativeArrayBuffer = ArrayBuffer;
const NativeTypeError = TypeError;
const { apply } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isView } = ArrayBuffer;
type Getter = (this: unknown) => unknown;

const typedArray = getPrototypeOf(Uint8Array.prototype) as object;
const set = Uint8Array.prototype.set as (this: Uint8Array, source: Uint8Array, at: number) => void;
const getterOf = (holder: object, name: PropertyKey) => getOwnPropertyDescriptor(holder, name)!.get as Getter;
const tagOf = getterOf(typedArray, Symbol.toStringTag);
const arrayBufferOf = getterOf(typedArray, "buffer");
const arrayOffsetOf = getterOf(typedArray, "byteOffset");
const arrayLengthOf = getterOf(typedArray, "byteLength");
const viewBufferOf = getterOf(DataView.prototype, "buffer");
const viewOffsetOf = getterOf(DataView.prototype, "byteOffset");
const viewLengthOf = getterOf(DataView.prototype, "byteLength");
const bufferLengthOf = getterOf(ArrayBuffer.prototype, "byteLength");
const sharedLengthOf = getterOf(SharedArrayBuffer.prototype, "byteLength");
const isDetached = getterOf(ArrayBuffer.prototype, "detached");
const encoder = new TextEncoder();
const { encode } = TextEncoder.prototype;
const { decode } = TextDecoder.prototype;
const NativeTextDecoder = TextDecoder;

/** From this size a piece gets a buffer of its own; smaller neighbours share one, which costs less than a buffer each. */
export const OWN_BUFFER_BYTES = 4096;

/** Bytes in order. */
export type ByteParts = Uint8Array<ArrayBuffer>[];

/** Appends to a list that no setter on Array.prototype shall see. */
export function append<T>(list: T[], value: T): void {
  defineProperty(list, list.length, {
    // An app's Object.prototype must not reach a descriptor.
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

/** Length of a view that is ours. */
export function lengthOf(part: Uint8Array): number {
  return apply(arrayLengthOf, part, []) as number;
}

/** A view of a part of a view. */
export function viewOf(part: Uint8Array, from: number, to: number): Uint8Array<ArrayBuffer> {
  const buffer = apply(arrayBufferOf, part, []) as ArrayBuffer;
  return new NativeUint8Array(buffer, (apply(arrayOffsetOf, part, []) as number) + from, to - from);
}

/** Copies a view. */
export function copyOf(part: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new NativeUint8Array(lengthOf(part));
  apply(set, copy, [part, 0]);
  return copy;
}

/** Bytes of a text; lone surrogates become U+FFFD. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return apply(encode, encoder, [text]) as Uint8Array<ArrayBuffer>;
}

/** Sum of the lengths. */
export function sizeOfParts(parts: ByteParts): number {
  let size = 0;
  for (let at = 0; at < parts.length; at++) size += lengthOf(parts[at]!);
  return size;
}

/** One copy of all. */
export function joinParts(parts: ByteParts, size: number): Uint8Array<ArrayBuffer> {
  const whole = new NativeUint8Array(size);
  let end = 0;
  for (let at = 0; at < parts.length; at++) {
    apply(set, whole, [parts[at]!, end]);
    end += lengthOf(parts[at]!);
  }
  return whole;
}

/** Views of the bytes from `from` to `to`. */
export function sliceParts(parts: ByteParts, from: number, to: number): ByteParts {
  const sliced: ByteParts = [];
  let start = 0;
  for (let at = 0; at < parts.length && start < to; at++) {
    const part = parts[at]!;
    const length = lengthOf(part);
    const begin = from > start ? from - start : 0;
    const end = to - start < length ? to - start : length;
    if (end > begin) append(sliced, begin === 0 && end === length ? part : viewOf(part, begin, end));
    start += length;
  }
  return sliced;
}

/** Text of the bytes; `keepMark` leaves a byte order mark in it. */
export function decodeParts(parts: ByteParts, keepMark: boolean): string {
  const decoder = new NativeTextDecoder("utf-8", { __proto__: null, ignoreBOM: keepMark } as TextDecoderOptions);
  if (parts.length === 1) return apply(decode, decoder, [parts[0]]) as string;
  const more = { __proto__: null, stream: true };
  let text = "";
  for (let at = 0; at < parts.length; at++) text += apply(decode, decoder, [parts[at], more]) as string;
  return text + (apply(decode, decoder, []) as string);
}

/** A view of what an app gave; it is still the app's, so it has to be copied. Null for what is no buffer and no view. */
export function viewOfGiven(given: unknown, action: string): Uint8Array<ArrayBuffer> | null {
  if (typeof given !== "object" || given === null) return null;
  let buffer: unknown = given;
  let offset = 0;
  let length: number | undefined;
  if (apply(isView, NativeArrayBuffer, [given])) {
    const isTyped = apply(tagOf, given, []) !== undefined;
    buffer = apply(isTyped ? arrayBufferOf : viewBufferOf, given, []);
    if (isShared(buffer)) {
      throw new NativeTypeError(`Failed to ${action}: a view on a SharedArrayBuffer is not allowed`);
    }
    if (apply(isDetached, buffer, [])) return new NativeUint8Array(0);
    offset = apply(isTyped ? arrayOffsetOf : viewOffsetOf, given, []) as number;
    length = apply(isTyped ? arrayLengthOf : viewLengthOf, given, []) as number;
  } else if (isShared(given)) {
    throw new NativeTypeError(`Failed to ${action}: a SharedArrayBuffer is not allowed`);
  } else if (!isBuffer(given)) return null;
  if (apply(isDetached, buffer, [])) return new NativeUint8Array(0);
  return new NativeUint8Array(buffer as ArrayBuffer, offset, length);
}

/** Whether a value is a Uint8Array, whatever its prototype says. */
export function isUint8Array(value: unknown): value is Uint8Array<ArrayBuffer> {
  return typeof value === "object" && value !== null && apply(tagOf, value, []) === "Uint8Array";
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
