/** Finds and ends processes by a mark in their environment, which children inherit and orphans keep (Linux only). */

/** Name of the environment variable that carries a mark. */
export const MARK_NAME = "NANO_TEST_MARK";

/** Kills every living process that carries the mark. */
export function killMarked(mark: string): void {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name) && environmentOf(name).includes(`${MARK_NAME}=${mark}`)) kill(Number(name));
  }
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
