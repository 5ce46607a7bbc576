/** Watches how much a process grows while a test keeps it busy. */

const SAMPLE_MS = 20;

/** Resident memory of a process, in bytes. */
export function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`));
  if (match === null) throw new Error(`Cannot read the memory of process ${pid}`);
  return Number(match[1]) * 1024;
}

/** Runs something and says by how much the process grew at its highest, sampled 50 times a second. */
export async function growthDuring(pid: number, run: () => Promise<void>): Promise<number> {
  const before = residentBytes(pid);
  let peak = before;
  const timer = setInterval(() => peak = Math.max(peak, residentBytes(pid)), SAMPLE_MS);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return Math.max(peak, residentBytes(pid)) - before;
}
