/** Verifies that a killed isolate's thread has really ended; terminate() itself does not say. */

/** Between two looks. */
const LOOK_MS = 50;
/** After this long an ending thread is reported as stuck: a native call that V8 cannot interrupt. */
export const STUCK_AFTER_MS = 10_000;

/** A thread that was killed. */
export interface KilledThread {
  /** What the isolate was, for whoever is told. */
  readonly owner: string;
  /** Told when it is gone, or at once where that cannot be known. */
  readonly onGone: () => void;
}

interface Ending extends KilledThread {
  readonly threadId: number;
  readonly since: number;
  reported: boolean;
}

/** Watches threads on their way out. Linux only: elsewhere there is no /proc to look at and nothing is verified. */
export class ThreadWatch implements Disposable {
  readonly #onStuck: (threadId: number, owner: string, ms: number) => void;
  readonly #ending = new Map<number, Ending>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The last isolates end after the watch does: what they told later must not start it anew. */
  #closed = false;

  /** @param onStuck told once of each thread that does not end */
  constructor(onStuck: (threadId: number, owner: string, ms: number) => void) {
    this.#onStuck = onStuck;
  }

  /** Threads that were killed and still run. */
  get size(): number {
    return this.#ending.size;
  }

  /** Watches a killed isolate's thread until it is gone. */
  watch(threadId: number, killed: KilledThread): void {
    if (this.#closed || threadId === 0 || Deno.build.os !== "linux") return killed.onGone();
    this.#ending.set(threadId, { ...killed, threadId, since: performance.now(), reported: false });
    this.#timer ??= setTimeout(() => this.#look(), LOOK_MS);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#ending.clear();
  }

  #look(): void {
    let alive: Set<string>;
    try {
      alive = livingThreads();
    } catch {
      // No descriptor to be had just now, say: the host must not fall for a look that can be taken later.
      this.#timer = setTimeout(() => this.#look(), LOOK_MS);
      return;
    }
    for (const ending of [...this.#ending.values()]) {
      if (!alive.has(`worker-${ending.threadId}`)) {
        this.#ending.delete(ending.threadId);
        ending.onGone();
        continue;
      }
      const ms = performance.now() - ending.since;
      if (ms < STUCK_AFTER_MS || ending.reported) continue;
      ending.reported = true;
      this.#onStuck(ending.threadId, ending.owner, ms);
    }
    this.#timer = this.#ending.size === 0 ? null : setTimeout(() => this.#look(), LOOK_MS);
  }
}

/** Where Linux lists this process' threads. */
const TASKS = "/proc/self/task";

/**
 * Names of this process' threads.
 * @param read gives the text of a file; throws when its thread has ended
 */
export function livingThreads(read: (path: string) => string = Deno.readTextFileSync): Set<string> {
  const names = new Set<string>();
  for (const { name } of Deno.readDirSync(TASKS)) {
    try {
      names.add(read(`${TASKS}/${name}/comm`).trim());
    } catch {
      // A thread that ends between the listing and the look is not alive. The system says so in several ways: no such
      // file, or no such process, which Deno gives neither a class nor a code.
    }
  }
  return names;
}
