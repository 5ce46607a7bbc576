/** The host's end of the thread of files: sends bytes no faster than they are written, starts it for the first file. */
import { join } from "node:path";
import { type BodyBounds, boundedBody } from "./bounded_body.ts";
import type { DigestName, FileAnswer, FileAsk } from "./file_messages.ts";

/** Bytes of one file on their way to the thread: as much as a stream over the wall has under way. */
export const FILE_WINDOW_BYTES = 1024 * 1024;
/** From this size a buffer is transferred instead of copied, as on the wall. */
const TRANSFER_FROM_BYTES = 4096;

/** A file that is on the disk. */
export interface WrittenFile {
  readonly size: number;
  /** Hexadecimal, by name. */
  readonly digests: ReadonlyMap<DigestName, string>;
}

/** How a file is written. */
export interface WriteOptions extends BodyBounds {
  readonly digests: readonly DigestName[];
}

/** A worker's part that is needed here. */
interface Thread {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** A file that is being written. */
interface Writing {
  outstanding: number;
  /** Lets its sender go on. */
  wake: () => void;
  digests: readonly string[] | null;
  error: Error | null;
}

/** Writes files below a folder. */
export class FileThread implements Disposable {
  readonly #folder: string;
  readonly #spawn: () => Thread;
  readonly #writing = new Map<number, Writing>();
  #thread: Thread | null = null;
  #asks: FileAsk[] = [];
  #next = 1;
  #isClosed = false;

  /** @param folder absolute; made by the first file */
  constructor(folder: string, spawn: () => Thread = () => spawnFor(folder)) {
    this.#folder = folder;
    this.#spawn = spawn;
  }

  /**
   * Writes a new file; it is on the disk when this resolves, and gone when it rejects.
   * @param path below the folder
   * @param body its buffers may be detached
   * @throws {BadBody} when its stream fails or is too long
   */
  async write(
    path: string,
    body: Uint8Array | ReadableStream<Uint8Array>,
    { digests, maxBytes, signal }: WriteOptions,
  ): Promise<WrittenFile> {
    signal.throwIfAborted();
    if (this.#isClosed) throw new Error("Cannot write a file: NANO is going away");
    const id = this.#next++;
    const writing: Writing = { outstanding: 0, wake: () => {}, digests: null, error: null };
    this.#writing.set(id, writing);
    const onAbort = () => {
      writing.error ??= signal.reason;
      writing.wake();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    this.#tell({ ask: "begin", id, path, digests });
    let size = 0;
    try {
      for await (const bytes of boundedBody(body, { maxBytes, signal })) {
        // Before it is handed over.
        const { byteLength } = bytes;
        size += byteLength;
        writing.outstanding += byteLength;
        this.#tell({ ask: "write", id, bytes });
        await until(writing, () => writing.outstanding < FILE_WINDOW_BYTES);
      }
      this.#tell({ ask: "end", id });
      await until(writing, () => writing.digests !== null);
      return { size, digests: new Map(digests.map((name, at) => [name, writing.digests![at]!])) };
    } catch (error) {
      this.#tell({ ask: "drop", id });
      // It may have been whole already.
      this.discard(path);
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
      this.#writing.delete(id);
    }
  }

  /** Removes a file that nobody took over; whatever it fails with, the next start tries again. */
  discard(path: string): void {
    Deno.remove(join(this.#folder, path)).catch(() => {});
  }

  /** Ends the thread: nobody is told that a file was written any more. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#thread?.terminate();
    this.#thread = null;
    this.#failAll("NANO is going away");
  }

  #tell(ask: FileAsk): void {
    if (this.#isClosed) return;
    this.#asks.push(ask);
    if (this.#asks.length === 1) setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    const asks = this.#asks;
    if (asks.length === 0 || this.#isClosed) return;
    this.#asks = [];
    this.#thread ??= this.#start();
    const transfer = asks.flatMap((ask) => ask.ask === "write" ? [ask.bytes] : [])
      .filter(({ byteLength, buffer }) => byteLength >= TRANSFER_FROM_BYTES && byteLength === buffer.byteLength)
      .map(({ buffer }) => buffer as ArrayBuffer);
    this.#thread.postMessage(asks, transfer);
  };

  #start(): Thread {
    const thread = this.#spawn();
    thread.onmessage = ({ data }: MessageEvent<FileAnswer>) => this.#take(data);
    thread.onerror = (event) => {
      event.preventDefault();
      if (this.#thread === thread) this.#thread = null;
      thread.terminate();
      this.#failAll(event.message);
    };
    thread.postMessage({ folder: this.#folder });
    return thread;
  }

  #take(answer: FileAnswer): void {
    const writing = this.#writing.get(answer.id);
    if (writing === undefined) return;
    if ("written" in answer) writing.outstanding -= answer.written;
    else if ("digests" in answer) writing.digests = answer.digests;
    else writing.error ??= new Error(`Cannot write a file: ${answer.error}`);
    writing.wake();
  }

  #failAll(why: string): void {
    for (const writing of this.#writing.values()) {
      writing.error ??= new Error(`Cannot go on with the thread of files: ${why}`);
      writing.wake();
    }
  }
}

async function until(writing: Writing, isTrue: () => boolean): Promise<void> {
  for (;;) {
    if (writing.error !== null) throw writing.error;
    if (isTrue()) return;
    await new Promise<void>((resolve) => writing.wake = resolve);
  }
}

function spawnFor(folder: string): Thread {
  return new Worker(new URL("./file_worker.ts", import.meta.url), {
    type: "module",
    name: "nano-files",
    deno: { permissions: { read: [folder], write: [folder] } },
  });
}
