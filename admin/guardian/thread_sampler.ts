/** Watches from outside which threads of a process compute: a process that was killed can tell nobody any more. */

/** Between two looks, when they cost nothing; long enough to see who computes, short enough to see a killer at it. */
export const SAMPLE_MS = 50;
/**
 * Reading a thread takes some 7 us; with a pause so long for each, looks take 2 % of a core at most. Not measured each time:
 * on a busy machine a look takes long, and just then one must look.
 */
const PAUSE_MS_PER_READ = 0.35;
/**
 * Part of the time between two looks that a thread ran or waited for a core, from which on it computes; one that is short
 * of memory spends much of it waiting for V8's threads that collect garbage.
 */
const COMPUTING = 0.35;
/** The process' clock has ticks of 10 ms: after so many looks without one nobody computes, or it waits for a core. */
const STILL_LOOKS = 3;
/** The name of a thread that is none of an isolate is read anew at every so many looks: it may get its name late. */
const RENAME_LOOKS = 10;
/**
 * The threads of a process that dies end one by one, the one that runs first, and on a busy machine the last many looks
 * later: what has ended is told for so long as it was.
 */
const ENDED_MS = 2_000;
/**
 * Of a process that a signal takes down: PF_EXITING and PF_SIGNALED (include/linux/sched.h). It has stopped its threads by
 * then, and may take several looks to be gone.
 */
const DYING_FLAGS = 0x4 | 0x400;
/** Isolates' threads; what else the process has is not looked at again. */
const WORKER = /^worker-\d+$/;

/** What is known of a thread. Times are ms since the epoch. */
export interface ThreadActivity {
  /** As the system names it: `worker-5`. */
  readonly name: string;
  /** Since when it computes without a pause, or null. */
  readonly activeSince: number | null;
  /** How much of a core it has had since then: on a busy machine it waits most of the time. */
  readonly ranMs: number;
  /** For how long it had computed before, and for how long it had been watched when it began. */
  readonly activeMsBefore: number;
  readonly ageMsBefore: number;
  /** Whether it is gone: it computed to its end, which came in the last moments. */
  readonly hasEnded: boolean;
}

interface Thread extends Omit<ThreadActivity, "ranMs" | "hasEnded"> {
  /** When it was first and last looked at, and its clock then. */
  readonly bornAt: number;
  readonly at: number;
  readonly wantedMs: number;
  /** Of a core since it began, all in all, and when it began to compute. */
  readonly ranAllMs: number;
  readonly ranBeforeMs: number;
}

/** What is read of the system; throws when the process or thread has ended. */
export interface ProcessFiles {
  text(path: string): string;
  names(path: string): string[];
}

const SYSTEM: ProcessFiles = {
  text: Deno.readTextFileSync,
  names: (path) => Array.from(Deno.readDirSync(path), ({ name }) => name),
};

/** Samples one process. Linux only: elsewhere nothing is known. */
export class ThreadSampler {
  readonly #dir: string;
  readonly #files: ProcessFiles;
  #threads = new Map<string, Thread>();
  /** The same as they were one look before. */
  #before = new Map<string, Thread>();
  /** Those that have ended while they computed. */
  #ended: readonly Thread[] = [];
  /** Threads that are no isolate's, with how often they were looked at. */
  #others = new Map<string, number>();
  #ticks = -1;
  #still = 0;
  #aliveAt: number | null = null;

  constructor(pid: number, files: ProcessFiles = SYSTEM) {
    this.#dir = `/proc/${pid}`;
    this.#files = files;
  }

  /** When the process was last seen alive, ms since the epoch; null when never. */
  get aliveAt(): number | null {
    return this.#aliveAt;
  }

