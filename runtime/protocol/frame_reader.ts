/** Puts frames together from what comes off a pipe; how much it holds is bounded by what has come. */
import { partOf } from "./chunks.ts";
import { frameLength, LENGTH_BYTES, readFrame } from "./frames.ts";
import { bytesLength, bytesSet, min, NativeUint8Array } from "./primordials.ts";
import { WireViolation } from "./wire_violation.ts";

/** As much room as a reader begins with; it doubles whenever it was filled. */
const FIRST_BYTES = 4 * 1024;
/**
 * More room only a longer frame has: a frame of a stream (256 KiB and a chunk, protocol/frame_writer.ts), and behind it as
 * much as Linux holds of a socket (net.core.rmem_default is 208 KiB).
 */
const ROOM_BYTES = 512 * 1024;

/** A frame is longer than one may be: whoever sent it had so much in its memory. */
export class FrameTooLong extends WireViolation {
  override readonly name = "FrameTooLong";
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a frame of ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** Takes pieces of any length, which are read to where their frame is put together. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #take: (values: unknown[]) => void;
  #bytes = new NativeUint8Array(FIRST_BYTES);
  /** Of the bytes, where those begin and end that were not taken. */
  #from = 0;
  #to = 0;

  /**
   * @param maxBytes of one frame
   * @param take hears the values of each
   */
  constructor(maxBytes: number, take: (values: unknown[]) => void) {
    this.#maxBytes = maxBytes;
    this.#take = take;
  }

  /** Where the next piece is to be written, from the beginning on; {@linkcode came} ends it. */
  room(): Uint8Array<ArrayBuffer> {
    const held = this.#to - this.#from;
    const size = this.#sizeFor(held);
    const isOther = size !== bytesLength(this.#bytes);
    if (isOther || held === 0 || size - this.#to < size / 2) {
      const bytes = isOther ? new NativeUint8Array(size) : this.#bytes;
      if (held > 0) bytesSet(bytes, partOf(this.#bytes, this.#from, this.#from + held), 0);
      this.#bytes = bytes;
      this.#from = 0;
      this.#to = held;
    }
    return partOf(this.#bytes, this.#to, size);
  }

  /** What is held is less than a frame, so that there is always room for more of it. */
  #sizeFor(held: number): number {
    const size = bytesLength(this.#bytes);
    const frame = held < LENGTH_BYTES ? 0 : LENGTH_BYTES + frameLength(this.#bytes, this.#from);
    if (frame > ROOM_BYTES) return held < size ? size : min(2 * size, frame);
    return min(this.#to < size ? size : 2 * size, ROOM_BYTES);
  }

  /**
   * So many bytes have come to where there was room.
   * @throws {WireViolation} for what is no frame, or too long a one
   */
  came(size: number): void {
    this.#to += size;
    while (this.#to - this.#from >= LENGTH_BYTES) {
      const length = frameLength(this.#bytes, this.#from);
      if (length > this.#maxBytes) throw new FrameTooLong(length);
      const start = this.#from + LENGTH_BYTES;
      if (start + length > this.#to) return;
      this.#from = start + length;
      this.#take(readFrame(this.#bytes, start, start + length));
    }
  }

  /**
   * Takes a piece that lies elsewhere; nothing of it is kept.
   * @throws {WireViolation} as {@linkcode came}
   */
  push(piece: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < bytesLength(piece);) {
      const room = this.room();
      const size = min(bytesLength(room), bytesLength(piece) - at);
      bytesSet(room, partOf(piece, at, at + size), 0);
      this.came(size);
      at += size;
    }
  }
}
