/** Priorities of isolates' threads, as Linux keeps them: one nice value a thread. */
import os from "node:os";

/**
 * Of a thread that computes more than its part: it gets what the others leave, and a sixty-eighth of a core beside one
 * that computes too (kernel/sched/core.c, sched_prio_to_weight: 15 against 1024).
 */
const STEPPED_BACK_NICE = 19;
/** CAP_SYS_NICE in the capability sets of /proc/self/status (capabilities(7)). */
const CAP_SYS_NICE = 1n << 23n;
/** RLIMIT_NICE that allows a nice value is this much minus it (getrlimit(2)). */
const LIMIT_BASE = 20;

/** Reads a file of /proc/self. */
type ReadProc = (name: string) => string;

/**
 * Whether this process may raise a thread's priority again after lowering it; without that right nobody is lowered,
 * since an app would pay for one busy minute for the rest of its isolate's life.
 */
export function mayRestorePriority(
  read: ReadProc = (name) => Deno.readTextFileSync(`/proc/self/${name}`),
  nice: number = ownNice(),
): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(read("status"))?.[1] ?? "0";
    if ((BigInt(`0x${effective}`) & CAP_SYS_NICE) !== 0n) return true;
    const soft = /^Max nice priority\s+(\S+)/m.exec(read("limits"))?.[1] ?? "0";
    return soft === "unlimited" || Number(soft) >= LIMIT_BASE - nice;
  } catch {
    // No /proc to look at: nothing that could be told of a thread either.
    return false;
  }
}

/** Of this process' first thread, which whoever started NANO may have chosen. */
function ownNice(): number {
  return os.getPriority(Deno.pid);
}

/** System ids of the threads with these names. */
export async function findThreads(names: ReadonlySet<string>): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const tids: string[] = [];
  for await (const { name } of Deno.readDir("/proc/self/task")) tids.push(name);
  // The newest first: most often it is one that has just begun.
  for (const tid of tids.reverse()) {
    if (found.size === names.size) break;
    try {
      const comm = (await Deno.readTextFile(`/proc/self/task/${tid}/comm`)).trim();
      if (names.has(comm)) found.set(comm, Number(tid));
    } catch {
      // It ended between the listing and the look.
    }
  }
  return found;
}

/**
 * Lets a thread step back behind all others, or come forward again.
 * @returns false when the thread has ended meanwhile or the system refuses
 */
export function setSteppedBack(tid: number, steppedBack: boolean): boolean {
  try {
    os.setPriority(tid, steppedBack ? STEPPED_BACK_NICE : ownNice());
    return true;
  } catch {
    return false;
  }
}
