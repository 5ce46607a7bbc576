/**
 * The system's events of folders and looks into them, in a thread of their own. Deno's watcher opens every file that it
 * tells of, and for a named pipe waits there for a writer; one that was removed at once never gets any. Whoever asks
 * that watcher for something then waits as well, for ever (Deno 2.9.6): the host's own thread must not be the one. And a
 * look at thousands of files must not take the time of those who ask for something.
 */
import { type Clock, systemClock } from "../clock.ts";
import { inTime, LATE } from "../deadline.ts";
import type { FileTree } from "./file_tree.ts";
import type { FolderEventsAsk, FolderEventsTold, LookOrder } from "./folder_events_worker.ts";

/** A thread that does not answer by then is left to itself; it takes milliseconds, on a busy machine seconds. */
const ANSWER_MS = 5_000;
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

/** What a thread says to what it was asked. */
type Answer = Exclude<FolderEventsTold, { type: "event" | "goes_on" }>;

/** Listens to one set of folders at a time, and looks; asked for one thing after the other. */
export class FolderEvents implements Disposable {
  readonly #options: FolderEventsOptions;
  readonly #clock: Clock;
  #thread: EventsThread | null = null;
  #ask = 0;
  /** The ask by which the thread listens; null while it does not. */
  #listening: number | null = null;
  /** Who waits for the answer to the last ask, which is null when there will be none; null once it came. */
  #answer: ((told: Answer | null) => void) | null = null;
  /** How often the last ask was said to go on. */
  #signs = 0;
  #isOver = false;

  constructor(options: FolderEventsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** False as well when another thread had to be asked since. */
  get isListening(): boolean {
    return this.#listening !== null;
  }

  /**
   * Listens to these folders from now on.
   * @returns false when one of them is not there
   * @throws {Error} when the system refuses, or no thread came to it
   */
  async listen(folders: readonly string[]): Promise<boolean> {
    const told = await this.#answerTo({ folders }, { firstMs: ANSWER_MS, action: "listen to folders" });
    if (told?.type !== "failed") return true;
    if (told.isGone) return false;
    throw new Error(`Cannot listen to folders: ${told.text}`);
  }

  /**
   * Looks at files and folders.
   * @returns null when nobody is to look any more
   * @throws {Error} when no thread came to it
   */
  async look(order: LookOrder): Promise<FileTree | null> {
    // Between two paths it says that it goes on.
    const firstMs = ANSWER_MS + order.budget.ms;
    const told = await this.#answerTo({ look: order }, { firstMs, action: "look at files" });
    if (told?.type === "failed") throw new Error(`Cannot look at files: ${told.text}`);
    return told?.type === "looked" ? told.tree : null;
  }

  /** @returns null when nobody is to answer any more */
  async #answerTo(
    what: { readonly folders: readonly string[] } | { readonly look: LookOrder },
    { firstMs, action }: { readonly firstMs: number; readonly action: string },
  ): Promise<Answer | null> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (this.#isOver) return null;
      const ask = ++this.#ask;
      const { promise, resolve } = Promise.withResolvers<Answer | null>();
      this.#answer = resolve;
      this.#thread ??= this.#started();
      if ("folders" in what) this.#listening = ask;
      this.#thread.postMessage({ ask, ...what } satisfies FolderEventsAsk);
      let told: Answer | null | typeof LATE;
      let signs: number;
      do {
        signs = this.#signs;
        told = await inTime(promise, firstMs * 2 ** attempt, this.#clock);
      } while (told === LATE && this.#signs > signs);
      if (told !== LATE && (told !== null || this.#isOver)) return told;
      this.#leave();
    }
    throw new Error(`Cannot ${action}: ${ATTEMPTS} threads did not come to it`);
  }

  /** Nobody listens any more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#leave();
    this.#answer?.(null);
  }

  #started(): EventsThread {
    const thread = (this.#options.startThread ?? startThread)();
    thread.onmessage = ({ data }: MessageEvent<FolderEventsTold>) => this.#take(data);
    thread.onerror = (event) => {
      event.preventDefault();
      const wasListening = this.#listening !== null;
      this.#leave();
      // Another one is asked, as when none answers.
      if (this.#answer !== null) this.#answer(null);
      else if (wasListening) this.#lose(event.message);
    };
    return thread;
  }

  #take(told: FolderEventsTold): void {
    if (this.#isOver) return;
    if (told.type === "event") {
      // What was listened to before is nobody's any more.
      if (told.ask === this.#listening) this.#options.onEvent(told.kind, told.paths);
      return;
    }
    if (told.type === "goes_on") {
      if (told.ask === this.#ask) this.#signs++;
      return;
    }
    const answer = told.ask === this.#ask ? this.#answer : null;
    if (answer !== null) {
      this.#answer = null;
      if (told.type === "failed" && told.ask === this.#listening) this.#listening = null;
      return answer(told);
    }
    if (told.type === "failed" && told.ask === this.#listening) this.#lose(told.text);
  }

  #lose(why: string): void {
    this.#listening = null;
    this.#options.onError(new Error(`Cannot follow changes of files: ${why}`));
  }

  #leave(): void {
    this.#thread?.terminate();
    this.#thread = null;
    this.#listening = null;
  }
}

function startThread(): EventsThread {
  return new Worker(new URL("./folder_events_worker.ts", import.meta.url), {
    type: "module",
    name: "nano-folder-events",
    // Deno takes the whole of them for a look at /dev, where a link of an app may lead.
    deno: { permissions: "inherit" },
  });
}
