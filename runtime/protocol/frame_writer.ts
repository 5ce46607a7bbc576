/** Writes messages as bytes; protocol/frames.ts says how they look. */
import { addLast, newBatch } from "./batch.ts";
import { copyOf, partOf } from "./chunks.ts";
import { FIRST_SMALL, LAST_SMALL, LENGTH_BYTES, TAG } from "./frames.ts";
import { FIELDS_BY_CODE } from "./operations.ts";
import {
  bufferLength,
  bytesBuffer,
  bytesLength,
  bytesOffset,
  bytesSet,
  encodeText,
  encodeTextInto,
  freeBuffer,
  isArray,
  isUint8Array,
  NativeUint8Array,
  stringCharCodeAt,
  stringIsWellFormed,
} from "./primordials.ts";
import { WireViolation } from "./wire_violation.ts";

/** A batch is cut between two operations from here on; a frame is this and one operation at most. */
const CUT_BYTES = 256 * 1024;
/** The same in values: what makes a batch full (protocol/outbox.ts). */
const CUT_VALUES = 4096;
/**
 * Frames are collected in pieces of this size, each of which is one write; a text or bytes from half of it on are a piece
 * of their own. A write is a system call and a turn of the event loop, on both sides. Four chunks of 64 KiB, as most are,
 * have room with their heads.
 */
const PIECE_BYTES = 260 * 1024;
const LONG_BYTES = 128 * 1024;
/**
 * Bytes from this many on are freed when they are copied: what waits for V8's collections makes them come, by its size,
 * and each looks at the whole heap. Of 100 MB in chunks of 64 KiB the host made four, a third of its time. Below that
 * nobody is told that its chunk is taken (protocol/outbox.ts).
 */
const FREE_FROM_BYTES = 4096;
/** Pieces that are kept when they have left: as many as a stream's window fills. */
const MAX_SPARES = 4;
/** The first piece after a rest: most turns write less. */
const SMALL_PIECE_BYTES = 4 * 1024;

const float = new Float64Array(1);
const floatBytes = new Uint8Array(float.buffer);

/** Collects frames, in pieces that are taken one after the other. */
export class FrameWriter {
  /** Whole pieces, the first of which is at #taken. */
  #pieces = newBatch();
  #taken = 0;
  #bytes = new NativeUint8Array(SMALL_PIECE_BYTES);
  #at = 0;
  /** The frame that is being written: where its length stands, and how much was written when it began. */
  #frameIn = this.#bytes;
  #frameAt = 0;
  #frameStart = 0;
  /** Pieces that have left: one that is used again need not be made, and filled with zeros before. */
  readonly #spares = newBatch();
  /** Bytes in whole pieces that were not taken. */
  #waiting = 0;
  /** Bytes written all in all. */
  #written = 0;

  /** Bytes that wait to be taken. */
  get length(): number {
    return this.#waiting + this.#at;
  }

  /** The next piece, in bytes that are the caller's from here on; null when there is none. */
  take(): Uint8Array<ArrayBuffer> | null {
    if (this.#taken === this.#pieces.length) {
      if (this.#at === 0) return null;
      this.#seal();
    }
    const piece = this.#pieces[this.#taken] as Uint8Array<ArrayBuffer>;
    // Not held until the last of them has left.
    this.#pieces[this.#taken++] = NOTHING;
    if (this.#taken === this.#pieces.length) {
      this.#pieces = newBatch();
      this.#taken = 0;
    }
    this.#waiting -= bytesLength(piece);
    return piece;
  }

  /** Gives a piece back that is of no use to anybody any more: it is the next one, or its memory is freed. */
  giveBack(piece: Uint8Array<ArrayBuffer>): void {
    const buffer = bytesBuffer(piece) as ArrayBuffer;
    const size = bufferLength(buffer);
    const isPiece = bytesOffset(piece) === 0 && size === PIECE_BYTES;
    if (isPiece && this.#spares.length < MAX_SPARES) addLast(this.#spares, new NativeUint8Array(buffer));
    else if (size > SMALL_PIECE_BYTES) freeBuffer(buffer);
  }

  /** Adds one frame. */
  add(values: ArrayLike<unknown>): void {
    this.#begin();
    for (let at = 0; at < values.length; at++) this.#value(values[at], false);
    this.#end();
  }

  /**
   * Adds a batch as one frame or several; no operation is cut. Its bytes are nobody else's (Outbox.pushBytes), and are
   * detached as if they had been transferred; those in lists may be somebody's, and stay.
   */
  addBatch(batch: ArrayLike<unknown>): void {
    for (let at = 0; at < batch.length;) {
      this.#begin();
      const first = at;
      do {
        const end = at + 1 + FIELDS_BY_CODE[batch[at] as number]!;
        for (; at < end; at++) {
          this.#value(batch[at], true);
          free(batch[at]);
        }
      } while (at < batch.length && this.#written - this.#frameStart < CUT_BYTES && at - first < CUT_VALUES);
      this.#end();
    }
  }

  #begin(): void {
    this.#make(LENGTH_BYTES);
    this.#frameIn = this.#bytes;
    this.#frameAt = this.#at;
    this.#word(0);
    this.#frameStart = this.#written;
  }

  #end(): void {
    writeWord(this.#frameIn, this.#frameAt, this.#written - this.#frameStart);
  }

  /** @param isOwn whether nobody else writes to it, if it is bytes */
  #value(value: unknown, isOwn: boolean): void {
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
        return this.#number(value);
      case "boolean":
        return this.#byte(value ? TAG.TRUE : TAG.FALSE);
      case "undefined":
        return this.#byte(TAG.NONE);
    }
    if (value === null) this.#byte(TAG.NULL);
    else if (isUint8Array(value)) this.#data(TAG.BYTES, value, isOwn);
    else if (isArray(value)) {
      this.#head(TAG.LIST, value.length);
      for (let at = 0; at < value.length; at++) {
        if (isArray(value[at])) throw new WireViolation("a list in a list");
        this.#value(value[at], false);
      }
    } else throw new WireViolation("a value that is not plain");
  }

