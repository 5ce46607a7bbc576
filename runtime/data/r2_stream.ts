/** The bytes of an object as a stream that reads its files no faster than its reader. */
import { join } from "node:path";
import type { Piece } from "./r2_facts.ts";

/** A quarter of what a stream over the wall may have under way. */
const CHUNK_BYTES = 256 * 1024;

/** Reads pieces one after the other, one open file at a time. */
export class PieceStream {
  readonly #folder: string;
  readonly #pieces: readonly Piece[];
  readonly #onEnd: () => void;
  #file: Deno.FsFile | null = null;
  #piece = 0;
  #readOfPiece = 0;
  #isEnded = false;
  #isReading = false;

  /** @param folder of the files @param onEnd told once, when they are not needed any more */
  constructor(folder: string, pieces: readonly Piece[], onEnd: () => void) {
    this.#folder = folder;
    this.#pieces = pieces;
    this.#onEnd = onEnd;
  }

  /** The stream, once. @param signal ends it before its end */
  readable(signal: AbortSignal): ReadableStream<Uint8Array> {
    const onAbort = () => this.#end();
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) this.#end();
    return new ReadableStream<Uint8Array>({
      pull: async (controller) => {
        try {
          const chunk = await this.#read();
          if (chunk === null) {
            if (this.#piece < this.#pieces.length) throw new Error("The call was given up");
            controller.close();
          } else controller.enqueue(chunk);
        } catch (error) {
          this.#end();
          controller.error(error);
        }
        if (this.#isEnded) signal.removeEventListener("abort", onAbort);
      },
      cancel: () => {
        signal.removeEventListener("abort", onAbort);
        this.#end();
      },
    }, { highWaterMark: 0 });
  }

  /** @returns null at the end, also at one that came too early */
  async #read(): Promise<Uint8Array | null> {
    const piece = this.#pieces[this.#piece];
    if (piece === undefined || this.#isEnded) return null;
    this.#isReading = true;
    try {
      if (this.#file === null) {
        this.#file = await Deno.open(join(this.#folder, piece.hash));
        if (piece.offset > 0) await this.#file.seek(piece.offset, Deno.SeekMode.Start);
      }
      const chunk = new Uint8Array(Math.min(CHUNK_BYTES, piece.length - this.#readOfPiece));
      const read = await this.#file.read(chunk);
      if (read === null) throw new Error(`Cannot read the file of an object: "${piece.hash}" is too short`);
      this.#readOfPiece += read;
      if (this.#readOfPiece === piece.length) this.#nextPiece();
      return read === chunk.byteLength ? chunk : chunk.slice(0, read);
    } finally {
      this.#isReading = false;
      if (this.#isEnded) this.#close();
    }
  }

  #nextPiece(): void {
    this.#close();
    this.#readOfPiece = 0;
    this.#piece++;
    // Without waiting for somebody to find that there is no more.
    if (this.#piece === this.#pieces.length) this.#end();
  }

  #close(): void {
    this.#file?.close();
    this.#file = null;
  }

  #end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // A read that is under way closes it.
    if (!this.#isReading) this.#close();
    this.#onEnd();
  }
}
