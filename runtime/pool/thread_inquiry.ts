/** Learns from the host what the system tells of threads: the warden itself may read no file. */
import { inTime, LATE } from "../deadline.ts";
import type { ThreadFigures } from "../protocol/messages.ts";
import type { WatchedIsolate } from "./watched_isolate.ts";

/** The host answers within a millisecond or two; while it is held up longer nobody is judged by what it tells. */
const ANSWER_MS = 250;

/** Asks and takes the answers, which come in any order. */
export class ThreadInquiry {
  readonly #ask: (question: number, isolates: readonly number[]) => void;
  /** Questions that were not answered yet, those included for which nobody waits any more. */
  readonly #open = new Map<number, { readonly isolates: readonly WatchedIsolate[]; readonly resolve: () => void }>();
  #asked = 0;

  constructor(ask: (question: number, isolates: readonly number[]) => void) {
    this.#ask = ask;
  }

  /**
   * Brings what is known of these isolates' threads up to date.
   * @returns false when the host did not answer in time; what it tells later is taken when it comes
   */
  async read(isolates: readonly WatchedIsolate[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const question = ++this.#asked;
    this.#open.set(question, { isolates, resolve });
    this.#ask(question, isolates.map(({ number }) => number));
    return await inTime(promise, ANSWER_MS) !== LATE;
  }

  /** Takes the host's answer to a question. */
  take(question: number, threads: readonly ThreadFigures[]): void {
    const asked = this.#open.get(question);
    if (asked === undefined) return;
    this.#open.delete(question);
    const told = new Map(threads.map((thread) => [thread.isolate, thread]));
    for (const isolate of asked.isolates) isolate.learn(told.get(isolate.number));
    asked.resolve();
  }
}
