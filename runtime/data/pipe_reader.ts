/** Cuts a pipe's bytes into what was asked for; what has come already is had without a wait. */

/** Read at once; a pipe of Linux holds as much. */
const READ_BYTES = 64 * 1024;

/** The host's end of a pipe, whose buffer is used again: a new one for each read is collected at once. */
export class PipeReader {
  readonly #reader: ReadableStreamBYOBReader;
  #buffer = new ArrayBuffer(READ_BYTES);
  #rest = new Uint8Array();

  /** @param stream of bytes */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader({ mode: "byob" });
  }

  /** Lets go of the pipe. */
  async cancel(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  /** Bytes that are here already, until the next read, or null when there are not so many. */
  takeNow(length: number): Uint8Array | null {
    if (this.#rest.byteLength < length) return null;
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** Reads bytes that nobody wants. @returns whether there were so many */
  async skip(length: number): Promise<boolean> {
    for (let left = length;;) {
      const part = Math.min(left, this.#rest.byteLength);
      this.#rest = this.#rest.subarray(part);
      left -= part;
      if (left === 0) return true;
      if (!await this.#fill()) return false;
    }
  }

  /** @returns so many bytes, or null when the stream ends before */
  async take(length: number): Promise<Uint8Array | null> {
    const whole = new Uint8Array(length);
    for (let filled = 0;;) {
      const part = this.#rest.subarray(0, length - filled);
      whole.set(part, filled);
      filled += part.byteLength;
      this.#rest = this.#rest.subarray(part.byteLength);
      if (filled === length) return whole;
      if (!await this.#fill()) return null;
    }
  }

  /** Reads on, when all that came before was taken. */
  async #fill(): Promise<boolean> {
    const { done, value } = await this.#reader.read(new Uint8Array(this.#buffer));
    if (done || value === undefined) return false;
    this.#buffer = value.buffer;
    this.#rest = value;
    return true;
  }
}

/** What of an open file is needed here. */
interface SyncReader {
  readSync(into: Uint8Array): number | null;
}

/** The other end, of a thread that does nothing else meanwhile. */
export class SyncPipeReader {
  readonly #file: SyncReader;
  readonly #buffer = new Uint8Array(READ_BYTES);
  #from = 0;
  #to = 0;

  constructor(file: SyncReader) {
    this.#file = file;
  }

  /** @returns so many bytes, or null when the pipe ends before */
  take(length: number): Uint8Array | null {
    const whole = new Uint8Array(length);
    for (let filled = 0; filled < length;) {
      if (this.#from === this.#to) {
        const count = this.#file.readSync(this.#buffer);
        if (count === null) return null;
        this.#from = 0;
        this.#to = count;
      }
      const part = this.#buffer.subarray(this.#from, Math.min(this.#to, this.#from + length - filled));
      whole.set(part, filled);
      filled += part.byteLength;
      this.#from += part.byteLength;
    }
    return whole;
  }
}
