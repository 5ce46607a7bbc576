/** Requests that wait for an isolate, in order, bounded. */
import type { AppCall } from "../terms/app_call.ts";
import type { NanoError } from "../errors.ts";

/** A bounded queue of calls. */
export class CallQueue {
  readonly #capacity: number;
  #calls: AppCall[] = [];
  /** Index of the first waiting call; the taken ones before it are dropped in batches. */
  #head = 0;

  /** @param capacity most calls that wait */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Calls that wait. */
  get size(): number {
    return this.#calls.length - this.#head;
  }

  /** Lets a call wait. @returns false when there is no place */
  push(call: AppCall): boolean {
    if (this.size >= this.#capacity) return false;
    this.#calls.push(call);
    return true;
  }

  /** Takes the one that waits longest. */
  shift(): AppCall | undefined {
    if (this.size === 0) return undefined;
    const call = this.#calls[this.#head++]!;
    if (this.#head > 64 && this.#head * 2 > this.#calls.length) {
      this.#calls = this.#calls.slice(this.#head);
      this.#head = 0;
    }
    return call;
  }

  /** Fails the calls that arrived before a time. */
  expire(before: number, error: () => NanoError): void {
    while (this.size > 0 && this.#calls[this.#head]!.startedAt <= before) this.shift()!.fail(error());
  }

  /** Fails every call that waits. */
  failAll(error: NanoError): void {
    while (this.size > 0) this.shift()!.fail(error);
  }
}
