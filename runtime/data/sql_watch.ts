/** What the two threads of a process that runs SQL share: whether a call runs, and whether anybody watches it. */

/** Places in the shared numbers. */
const RUNNING = 0;
const WATCHED = 1;

/** Numbers that both threads see. */
export class SqlWatch {
  readonly shared: SharedArrayBuffer;
  readonly #numbers: Int32Array;

  constructor(shared: SharedArrayBuffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#numbers = new Int32Array(shared);
  }

  /** Whether a call runs. */
  get isRunning(): boolean {
    return Atomics.load(this.#numbers, RUNNING) === 1;
  }

  /** A call begins. @returns whether the other thread has to be told, as it looks no more */
  begin(): boolean {
    Atomics.store(this.#numbers, RUNNING, 1);
    return Atomics.load(this.#numbers, WATCHED) === 0;
  }

  /** No call runs. */
  end(): void {
    Atomics.store(this.#numbers, RUNNING, 0);
  }

  /** The other thread looks from now on. */
  watch(): void {
    Atomics.store(this.#numbers, WATCHED, 1);
  }

  /** The other thread looks no more until it is told. @returns whether it has to go on, as a call has begun meanwhile */
  rest(): boolean {
    Atomics.store(this.#numbers, WATCHED, 0);
    if (!this.isRunning) return false;
    this.watch();
    return true;
  }
}
