/** One file on its way to the disk: hashed and written piece by piece, then synced. */
import { createHash, type Hash } from "node:crypto";
import type { DigestName } from "./file_messages.ts";

/**
 * A file is synced each time that it has grown by this much: what the last sync has to wait for stays little, so that
 * an upload of gigabytes is answered in time.
 */
const SYNC_BYTES = 64 * 1024 * 1024;

/** What a writer tells. */
export interface WriterEvents {
  /** So many bytes more were written. */
  readonly onWritten: (bytes: number) => void;
  /** All of them are on the disk. */
  readonly onDone: (digests: readonly string[]) => void;
  readonly onFailed: (error: unknown) => void;
}

/** Writes one new file. */
export class FileWriter {
  readonly #path: string;
  readonly #hashes: readonly Hash[];
  readonly #events: WriterEvents;
  #queue: Uint8Array[] = [];
  #isEnded = false;
  #isDropped = false;
  #wake: () => void = () => {};

  /** @param path absolute; there must be no such file */
  constructor(path: string, digests: readonly DigestName[], events: WriterEvents) {
    this.#path = path;
    this.#hashes = digests.map((name) => createHash(name));
    this.#events = events;
    this.#run().catch((error) => events.onFailed(error));
  }

  /** Takes a piece; who sends them waits for what is written, so that they never pile up. */
  push(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    this.#wake();
  }

  /** There are no more pieces. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** The file is not wanted any more. */
  drop(): void {
    this.#isDropped = true;
    this.#wake();
  }

  async #run(): Promise<void> {
    let isWhole = false;
    try {
      using file = await Deno.open(this.#path, { createNew: true, write: true, mode: 0o600 });
      // A second descriptor, as one that is being synced takes no write.
      using synced = await Deno.open(this.#path);
      let syncing = Promise.resolve();
      try {
        let unsynced = 0;
        for await (const bytes of this.#written(file)) {
          unsynced += bytes;
          if (unsynced < SYNC_BYTES) continue;
          unsynced = 0;
          // One at a time, while more is written.
          await syncing;
          syncing = synced.syncData();
          syncing.catch(() => {});
        }
      } finally {
        await syncing;
      }
      if (!this.#isDropped) {
        await synced.sync();
        isWhole = true;
      }
    } finally {
      // What cannot be removed either is left to the next start.
      if (!isWhole) await Deno.remove(this.#path).catch(() => {});
    }
    if (isWhole) this.#events.onDone(this.#hashes.map((hash) => hash.digest("hex")));
  }

  /** Writes what comes, until the end or until it is not wanted any more. */
  async *#written(file: Deno.FsFile): AsyncGenerator<number> {
    while (!this.#isDropped) {
      const pieces = this.#queue;
      if (pieces.length === 0) {
        if (this.#isEnded) return;
        await new Promise<void>((resolve) => this.#wake = resolve);
        continue;
      }
      this.#queue = [];
      let written = 0;
      for (const piece of pieces) {
        for (const hash of this.#hashes) hash.update(piece);
        // Into the system's cache, which takes less than a way to another thread and back would.
        for (let at = 0; at < piece.byteLength;) at += file.writeSync(piece.subarray(at));
        written += piece.byteLength;
      }
      this.#events.onWritten(written);
      yield written;
    }
  }
}
