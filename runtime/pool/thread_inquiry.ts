/** Learns from the host what the system tells of threads: the warden itself may read no file. */
import { inTime, LATE } from "../deadline.ts";
import type { ThreadFigures } from "../protocol/messages.ts";
import type { WatchedIsolate } from "./watched_isolate.ts";

/** The host answers within a millisecond or two; while it is held up longer nobody is judged by what it tells. */
const ANSWER_MS = 250;

/** Asks and takes the answers, which come in any order. */
export class ThreadInquiry {
  readonly #ask: (question: number, isolates: readonly number[]) => void;
  readonly #waiting = new Map<number, (threads: readonly ThreadFigures[]) => void>();
  #asked = 0;

  constructor(ask: (question: number, isolates: readonly number[]) => void) {
    this.#ask = ask;
  }

  /**
   * Brings what is known of these isolates' threads up to date.
   * @returns false when the host did not answer in time, and nothing has changed
   */
  async read(isolates: readonly WatchedIsolate[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<readonly ThreadFigures[]>();
    const question = ++this.#asked;
    this.#waiting.set(question, resolve);
    this.#ask(question, isolates.map(({ number }) => number));
    const threads = await inTime(promise, ANSWER_MS);
    this.#waiting.delete(question);
    if (threads === LATE) return false;
    const told = new Map(threads.map((thread) => [thread.isolate, thread]));
    for (const isolate of isolates) isolate.learn(told.get(isolate.number));
    return true;
  }

  /** Takes the host's answer to a question. */
  take(question: number, threads: readonly ThreadFigures[]): void {
    this.#waiting.get(question)?.(threads);
  }
}
