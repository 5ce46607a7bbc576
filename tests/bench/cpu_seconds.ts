/** CPU time that processes have taken, by /proc. */

/** Of one process and all its threads, those that have ended included. */
export function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the name in parentheses and may hold anything; of the rest, utime and stime are 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The same of a process and of the processes that it has started and that still run. */
export function cpuSecondsOfTree(pid: number): number {
  return treeOf(pid).reduce((sum, one) => sum + cpuSeconds(one), 0);
}

function treeOf(pid: number): number[] {
  const tasks = [...Deno.readDirSync(`/proc/${pid}/task`)].map(({ name }) => name);
  const children = tasks.flatMap((task) => {
    try {
      return Deno.readTextFileSync(`/proc/${pid}/task/${task}/children`).trim().split(" ").filter((one) => one !== "");
    } catch (error) {
      // The thread has ended meanwhile.
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  });
  return [pid, ...children.flatMap((child) => treeOf(Number(child)))];
}
