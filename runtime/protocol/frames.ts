/**
 * Messages as bytes, for an isolate that is a process of its own: each a list of plain values behind its length.
 *
 * Nothing in it can be more than it says: no objects, no references, no code, and a list within the list is the deepest.
 * What stands here runs on both sides of the wall.
 */
import { decoderDecode, NativeTextDecoder, setPrototypeOf } from "./primordials.ts";
import { addLast, newBatch } from "./batch.ts";
import { copyOf, partOf } from "./chunks.ts";
import { WireViolation } from "./wire_violation.ts";

/** Bytes of a frame's length. */
export const LENGTH_BYTES = 4;
/**
 * The longest frame that is taken from an isolate, beside what it may hold in its heap. The longest operation is a message of 16 MiB on a WebSocket, whose
 * text may have three bytes a letter.
 */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
/** Of one frame, those in lists included: a byte may be a value, and a value takes 16 times as much here. */
const MAX_VALUES = 64 * 1024;

/** First byte of a value. */
export const TAG = {
  NULL: 0,
  FALSE: 1,
  TRUE: 2,
  NONE: 3,
  INTEGER: 4,
  NUMBER: 5,
  TEXT: 6,
  UNITS: 7,
  BYTES: 8,
  LIST: 9,
} as const;
/** From here on that byte is the value: a small number. */
export const FIRST_SMALL = 32 as number;
/** The largest of them. */
export const LAST_SMALL = 255 - FIRST_SMALL;

const ArrayPrototype = Array.prototype;
const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);
const { fromCharCode } = String;
// A text keeps the mark of byte order that it begins with.
const decoder = new NativeTextDecoder("utf-8", { ignoreBOM: true });

/** The length that a frame's first bytes say. */
export function frameLength(bytes: Uint8Array, at: number): number {
  return wordAt(bytes, at) >>> 0;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | bytes[at + 1]! << 8 | bytes[at + 2]! << 16 | bytes[at + 3]! << 24;
}

/**
 * The values of a frame, its length left out.
 *
 * @param bytes copied from: nothing that is returned lies in them
 * @throws {WireViolation} for what is no frame
 */
export function readFrame(bytes: Uint8Array<ArrayBuffer>, start: number, end: number): unknown[] {
  // Without setters on indices that an app may have put on prototypes.
  const values = newBatch();
  let list: ReturnType<typeof newBatch> | null = null;
  let left = 0;
  let count = 0;
  let at = start;
  const need = (length: number) => {
    if (length > end - at) throw new WireViolation("a value that is longer than its frame");
  };
  while (at < end) {
    if (++count > MAX_VALUES) throw new WireViolation("a frame of too many values");
    const tag = bytes[at++]!;
    let value: unknown;
    if (tag >= FIRST_SMALL) value = tag - FIRST_SMALL;
    else if (tag <= TAG.NONE) value = tag === TAG.NULL ? null : tag === TAG.NONE ? undefined : tag === TAG.TRUE;
    else if (tag === TAG.NUMBER) {
      need(8);
      for (let index = 0; index < 8; index++) floatBytes[index] = bytes[at++]!;
      value = float[0];
    } else {
      need(LENGTH_BYTES);
      const word = wordAt(bytes, at);
      at += LENGTH_BYTES;
      if (tag === TAG.INTEGER) value = word;
      else if (tag === TAG.LIST) {
        if (list !== null || word < 0 || word > MAX_VALUES) throw new WireViolation("a list that is none");
        list = newBatch();
        left = word;
        value = list;
      } else {
        const length = word >>> 0;
        need(length);
        if (tag === TAG.TEXT) value = textAt(bytes, at, length);
        else if (tag === TAG.UNITS) value = unitsAt(bytes, at, length);
        else if (tag === TAG.BYTES) {
          value = copyOf(partOf(bytes, at, at + length));
        } else throw new WireViolation("a value of no kind");
        at += length;
      }
    }
    if (list === null || value === list) addLast(values, value);
    else {
      addLast(list, value);
      left--;
    }
    if (list !== null && left === 0) {
      setPrototypeOf(list, ArrayPrototype);
      list = null;
    }
  }
  if (list !== null) throw new WireViolation("a list without its end");
  return values;
}

function textAt(bytes: Uint8Array<ArrayBuffer>, at: number, length: number): string {
  return length === 0 ? "" : decoderDecode(decoder, partOf(bytes, at, at + length)) as string;
}

function unitsAt(bytes: Uint8Array, at: number, length: number): string {
  let text = "";
  for (const end = at + length - 1; at < end; at += 2) text += fromCharCode(bytes[at]! | bytes[at + 1]! << 8);
  return text;
}
