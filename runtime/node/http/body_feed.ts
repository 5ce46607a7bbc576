/** A Writable's chunks as a ReadableStream, at the pace of whoever reads it. */

/** What a Writable calls once it may go on. */
type Done = (error?: Error | null) => void;

/** Joins them. One chunk waits at most: the Writable gives the next when this one was taken. */
export class BodyFeed {
  readonly readable: ReadableStream<Uint8Array>;
  #controller!: ReadableStreamDefaultController<Uint8Array>;
  #waiting: { readonly chunk: Uint8Array; readonly done: Done } | null = null;
  #isWanted = false;
  #isOver = false;

  /** @param onCancel told when the reader wants no more */
  constructor(onCancel: (reason: unknown) => void) {
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        this.#isWanted = true;
        this.#pass();
      },
      cancel: (reason) => {
        this.#isOver = true;
        onCancel(reason);
        this.#release();
      },
    }, { highWaterMark: 0 });
  }

  write(chunk: Uint8Array, done: Done): void {
    if (this.#isOver || chunk.byteLength === 0) return done();
    this.#waiting = { chunk, done };
    if (this.#isWanted) this.#pass();
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.close();
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#controller.error(error);
    this.#release();
  }

  #pass(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    this.#isWanted = false;
    // A copy: apps may use their buffer again once the callback was called, and a stream may hand its bytes over.
    this.#controller.enqueue(new Uint8Array(waiting.chunk));
    waiting.done();
  }

  #release(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.done();
  }
}
