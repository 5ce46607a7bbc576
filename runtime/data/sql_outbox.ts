/** Answers on their way to the host, held back for a moment so that few writes carry many. */

/** Places in the shared numbers. */
const LOCK = 0;
const LENGTH = 1;
const HEAD_BYTES = 8;
/** As much as a pipe of Linux holds. */
const MAX_BYTES = 64 * 1024;
/**
 * None waits longer for the next. Each message wakes two threads: 16 answers at once in one were 1.8 times as fast as in
 * two, on a busy machine.
 */
const MAX_HELD_MS = 1;

/** What of an open file is needed here. */
interface SyncWriter {
  writeSync(bytes: Uint8Array): number;
}

/**
 * One end for both threads of a process: the one that runs SQL puts answers in, and sends them when there are enough or
 * when it has nothing to do. The other one sends them when a query takes long: who is ended in the middle of it must not
 * take answers along.
 */
export class SqlOutbox {
  readonly shared: SharedArrayBuffer;
  readonly #numbers: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #file: SyncWriter;
  /** When the first answer was held back, or null. */
  #heldSince: number | null = null;

  constructor(file: SyncWriter, shared: SharedArrayBuffer = new SharedArrayBuffer(HEAD_BYTES + MAX_BYTES)) {
    this.#file = file;
    this.shared = shared;
    this.#numbers = new Int32Array(shared, 0, HEAD_BYTES / Int32Array.BYTES_PER_ELEMENT);
    this.#bytes = new Uint8Array(shared, HEAD_BYTES);
  }

  /** Adds an answer, of which a copy is taken. @param now when it was there, as `performance.now()` has it */
  add(answer: Uint8Array, now: number): void {
    this.#lock();
    const length = this.#numbers[LENGTH]!;
    const isFull = length + answer.byteLength > MAX_BYTES;
    if (isFull) this.#send();
    if (answer.byteLength > MAX_BYTES) this.#write(answer);
    else {
      const from = isFull ? 0 : length;
      this.#bytes.set(answer, from);
      this.#numbers[LENGTH] = from + answer.byteLength;
    }
    this.#unlock();
    this.#heldSince ??= now;
    if (now - this.#heldSince > MAX_HELD_MS) this.flush();
  }

  /** Sends what is held back. */
  flush(): void {
    this.#heldSince = null;
    this.#lock();
    this.#send();
    this.#unlock();
  }

  /** The same for the other thread, which must not wait: the one that runs SQL may be sending just now. */
  flushIfFree(): void {
    if (Atomics.compareExchange(this.#numbers, LOCK, 0, 1) !== 0) return;
    this.#send();
    this.#unlock();
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#numbers, LOCK, 0, 1) !== 0) Atomics.wait(this.#numbers, LOCK, 1);
  }

  #unlock(): void {
    Atomics.store(this.#numbers, LOCK, 0);
    Atomics.notify(this.#numbers, LOCK);
  }

  #send(): void {
    const length = this.#numbers[LENGTH]!;
    this.#numbers[LENGTH] = 0;
    // A copy: what is written must not be shared.
    if (length > 0) this.#write(this.#bytes.slice(0, length));
  }

  #write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) at += this.#file.writeSync(at === 0 ? bytes : bytes.subarray(at));
  }
}
