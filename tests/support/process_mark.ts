/** Finds and ends processes by a mark in their environment, which children inherit and orphans keep (Linux only). */

/** Name of the environment variable that carries a mark. */
export const MARK_NAME = "NANO_TEST_MARK";

/** Kills every living process that carries the mark. */
export function killMarked(mark: string): void {
  for (const pid of markedPids(MARK_NAME, mark)) kill(pid);
}

/** Every living process whose environment has the variable with this value. */
export function markedPids(name: string, value: string): number[] {
  return [...Deno.readDirSync("/proc")]
    .filter(({ name: pid }) => /^\d+$/.test(pid) && environmentOf(pid).includes(`${name}=${value}`))
    .map(({ name: pid }) => Number(pid));
}

/** The environment a process was started with; empty for zombies, for what has ended and for other users' processes. */
function environmentOf(pid: string): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/environ`).split("\0");
  } catch {
    return []; // none of ours: those are readable as long as they live
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended meanwhile
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
