/** Reads an uploaded archive from its temporary file, by position or by range. */
import { messageOf, NanoError } from "../errors.ts";

const READ_BYTES = 64 * 1024;

/** An open archive; one read at a time. */
export class ArchiveFile implements Disposable {
  /** Length of the archive. */
  readonly bytes: number;
  #file: Deno.FsFile;

  private constructor(file: Deno.FsFile, bytes: number) {
    this.#file = file;
    this.bytes = bytes;
  }

  /** @throws {NanoError} INTERNAL when it cannot be opened */
  static async open(path: string): Promise<ArchiveFile> {
    const file = await reading(Deno.open(path));
    try {
      return new ArchiveFile(file, (await reading(file.stat())).size);
    } catch (error) {
      file.close();
      throw error;
    }
  }

  /**
   * Fills a buffer from a position.
   * @returns how many bytes there were; fewer than the buffer takes only at the end of the file
   */
  async readAt(buffer: Uint8Array, position: number): Promise<number> {
    // An archive's own offsets reach 2^64; outside the file there is nothing to seek to.
    if (!(position >= 0 && position < this.bytes)) return 0;
    await reading(this.#file.seek(position, Deno.SeekMode.Start));
    let filled = 0;
    while (filled < buffer.length) {
      const read = await reading(this.#file.read(buffer.subarray(filled)));
      if (read === null) break;
      filled += read;
    }
    return filled;
  }

  /** The bytes of a range, in chunks; ends early at the end of the file. */
  async *range(start: number, length: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let position = start;
    const end = start + length;
    while (position < end) {
      const buffer = new Uint8Array(Math.min(READ_BYTES, end - position));
      const read = await this.readAt(buffer, position);
      if (read === 0) return;
      position += read;
      yield buffer.subarray(0, read);
    }
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}

async function reading<Result>(operation: Promise<Result>): Promise<Result> {
  try {
    return await operation;
  } catch (cause) {
    throw new NanoError("INTERNAL", `Cannot read the uploaded archive: ${messageOf(cause)}`, { cause });
  }
}
