/** Puts frames together from what comes off a pipe; how much it holds is bounded by what has come. */
import { frameLength, LENGTH_BYTES, part, readFrame } from "./frames.ts";
import { bytesLength, bytesSet, NativeUint8Array } from "./primordials.ts";
import { WireViolation } from "./wire_violation.ts";

/** A frame is longer than one may be: whoever sent it had so much in its memory. */
export class FrameTooLong extends WireViolation {
  override readonly name = "FrameTooLong";
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a frame of ${bytes} bytes`);
    this.bytes = bytes;
  }
}

/** Takes pieces of any length. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #take: (values: unknown[]) => void;
  /** The beginning of a frame whose end has not come. */
  #held = new NativeUint8Array(0);
  #size = 0;

  /**
   * @param maxBytes of one frame
   * @param take hears the values of each
   */
  constructor(maxBytes: number, take: (values: unknown[]) => void) {
    this.#maxBytes = maxBytes;
    this.#take = take;
  }

  /**
   * Takes a piece; nothing of it is kept.
   * @throws {WireViolation} for what is no frame, or too long a one
   */
  push(piece: Uint8Array<ArrayBuffer>): void {
    let at = 0;
    const size = bytesLength(piece);
    while (at < size) {
      if (this.#size === 0) {
        const end = this.#endAt(piece, at, size);
        if (end === null || end > size) return this.#keep(piece, at, size);
        this.#take(readFrame(piece, at + LENGTH_BYTES, end));
        at = end;
        continue;
      }
      // Its length first, and then no more than is its own.
      const end = this.#endAt(this.#held, 0, this.#size);
      const wanted = (end ?? LENGTH_BYTES) - this.#size;
      const until = size - at < wanted ? size : at + wanted;
      this.#keep(piece, at, until);
      at = until;
      if (this.#size !== this.#endAt(this.#held, 0, this.#size)) continue;
      const whole = this.#held;
      const length = this.#size;
      this.#held = new NativeUint8Array(0);
      this.#size = 0;
      this.#take(readFrame(whole, LENGTH_BYTES, length));
    }
  }

  /** Where a frame ends, or null when its length has not come. */
  #endAt(bytes: Uint8Array, at: number, size: number): number | null {
    if (size - at < LENGTH_BYTES) return null;
    const length = frameLength(bytes, at);
    if (length > this.#maxBytes) throw new FrameTooLong(length);
    return at + LENGTH_BYTES + length;
  }

  #keep(piece: Uint8Array<ArrayBuffer>, from: number, to: number): void {
    const wanted = this.#size + to - from;
    if (wanted > bytesLength(this.#held)) {
      const larger = new NativeUint8Array(wanted < 2 * this.#size ? 2 * this.#size : wanted);
      bytesSet(larger, part(this.#held, 0, this.#size), 0);
      this.#held = larger;
    }
    bytesSet(this.#held, part(piece, from, to - from), this.#size);
    this.#size = wanted;
  }
}
