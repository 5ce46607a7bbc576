/** What a process holds: isolates' threads, all threads, descriptors, memory. */
import { residentMb, workerThreads } from "../integration/life/host_threads.ts";
import { pause } from "../integration/life/until.ts";

/** One look at a process. */
export interface ProcessFigures {
  readonly isolateThreads: number;
  readonly threads: number;
  readonly descriptors: number;
  readonly residentMb: number;
}

/** Two looks this far apart that agree are rest: the threads of ended isolates go a little later. */
const LOOK_MS = 1000;

/** Looks now. */
export function figuresOf(pid: number): ProcessFigures {
  const count = (what: string) => [...Deno.readDirSync(`/proc/${pid}/${what}`)].length;
  return {
    isolateThreads: workerThreads(pid).size,
    threads: count("task"),
    descriptors: count("fd"),
    residentMb: residentMb(pid),
  };
}

/** Looks when threads and descriptors have come to rest, or at the deadline. */
export async function restingFigures(pid: number, timeoutMs = 60_000): Promise<ProcessFigures> {
  const deadline = performance.now() + timeoutMs;
  let last = figuresOf(pid);
  while (performance.now() < deadline) {
    await pause(LOOK_MS);
    const next = figuresOf(pid);
    if (next.isolateThreads === last.isolateThreads && next.descriptors === last.descriptors) return next;
    last = next;
  }
  return last;
}
