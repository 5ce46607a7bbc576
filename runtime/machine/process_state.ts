/** What Linux tells of another process: its CPU clock, its memory, whether it has work. */

/** Clock ticks a second (sysconf(_SC_CLK_TCK)): 100 on every Linux that Deno runs on. */
const TICKS_PER_S = 100;
/** Fields of /proc/PID/stat behind the name, which may hold anything; the state is the first (proc_pid_stat(5)). */
const STAT = { STATE: 0, USER: 11, SYSTEM: 12 } as const;
/** Of /proc/PID/statm, in pages. */
const STATM = { RESIDENT: 1, SHARED: 2 } as const;
/** Deno's V8 needs pages of 4 KiB on x86-64; arm64 has kernels with others, which /proc/self/smaps names. */
const PAGE_BYTES = pageBytes();

/** What is told of a process. */
export interface ProcessState {
  /** All its threads together, in a grain of 10 ms. */
  readonly cpuMicros: number;
  /** Memory that is in no file and shared with nobody. */
  readonly ownBytes: number;
  /** Whether its first thread runs or waits for a core. */
  readonly runnable: boolean;
}

/**
 * Reads it.
 * @param read gives the text of a file
 * @returns null when there is no such process any more, or it cannot be looked at
 */
export function processState(
  pid: number,
  read: (path: string) => string = Deno.readTextFileSync,
): ProcessState | null {
  try {
    const stat = read(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const pages = read(`/proc/${pid}/statm`).split(" ");
    const state = {
      cpuMicros: (Number(fields[STAT.USER]) + Number(fields[STAT.SYSTEM])) * (1_000_000 / TICKS_PER_S),
      ownBytes: (Number(pages[STATM.RESIDENT]) - Number(pages[STATM.SHARED])) * PAGE_BYTES,
      runnable: fields[STAT.STATE] === "R",
    };
    return Number.isFinite(state.cpuMicros) && Number.isFinite(state.ownBytes) ? state : null;
  } catch {
    return null;
  }
}

/** Whether a process has started others that it has not waited for yet, by any of its threads. */
export function hasChildren(pid: number): boolean {
  try {
    const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)];
    return tasks.some(({ name }) => Deno.readTextFileSync(`/proc/${pid}/task/${name}/children`) !== "");
  } catch {
    return false;
  }
}

/** Bytes that a process has had written to disks so far; 0 where the kernel does not tell. */
export function processWritten(pid: number, read: (path: string) => string = Deno.readTextFileSync): number {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(read(`/proc/${pid}/io`))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** What a process has computed, read and written so far, for comparing; null when it has ended or nothing is told. */
export function processWork(pid: number, read: (path: string) => string = Deno.readTextFileSync): string | null {
  const state = processState(pid, read);
  if (state === null) return null;
  try {
    return `cpu: ${state.cpuMicros}\n${read(`/proc/${pid}/io`)}`;
  } catch {
    return null;
  }
}

function pageBytes(): number {
  try {
    const found = /^KernelPageSize:\s+(\d+) kB$/m.exec(Deno.readTextFileSync("/proc/self/smaps"));
    return found === null ? 4096 : Number(found[1]) * 1024;
  } catch {
    return 4096;
  }
}

/** Lets the kernel choose a process before this one when memory runs out; raising the value needs no right. */
export function setOomScore(pid: number, score: number): boolean {
  try {
    Deno.writeTextFileSync(`/proc/${pid}/oom_score_adj`, String(score));
    return true;
  } catch {
    return false;
  }
}

/**
 * The process that a given one has started, if it has started one and no other.
 * @returns null when there is none, or the kernel does not tell
 */
export function onlyChild(pid: number): number | null {
  try {
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    return /^\d+$/.test(children) ? Number(children) : null;
  } catch {
    return null;
  }
}
