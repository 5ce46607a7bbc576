/** An isolate's streamed answer while its client takes it. */
import type { Receiving } from "../protocol/wire.ts";

/** One answer. */
export class Answer {
  readonly receiving: Receiving;
  #taken = -1;
  #since = 0;

  constructor(receiving: Receiving) {
    this.receiving = receiving;
  }

  /** Bytes that the client's connection has taken. */
  get taken(): number {
    return this.receiving.total - this.receiving.outstanding;
  }

  /** Looked at now and then: whether bytes wait for the client, and it has taken none for this long. */
  isStalled(nowMs: number, stallMs: number): boolean {
    const { taken } = this;
    if (this.receiving.outstanding === 0 || taken !== this.#taken) {
      this.#taken = taken;
      this.#since = nowMs;
      return false;
    }
    return nowMs - this.#since >= stallMs;
  }
}

/** Length of the body that the head of a streamed answer promises, or null; a HEAD request gets no body. */
export function promisedBytes(method: string, headers: string): number | null {
  if (method === "HEAD") return null;
  const found = /(?:^|\n)content-length\n(\d+)\n/i.exec(headers)?.[1];
  return found === undefined ? null : Number(found);
}
