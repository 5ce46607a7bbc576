/**
 * The system's events of folders, heard in a thread of their own. Deno's watcher opens every file that it tells of, and
 * for a named pipe waits there for a writer; one that was removed at once never gets any. Whoever asks that watcher for
 * something then waits as well, for ever (Deno 2.9.6): the host's own thread must not be the one.
 */
import { type Clock, systemClock } from "../clock.ts";
import { inTime, LATE } from "../deadline.ts";
import type { FolderEventsAsk, FolderEventsTold } from "./folder_events_worker.ts";

/** A thread that does not listen by then is left to itself; it takes milliseconds, on a busy machine seconds. */
const LISTEN_MS = 5_000;
/** The next one gets twice as long, so that a machine slower than that gets there too. */
const ATTEMPTS = 5;

/** The thread, as far as it is needed here. */
export type EventsThread = Pick<Worker, "postMessage" | "terminate" | "onmessage" | "onerror">;

/** What it works with. */
export interface FolderEventsOptions {
  readonly onEvent: (kind: string, paths: readonly string[]) => void;
  /** Hears why no more events come, in full words. */
  readonly onError: (error: Error) => void;
  readonly startThread?: () => EventsThread;
  readonly clock?: Clock;
}

/** Listens to one set of folders at a time. */
export class FolderEvents implements Disposable {
  readonly #options: FolderEventsOptions;
  readonly #clock: Clock;
  #thread: EventsThread | null = null;
  #ask = 0;
  /** Who waits for the answer to the last ask; null once it came. */
  #answer: ((told: FolderEventsTold) => void) | null = null;
  #isOver = false;

  constructor(options: FolderEventsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Listens to these folders from now on.
   * @returns false when one of them is not there
   * @throws {Error} when the system refuses, or no thread came to it
   */
  async listen(folders: readonly string[]): Promise<boolean> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.#isOver) return true;
      const ask = ++this.#ask;
      const { promise, resolve } = Promise.withResolvers<FolderEventsTold>();
      this.#answer = resolve;
      this.#thread ??= this.#started();
      this.#thread.postMessage({ ask, folders } satisfies FolderEventsAsk);
      const told = await inTime(promise, LISTEN_MS * 2 ** attempt, this.#clock);
      if (told !== LATE) {
        if (told.type !== "failed") return true;
        if (told.isGone) return false;
        throw new Error(`Cannot listen to folders: ${told.text}`);
      }
      this.#leave();
    }
    throw new Error(`Cannot listen to folders: ${ATTEMPTS} threads did not come to it`);
  }

  /** Nobody listens any more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#leave();
    this.#answer?.({ type: "listening", ask: this.#ask });
  }

  #started(): EventsThread {
    const thread = (this.#options.startThread ?? startThread)();
    thread.onmessage = ({ data }: MessageEvent<FolderEventsTold>) => this.#take(data);
    thread.onerror = (event) => {
      event.preventDefault();
      this.#take({ type: "failed", ask: this.#ask, isGone: false, text: event.message });
      this.#leave();
    };
    return thread;
  }

  #take(told: FolderEventsTold): void {
    // What was listened to before is nobody's any more.
    if (told.ask !== this.#ask || this.#isOver) return;
    if (told.type === "event") return this.#options.onEvent(told.kind, told.paths);
    const answer = this.#answer;
    this.#answer = null;
    if (answer !== null) answer(told);
    else if (told.type === "failed") this.#options.onError(new Error(`Cannot follow changes of files: ${told.text}`));
  }

  #leave(): void {
    this.#thread?.terminate();
    this.#thread = null;
  }
}

function startThread(): EventsThread {
  return new Worker(new URL("./folder_events_worker.ts", import.meta.url), {
    type: "module",
    name: "nano-folder-events",
    deno: { permissions: { read: true } },
  });
}
