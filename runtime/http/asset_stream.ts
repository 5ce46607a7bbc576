/** A part of a file as a stream that reads no faster than its reader. */
import { messageOf } from "../errors.ts";
import { CutStream } from "../protocol/wire.ts";
import type { RequestEnd } from "../terms/request_end.ts";
import { type StallOptions, StallTimer } from "./stall_timer.ts";

const CHUNK_BYTES = 64 * 1024;

/** Told once when a stream has ended. */
export type OnStreamEnd = (bytes: number, end: RequestEnd) => void;

/** Reads an open file, which it closes at the end whatever happens. */
export class AssetStream {
  readonly #file: Deno.FsFile;
  readonly #length: number;
  #sent = 0;
  #ended = false;
  #onEnd: OnStreamEnd = () => {};
  #stall: StallTimer | null = null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  /** @param file open, at the first byte to send; @param length bytes to send */
  constructor(file: Deno.FsFile, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /**
   * The stream, once.
   * @param stall bounds how long its reader may leave it lying; without it there is no bound
   */
  readable(onEnd: OnStreamEnd, stall: StallOptions | null = null): ReadableStream<Uint8Array> {
    this.#onEnd = onEnd;
    if (stall !== null) {
      this.#stall = new StallTimer(stall, () => this.cut("The client takes nothing of the answer", "timed_out"));
    }
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#end("client_gone"),
    }, { highWaterMark: 0 });
  }

  /** Ends it before its end: its reader sees a failure, never a body that looks whole. */
  cut(why: string, end: RequestEnd): void {
    if (this.#ended) return;
    this.#end(end);
    this.#controller?.error(new CutStream(why));
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#stall?.disarm();
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, this.#length - this.#sent));
    let read: number | null;
    try {
      read = await this.#file.read(chunk);
    } catch (error) {
      this.cut(`Cannot read a file any further: ${messageOf(error)}`, "app_failed");
      return;
    }
    if (this.#ended) return;
    if (read === null) {
      // Its length was promised already.
      this.cut("Cannot read a file any further: it has become shorter", "app_failed");
      return;
    }
    this.#sent += read;
    controller.enqueue(read === chunk.byteLength ? chunk : chunk.subarray(0, read));
    if (this.#sent < this.#length) {
      this.#stall?.arm();
      return;
    }
    controller.close();
    this.#end("done");
  }

  #end(end: RequestEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stall?.disarm();
    this.#file.close();
    this.#onEnd(this.#sent, end);
  }
}
