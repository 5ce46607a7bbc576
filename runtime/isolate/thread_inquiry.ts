/** Learns from the host what the system tells of threads: the warden itself may read no file. */
import type { ThreadFigures } from "../protocol/messages.ts";
import type { WatchedIsolate } from "./watched_isolate.ts";

/** The host answers within a millisecond or two; while it is held up longer nobody is judged by what it tells. */
const ANSWER_MS = 250;

/** Asks and takes the answers, which come in the order of the questions. */
export class ThreadInquiry {
  readonly #ask: (isolates: readonly number[]) => void;
  readonly #waiting: ((threads: readonly ThreadFigures[]) => void)[] = [];

  constructor(ask: (isolates: readonly number[]) => void) {
    this.#ask = ask;
  }

  /**
   * Brings what is known of these isolates' threads up to date.
   * @returns false when the host did not answer in time, and nothing has changed
   */
  async read(isolates: readonly WatchedIsolate[]): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<readonly ThreadFigures[] | null>();
    this.#waiting.push(resolve);
    this.#ask(isolates.map(({ number }) => number));
    const late = setTimeout(() => resolve(null), ANSWER_MS);
    const threads = await promise;
    clearTimeout(late);
    if (threads === null) return false;
    const told = new Map(threads.map((thread) => [thread.isolate, thread]));
    for (const isolate of isolates) isolate.learn(told.get(isolate.number));
    return true;
  }

  /** Takes the host's answer to the oldest question. */
  take(threads: readonly ThreadFigures[]): void {
    this.#waiting.shift()?.(threads);
  }
}