  /**
   * Isolates' threads as they were at the last look. Who paused since the look before, or has ended, is told as it was
   * then: a process that dies stops its threads first, and may be looked at in between.
   */
  activities(): ThreadActivity[] {
    const told = new Map(this.#threads);
    for (const [tid, thread] of this.#before) {
      if (thread.activeSince !== null && told.get(tid)?.activeSince === null) told.set(tid, thread);
    }
    return [
      ...Array.from(told.values(), (thread) => activityOf(thread, false)),
      ...this.#ended.map((thread) => activityOf(thread, true)),
    ];
  }

  /** One look. @param at now, ms since the epoch @returns how many threads were read */
  sample(at: number): number {
    try {
      const ticks = this.#processTicks();
      if (ticks === null) return 0;
      this.#aliveAt = at;
      this.#before = new Map(this.#threads);
      const isStill = ticks === this.#ticks;
      this.#ticks = ticks;
      this.#still = isStill ? this.#still + 1 : 0;
      if (isStill) {
        for (const [tid, thread] of this.#threads) {
          const isDoubtful = thread.activeSince !== null && this.#still >= STILL_LOOKS;
          // Whoever begins to compute is measured from here on, not over a long quiet.
          this.#threads.set(tid, isDoubtful ? this.#readAgain(tid, thread, at) : { ...thread, at });
        }
        return 0;
      }
      const seen = this.#readAll(at);
      // The threads of a process that is dying end one by one: what was known before is what counts.
      if (this.#processTicks() === null || seen.size < this.#threads.size / 2) return 0;
      const ended = [...this.#threads].filter(([tid, { activeSince }]) => activeSince !== null && !seen.has(tid));
      this.#ended = [...this.#ended, ...ended.map(([, thread]) => thread)].filter((one) => at - one.at <= ENDED_MS);
      this.#threads = seen;
      return seen.size;
    } catch {
      // It has ended.
      return 0;
    }
  }

  /** CPU ticks of the process so far; null when it is a zombie, or is about to be one. */
  #processTicks(): number | null {
    const text = this.#files.text(`${this.#dir}/stat`);
    // The name in parentheses may hold anything.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const isDying = fields[0] === "Z" || fields[0] === "X" || (Number(fields[6]) & DYING_FLAGS) !== 0;
    return isDying ? null : Number(fields[11]) + Number(fields[12]);
  }

  #readAll(at: number): Map<string, Thread> {
    const seen = new Map<string, Thread>();
    const others = new Map<string, number>();
    for (const tid of this.#files.names(`${this.#dir}/task`)) {
      const looks = this.#others.get(tid) ?? 0;
      try {
        const isDue = looks <= RENAME_LOOKS || looks % RENAME_LOOKS === 0;
        const thread = isDue ? this.#read(tid, at) : null;
        if (thread === null) others.set(tid, looks + 1);
        else seen.set(tid, thread);
      } catch {
        // It ended between the listing and the look.
      }
    }
    this.#others = others;
    return seen;
  }

  /** @returns null when it is no isolate's */
  #read(tid: string, at: number): Thread | null {
    const before = this.#threads.get(tid);
    const name = before?.name ?? this.#files.text(`${this.#dir}/task/${tid}/comm`).trim();
    if (!WORKER.test(name)) return null;
    const [ran, waited] = this.#files.text(`${this.#dir}/task/${tid}/schedstat`).split(" ");
    // A thread that waits for a core computes as well: on a busy machine that is most of its time.
    const ranAllMs = Number(ran) / 1e6;
    const wantedMs = ranAllMs + Number(waited) / 1e6;
    if (before === undefined) {
      const still = { activeSince: null, activeMsBefore: 0, ageMsBefore: 0 };
      return { name, ...still, bornAt: at, at, wantedMs, ranAllMs, ranBeforeMs: ranAllMs };
    }
    const wants = wantedMs - before.wantedMs >= COMPUTING * (at - before.at);
    // The kernel counts a wait for a core when it is over, and with twenty threads a core it takes longer than a look.
    const isActive = wants || (before.activeSince !== null && this.#isRunnable(tid));
    const now = isActive ? before : paused(before);
    const begin = isActive && before.activeSince === null
      ? { activeSince: before.at, ageMsBefore: before.at - before.bornAt, ranBeforeMs: before.ranAllMs }
      : {};
    return { ...now, ...begin, at, wantedMs, ranAllMs };
  }

  /** A thread that computed, of a process that seems to do nothing. */
  #readAgain(tid: string, thread: Thread, at: number): Thread {
    try {
      return this.#read(tid, at) ?? thread;
    } catch {
      // It ended.
      return { ...paused(thread), at };
    }
  }

  /** Whether it runs or waits for a core. */
  #isRunnable(tid: string): boolean {
    const text = this.#files.text(`${this.#dir}/task/${tid}/stat`);
    return text.charAt(text.lastIndexOf(")") + 2) === "R";
  }
}

function activityOf(
  { name, activeSince, activeMsBefore, ageMsBefore, ranAllMs, ranBeforeMs }: Thread,
  hasEnded: boolean,
): ThreadActivity {
  const ranMs = activeSince === null ? 0 : ranAllMs - ranBeforeMs;
  return { name, activeSince, ranMs, activeMsBefore, ageMsBefore, hasEnded };
}

/** It computes no more. */
function paused(thread: Thread): Thread {
  const { activeSince, activeMsBefore, at } = thread;
  if (activeSince === null) return thread;
  return { ...thread, activeSince: null, activeMsBefore: activeMsBefore + at - activeSince };
}

/** Samples a process until it is disposed. */
export class ThreadWatcher implements Disposable {
  readonly sampler: ThreadSampler;
  #timer: ReturnType<typeof setTimeout>;

  constructor(pid: number) {
    this.sampler = new ThreadSampler(pid);
    this.#timer = setTimeout(() => this.#look(), SAMPLE_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #look(): void {
    const reads = this.sampler.sample(Date.now());
    this.#timer = setTimeout(() => this.#look(), Math.max(SAMPLE_MS, reads * PAUSE_MS_PER_READ));
  }
}
