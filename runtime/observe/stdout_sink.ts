/** Writes log text to stdout whole and in order, and outlives a reader that is slow or gone. */

/** Where bytes go, and how the time of a retry is told. */
export interface StdoutSinkOptions {
  /** Writes some of the bytes and returns how many; throws as `Deno.stdout.writeSync` does. */
  readonly writeSync?: (bytes: Uint8Array) => number;
  /** Tells the operator of trouble with stdout itself. */
  readonly report?: (text: string) => void;
  /** Runs a callback later; returns what takes that back. */
  readonly schedule?: (callback: () => void, ms: number) => () => void;
  /** Blocks for some milliseconds; used at the end only. */
  readonly block?: (ms: number) => void;
}

/** Bytes that may wait for a non-blocking stdout whose reader is slow. */
const MAX_WAITING_BYTES = 1024 * 1024;
const RETRY_MS = 10;
const NEWLINE = 10;
/** How long the end of the process waits for a slow reader. */
const CLOSE_WAIT_MS = 1000;

function reportOnStderr(text: string): void {
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(text + "\n"));
  } catch {
    // stderr is gone as well: nobody is left who could be told.
  }
}

function scheduleTimeout(callback: () => void, ms: number): () => void {
  const timer = setTimeout(callback, ms);
  return () => clearTimeout(timer);
}

function blockThread(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * A synchronous writer to stdout.
 *
 * - A blocking stdout (the usual pipe, file or terminal) makes the host wait for its reader, as everywhere.
 * - A non-blocking stdout that is full: up to 1 MiB waits and is tried again; what comes on top is dropped whole,
 *   counted, and the count is told on stderr.
 * - A reader that is gone (EPIPE): told once on stderr, all later text is dropped, the host serves on.
 * - Any other failure (a full disk): told once on stderr until a write succeeds again; that text is lost.
 */
export class StdoutSink implements Disposable {
  readonly #writeSync: (bytes: Uint8Array) => number;
  readonly #report: (text: string) => void;
  readonly #schedule: (callback: () => void, ms: number) => () => void;
  readonly #block: (ms: number) => void;
  readonly #encoder = new TextEncoder();
  #waiting: Uint8Array = new Uint8Array(0);
  #cancelRetry: (() => void) | null = null;
  #droppedLines = 0;
  #state: "fine" | "failing" | "gone" = "fine";
  /** Half a line is out; if its rest is lost, the next text starts on a line of its own. */
  #lineOpen = false;

  constructor(options: StdoutSinkOptions = {}) {
    this.#writeSync = options.writeSync ?? ((bytes) => Deno.stdout.writeSync(bytes));
    this.#report = options.report ?? reportOnStderr;
    this.#schedule = options.schedule ?? scheduleTimeout;
    this.#block = options.block ?? blockThread;
  }

  /** Writes text that ends with a line's end. Never throws. */
  write(text: string): void {
    if (this.#state === "gone" || text === "") return;
    if (this.#waiting.length > 0) this.#push();
    const bytes = this.#encoder.encode(this.#lineOpen && this.#waiting.length === 0 ? "\n" + text : text);
    if (this.#waiting.length > 0 && this.#waiting.length + bytes.length > MAX_WAITING_BYTES) {
      this.#droppedLines += text.split("\n").length - 1;
      return;
    }
    if (this.#waiting.length === 0) {
      this.#waiting = bytes;
    } else {
      const joined = new Uint8Array(this.#waiting.length + bytes.length);
      joined.set(this.#waiting);
      joined.set(bytes, this.#waiting.length);
      this.#waiting = joined;
    }
    this.#push();
  }

  /** Writes what waits, for at most a second, and stops retrying. */
  [Symbol.dispose](): void {
    for (let waited = 0; this.#waiting.length > 0 && waited < CLOSE_WAIT_MS; waited += RETRY_MS) {
      this.#push();
      if (this.#waiting.length > 0) this.#block(RETRY_MS);
    }
    this.#cancelRetry?.();
    this.#cancelRetry = null;
  }

  #push(): void {
    let offset = 0;
    const bytes = this.#waiting;
    try {
      while (offset < bytes.length) {
        try {
          offset += this.#writeSync(bytes.subarray(offset));
        } catch (error) {
          if (!(error instanceof Deno.errors.Interrupted)) throw error;
        }
      }
      this.#waiting = bytes.subarray(offset);
      this.#lineOpen = false;
      this.#recovered();
    } catch (error) {
      if (offset > 0) this.#lineOpen = bytes[offset - 1] !== NEWLINE;
      if (error instanceof Deno.errors.WouldBlock) {
        this.#waiting = bytes.subarray(offset);
        this.#cancelRetry ??= this.#schedule(() => {
          this.#cancelRetry = null;
          this.#push();
        }, RETRY_MS);
        return;
      }
      this.#waiting = new Uint8Array(0);
      this.#failed(error);
    }
  }

  #recovered(): void {
    this.#state = "fine";
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    if (this.#droppedLines === 0) return;
    this.#report(`Dropped ${this.#droppedLines} log lines: the reader of stdout is too slow`);
    this.#droppedLines = 0;
  }

  #failed(error: unknown): void {
    const gone = error instanceof Deno.errors.BrokenPipe;
    const message = error instanceof Error ? error.message : String(error);
    if (this.#state === "fine") {
      this.#report(`Cannot write the log to stdout: ${message}${gone ? "; no more log lines from here on" : ""}`);
    }
    this.#state = gone ? "gone" : "failing";
  }
}
