/** Bounds the bytes that one app's values take of the host at once; who comes later waits. */

/** Hands out bytes in the order in which they were asked for. */
export class ByteBudget {
  readonly #total: number;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];
  #free: number;

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  /**
   * Waits for bytes.
   * @param bytes more than there are in all count as all
   * @param signal ends the wait
   * @returns gives them back, the first time it is called
   */
  async take(bytes: number, signal: AbortSignal): Promise<() => void> {
    const wanted = Math.min(bytes, this.#total);
    signal.throwIfAborted();
    if (this.#waiting.length > 0 || wanted > this.#free) await this.#wait(wanted, signal);
    else this.#free -= wanted;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free += wanted;
      this.#serve();
    };
  }

  #wait(bytes: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason);
        this.#serve();
      };
      const entry = {
        bytes,
        go: () => {
          signal.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      this.#waiting.push(entry);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  #serve(): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.bytes <= this.#free) {
      const next = this.#waiting.shift()!;
      this.#free -= next.bytes;
      next.go();
    }
  }
}
