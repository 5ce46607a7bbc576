/** Keys of `Deno.Kv` as bytes whose order is theirs: https://github.com/denoland/denokv, as FoundationDB's tuples. */

/** A part of a key. */
export type KeyPart = Uint8Array | string | number | bigint | boolean;

const BYTES = 0x01;
const TEXT = 0x02;
/** Below it negative whole numbers by how many bytes they have, above it positive ones. */
const ZERO = 0x14;
const LONG_NEGATIVE = 0x0b;
const LONG_POSITIVE = 0x1d;
const DOUBLE = 0x21;
const FALSE = 0x26;
const TRUE = 0x27;
const ESCAPE = 0xff;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** @throws {TypeError} for what is no key */
export function encodeKey(key: unknown): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const part of mustBeList(key)) encodePart(bytes, part);
  return new Uint8Array(bytes);
}

/** The key of bytes that {@linkcode encodeKey} made. */
export function decodeKey(bytes: Uint8Array): KeyPart[] {
  const parts: KeyPart[] = [];
  let at = 0;
  const escaped = () => {
    const found: number[] = [];
    for (; bytes[at] !== 0 || bytes[at + 1] === ESCAPE; at++) {
      found.push(bytes[at]!);
      if (bytes[at] === 0) at++;
    }
    at++;
    return new Uint8Array(found);
  };
  while (at < bytes.length) {
    const mark = bytes[at++]!;
    if (mark === BYTES) parts.push(escaped());
    else if (mark === TEXT) parts.push(decoder.decode(escaped()));
    else if (mark === DOUBLE) {
      parts.push(doubleOf(bytes.slice(at, at + 8)));
      at += 8;
    } else if (mark === FALSE || mark === TRUE) parts.push(mark === TRUE);
    else {
      const isNegative = mark < ZERO;
      const isLong = mark === LONG_NEGATIVE || mark === LONG_POSITIVE;
      const flip = isNegative ? 0xff : 0;
      const length = isLong ? bytes[at++]! ^ flip : Math.abs(mark - ZERO);
      let value = 0n;
      for (const byte of bytes.subarray(at, at += length)) value = value << 8n | BigInt(byte ^ flip);
      parts.push(isNegative ? -value : value);
    }
  }
  return parts;
}

/** @throws {TypeError} as Deno has it */
export function mustBeList(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const kind = typeof value === "number" ? "Number" : value === null ? "null" : typeof value;
  throw new TypeError(`serde_v8 error: invalid type; expected: array, got: ${kind}`);
}

function encodePart(bytes: number[], part: unknown): void {
  if (typeof part === "string") escape(bytes, TEXT, encoder.encode(part));
  else if (typeof part === "number") bytes.push(DOUBLE, ...bytesOfDouble(part));
  else if (typeof part === "bigint") encodeWhole(bytes, part);
  else if (typeof part === "boolean") bytes.push(part ? TRUE : FALSE);
  else if (ArrayBuffer.isView(part)) {
    escape(bytes, BYTES, new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  } else throw new TypeError("expected string, number, bigint, ArrayBufferView, boolean");
}

function escape(bytes: number[], mark: number, part: Uint8Array): void {
  bytes.push(mark);
  for (const byte of part) {
    bytes.push(byte);
    if (byte === 0) bytes.push(ESCAPE);
  }
  bytes.push(0);
}

function encodeWhole(bytes: number[], value: bigint): void {
  if (value === 0n) return void bytes.push(ZERO);
  const isNegative = value < 0n;
  const digits = (isNegative ? -value : value).toString(16);
  const own = Uint8Array.fromHex(digits.length % 2 === 0 ? digits : `0${digits}`);
  if (own.length > 0xff) throw new TypeError("BigInt is too large");
  const flip = isNegative ? 0xff : 0;
  if (own.length <= 8) bytes.push(isNegative ? ZERO - own.length : ZERO + own.length);
  else bytes.push(isNegative ? LONG_NEGATIVE : LONG_POSITIVE, own.length ^ flip);
  for (const byte of own) bytes.push(byte ^ flip);
}

/** Negative ones with all bits turned over, others with their sign: in the order of their values. */
function bytesOfDouble(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = 1n << 63n;
  view.setBigUint64(0, (bits & sign) === 0n ? bits | sign : ~bits);
  return new Uint8Array(view.buffer);
}

function doubleOf(bytes: Uint8Array<ArrayBuffer>): number {
  const view = new DataView(bytes.buffer);
  const bits = view.getBigUint64(0);
  const sign = 1n << 63n;
  view.setBigUint64(0, (bits & sign) === 0n ? ~bits : bits ^ sign);
  return view.getFloat64(0);
}
