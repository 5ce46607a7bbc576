/** Tells what Linux knows of isolates' threads: how much memory each touched first, and whether it has work. */
import { findThreads } from "./thread_priority.ts";

/** Pages are this large on every machine that NANO runs on; huge pages only make the figure smaller. */
const PAGE_BYTES = 4096;
/** Minor page faults of the thread in /proc/self/task/TID/stat, counted behind the name in brackets (proc_pid_stat(5)). */
const MINOR_FAULTS = 7;

/** What is known of a thread. */
export interface ThreadState {
  readonly touchedBytes: number;
  /** Running, waiting for a core, or for memory of its own. */
  readonly runnable: boolean;
}

/** Threads of isolates by the id that their Worker has. */
export class ThreadStates {
  readonly #tids = new Map<number, number>();

  /** By thread id; who is not found (any more) is left out. Empty on systems other than Linux. */
  async read(threadIds: readonly number[]): Promise<Map<number, ThreadState>> {
    const states = new Map<number, ThreadState>();
    if (Deno.build.os !== "linux") return states;
    const unknown = threadIds.filter((threadId) => threadId !== 0 && !this.#tids.has(threadId));
    if (unknown.length > 0) {
      const found = await findThreads(new Set(unknown.map((threadId) => `worker-${threadId}`)));
      for (const threadId of unknown) {
        const tid = found.get(`worker-${threadId}`);
        if (tid !== undefined) this.#tids.set(threadId, tid);
      }
    }
    for (const threadId of threadIds) {
      const tid = this.#tids.get(threadId);
      const state = tid === undefined ? null : stateOf(tid);
      if (state !== null) states.set(threadId, state);
    }
    return states;
  }

  /** Memory that a thread has touched first, at once; null for one that was never read before, and on other systems. */
  touchedBytes(threadId: number): number | null {
    const tid = this.#tids.get(threadId);
    return tid === undefined ? null : stateOf(tid)?.touchedBytes ?? null;
  }

  /** A thread has ended. */
  forget(threadId: number): void {
    this.#tids.delete(threadId);
  }
}

function stateOf(tid: number): ThreadState | null {
  try {
    return parseThreadState(Deno.readTextFileSync(`/proc/self/task/${tid}/stat`));
  } catch {
    // It has ended.
    return null;
  }
}

/** Reads a line of /proc/self/task/TID/stat; null when it is none. */
export function parseThreadState(stat: string): ThreadState | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const faults = Number(fields[MINOR_FAULTS]);
  if (!Number.isInteger(faults)) return null;
  return { touchedBytes: faults * PAGE_BYTES, runnable: fields[0] === "R" || fields[0] === "D" };
}
