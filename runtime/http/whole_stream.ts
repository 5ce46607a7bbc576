/** A long body that is at hand, as a stream: only of a stream can be told whether its client has taken it. */
import { CutStream } from "../protocol/wire.ts";
import type { RequestEnd } from "../terms/request_end.ts";
import { type StallOptions, StallTimer } from "./stall_timer.ts";

const SLICE_BYTES = 256 * 1024;

/** What a body is sent with. */
export interface WholeStreamOptions extends StallOptions {
  /** Length that the answer's head promises; a body of another length is cut, so that it never looks whole. */
  readonly promised: number | null;
  /** Told once. */
  readonly onEnd: (bytes: number, end: RequestEnd) => void;
}

/** Bytes on their way to a client. */
export class WholeStream {
  readonly #bytes: Uint8Array;
  readonly #options: WholeStreamOptions;
  readonly #isWhole: boolean;
  /** What may be sent. */
  readonly #limit: number;
  readonly #stall: StallTimer;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #sent = 0;
  #ended = false;

  constructor(bytes: Uint8Array, options: WholeStreamOptions) {
    this.#bytes = bytes;
    this.#options = options;
    const { promised } = options;
    this.#isWhole = promised === null || promised === bytes.byteLength;
    // Of a body that is too long, all that was promised would look whole.
    this.#limit = this.#isWhole ? bytes.byteLength : Math.min(bytes.byteLength, Math.max(0, promised! - 1));
    this.#stall = new StallTimer(options, () => this.#cut("timed_out", "The client takes nothing of the answer"));
  }

  /** The stream, once. */
  readable(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: (controller) => this.#pull(controller),
      cancel: () => this.#end("client_gone"),
    }, { highWaterMark: 0 });
  }

  #pull(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#stall.disarm();
    if (this.#sent === this.#limit) {
      // Only now: before this pull the last slice had no taker.
      if (!this.#isWhole) return this.#cut("app_failed", "The body is not as long as its content-length says");
      controller.close();
      this.#end("done");
      return;
    }
    const from = this.#sent;
    this.#sent = Math.min(this.#limit, from + SLICE_BYTES);
    controller.enqueue(this.#bytes.subarray(from, this.#sent));
    this.#stall.arm();
  }

  #cut(end: RequestEnd, why: string): void {
    if (this.#ended) return;
    this.#end(end);
    this.#controller?.error(new CutStream(why));
  }

  #end(end: RequestEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stall.disarm();
    this.#options.onEnd(this.#sent, end);
  }
}
