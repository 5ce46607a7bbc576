/** Turns a burst of triggers into one run, and never runs twice at once. */

/** The clock of a {@linkcode Coalescer}; tests put their own in. Times in milliseconds. */
export interface Timers {
  now(): number;
  /**
   * Runs something later.
   * @returns a function that cancels it
   */
  after(ms: number, run: () => void): () => void;
}

/** What a {@linkcode Coalescer} needs. */
export interface CoalescerOptions {
  /** Runs after the last trigger, when nothing else came for this long, in milliseconds. */
  readonly quietMs: number;
  /** Runs at the latest this long after the first trigger of a burst, in milliseconds. */
  readonly maxWaitMs: number;
  /** Hears what a run throws. */
  readonly onError: (error: unknown) => void;
  readonly timers?: Timers | undefined;
}

const SYSTEM_TIMERS: Timers = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs a task after bursts of triggers; triggers that come during a run lead to one more. */
export class Coalescer implements Disposable {
  readonly #task: () => Promise<void>;
  readonly #options: CoalescerOptions;
  readonly #timers: Timers;
  #cancel: (() => void) | undefined;
  /** When the present burst began, or undefined between bursts. */
  #since: number | undefined;
  #running = false;
  #disposed = false;

  constructor(task: () => Promise<void>, options: CoalescerOptions) {
    this.#task = task;
    this.#options = options;
    this.#timers = options.timers ?? SYSTEM_TIMERS;
  }

  /** Asks for a run. */
  trigger(): void {
    if (this.#disposed) return;
    const now = this.#timers.now();
    this.#since ??= now;
    if (this.#running) return;
    this.#schedule(now);
  }

  /** Drops what is asked for; a run that has begun goes on. */
  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#clear();
  }

  #schedule(now: number): void {
    this.#clear();
    const left = (this.#since ?? now) + this.#options.maxWaitMs - now;
    const wait = Math.max(0, Math.min(this.#options.quietMs, left));
    this.#cancel = this.#timers.after(wait, () => this.#run());
  }

  #clear(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  async #run(): Promise<void> {
    this.#cancel = undefined;
    this.#since = undefined;
    this.#running = true;
    try {
      await this.#task();
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#running = false;
    }
    if (this.#since !== undefined && !this.#disposed) this.#schedule(this.#timers.now());
  }
}