  #text(text: string): void {
    if (!stringIsWellFormed(text)) return this.#data(TAG.UNITS, unitsOf(text), true);
    // A unit of UTF-16 has three bytes at most.
    const most = 3 * text.length;
    if (most > LONG_BYTES) return this.#data(TAG.TEXT, encodeText(text), true);
    this.#make(1 + LENGTH_BYTES + most);
    const start = this.#at + 1 + LENGTH_BYTES;
    const length = most === 0 ? 0 : encodeTextInto(text, partOf(this.#bytes, start, start + most));
    this.#head(TAG.TEXT, length);
    this.#at += length;
    this.#written += length;
  }

  /** @param isOwn whether nobody else writes to these bytes */
  #data(tag: number, data: Uint8Array<ArrayBuffer>, isOwn: boolean): void {
    const length = bytesLength(data);
    this.#head(tag, length);
    if (length < LONG_BYTES) {
      this.#make(length);
      bytesSet(this.#bytes, data, this.#at);
      this.#at += length;
    } else {
      this.#seal();
      this.#keep(isOwn ? data : copyOf(data));
    }
    this.#written += length;
  }

  #number(value: number): void {
    if (value === (value | 0) && (value !== 0 || 1 / value > 0)) {
      if (value >= 0 && value <= LAST_SMALL) this.#byte(FIRST_SMALL + value);
      else this.#head(TAG.INTEGER, value);
      return;
    }
    this.#byte(TAG.NUMBER);
    float[0] = value;
    for (let at = 0; at < 8; at++) this.#byte(floatBytes[at]!);
  }

  #byte(value: number): void {
    this.#make(1);
    this.#bytes[this.#at++] = value;
    this.#written++;
  }

  #head(tag: number, word: number): void {
    this.#make(1 + LENGTH_BYTES);
    this.#bytes[this.#at++] = tag;
    this.#written++;
    this.#word(word);
  }

  #word(value: number): void {
    writeWord(this.#bytes, this.#at, value);
    this.#at += LENGTH_BYTES;
    this.#written += LENGTH_BYTES;
  }

  /** Makes room for so many bytes in one piece. */
  #make(length: number): void {
    const wanted = this.#at + length;
    if (wanted <= bytesLength(this.#bytes)) return;
    if (wanted > PIECE_BYTES) {
      this.#seal();
      if (length <= SMALL_PIECE_BYTES) return;
    }
    const larger = this.#newPiece();
    bytesSet(larger, partOf(this.#bytes, 0, this.#at), 0);
    if (this.#frameIn === this.#bytes) this.#frameIn = larger;
    this.#bytes = larger;
  }

  #newPiece(): Uint8Array<ArrayBuffer> {
    const count = this.#spares.length;
    if (count === 0) return new NativeUint8Array(PIECE_BYTES);
    const spare = this.#spares[count - 1] as Uint8Array<ArrayBuffer>;
    this.#spares.length = count - 1;
    return spare;
  }

  /** Begins another piece. */
  #seal(): void {
    if (this.#at > 0) this.#keep(partOf(this.#bytes, 0, this.#at));
    this.#bytes = new NativeUint8Array(SMALL_PIECE_BYTES);
    this.#at = 0;
  }

  #keep(piece: Uint8Array<ArrayBuffer>): void {
    addLast(this.#pieces, piece);
    this.#waiting += bytesLength(piece);
  }
}

const NOTHING = new NativeUint8Array(0);

/** What was copied to a piece; a piece of its own is freed when it has left. */
function free(value: unknown): void {
  if (typeof value !== "object" || value === null || !isUint8Array(value)) return;
  const length = bytesLength(value);
  const buffer = bytesBuffer(value) as ArrayBuffer;
  const isWhole = bufferLength(buffer) === length;
  if (isWhole && length >= FREE_FROM_BYTES && length < LONG_BYTES) freeBuffer(buffer);
}

function writeWord(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

/** Units of UTF-16, the lower byte first. */
function unitsOf(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new NativeUint8Array(2 * text.length);
  for (let at = 0; at < text.length; at++) {
    const unit = stringCharCodeAt(text, at);
    bytes[2 * at] = unit;
    bytes[2 * at + 1] = unit >>> 8;
  }
  return bytes;
}
