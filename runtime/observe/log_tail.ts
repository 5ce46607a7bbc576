/** One follower of the apps' logs: a bounded queue, handed out in batches. */
import type { Clock } from "../clock.ts";
import type { LogBatch, LogFilter, LogLine } from "./observations.ts";
import { type AppRequestEvent, LineFilter } from "./log_filter.ts";

/** Most lines that wait for a slow follower. */
export const MAX_WAITING_LINES = 10_000;
/** Most characters of lines that wait for a slow follower. */
export const MAX_WAITING_CHARS = 4 * 1024 * 1024;
/** Between two batches. */
export const BATCH_MS = 100;
/**
 * A batch of so many lines, 2,500 a second, takes no more requests: who reads along cannot read more, and writing more to
 * a follower would take time from the requests themselves. They count as dropped; a filter or a sample shows a choice
 * instead. Lines that the app wrote have the whole queue.
 */
export const MAX_LINES_FOR_REQUESTS = 250;

/** What {@linkcode LogTail} is made with. */
export interface LogTailOptions {
  readonly filter: LogFilter;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called once, when it has ended. */
  readonly onEnd: () => void;
}

/** The lines from its making on; one reader at a time. */
export class LogTail implements AsyncIterableIterator<LogBatch, undefined>, Disposable {
  readonly filter: LineFilter;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #onEnd: () => void;
  #lines: LogLine[] = [];
  #chars = 0;
  #dropped = 0;
  #lastBatchAt = -Infinity;
  #ended = false;
  #wake: (() => void) | null = null;
  #cancelTimer: (() => void) | null = null;

  /** @throws {NanoError} USAGE when the filter means nothing */
  constructor(options: LogTailOptions) {
    this.filter = new LineFilter(options.filter);
    this.#clock = options.clock;
    this.#signal = options.signal;
    this.#onEnd = options.onEnd;
    this.#signal.addEventListener("abort", this.#abort);
    if (this.#signal.aborted) this.#abort();
  }

  /** Whether it takes and gives nothing more. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Takes a line if it is wanted. */
  offer(line: LogLine): void {
    if (!this.#ended && this.filter.takes(line)) this.#keep(line);
  }

  /** Whether it is worth making the line of a request to offer it; a request that is dropped anyway is counted here. */
  wouldTake(request: AppRequestEvent, id: number): boolean {
    if (!this.filter.takesRequest(request, id)) return false;
    if (this.#lines.length < MAX_LINES_FOR_REQUESTS || this.filter.hasText) return true;
    this.#dropped++;
    return false;
  }

  /** The next batch, once there is something to tell, at most one every 100 ms. */
  async next(): Promise<IteratorResult<LogBatch, undefined>> {
    while (true) {
      const waitMs = this.#ended ? 0 : this.#lastBatchAt + BATCH_MS - this.#clock.now();
      const empty = this.#lines.length === 0 && this.#dropped === 0;
      if (empty && this.#ended) return { done: true, value: undefined };
      if (!empty && waitMs <= 0) return { done: false, value: this.#take() };
      const woken = Promise.withResolvers<void>();
      this.#wake = woken.resolve;
      // While it is empty only a line wakes it; afterwards only the time.
      if (!empty) this.#cancelTimer = this.#clock.after(waitMs, woken.resolve);
      await woken.promise;
      this.#cancelTimer?.();
      this.#cancelTimer = this.#wake = null;
    }
  }

  /** Ends it, as leaving a loop over it does; what waits is dropped. */
  return(): Promise<IteratorResult<LogBatch, undefined>> {
    this.#abort();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Takes nothing more; its reader still gets what waits, so that a follower sees the last lines of a host that ends. */
  [Symbol.dispose](): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#signal.removeEventListener("abort", this.#abort);
    this.#wake?.();
    this.#onEnd();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #keep(line: LogLine): void {
    const maxLines = line.request === null ? MAX_WAITING_LINES : MAX_LINES_FOR_REQUESTS;
    if (this.#lines.length >= maxLines || this.#chars + line.text.length > MAX_WAITING_CHARS) {
      this.#dropped++;
      return;
    }
    this.#chars += line.text.length;
    if (this.#lines.push(line) === 1) this.#wake?.();
  }

  #take(): LogBatch {
    const batch = { lines: this.#lines, dropped: this.#dropped };
    this.#lines = [];
    this.#chars = this.#dropped = 0;
    this.#lastBatchAt = this.#clock.now();
    return batch;
  }

  readonly #abort = (): void => {
    this.#lines = [];
    this.#dropped = 0;
    this[Symbol.dispose]();
  };
}
