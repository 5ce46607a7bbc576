/** Waits until a NANO process has its reserve isolates again, seen from outside by the number of its isolate threads. */

const DEADLINE_MS = 20_000;
const LOOK_MS = 20;
/** A thread exists before its isolate has booted; a boot takes some 100 ms, and a nested worker starts 500 ms late. */
const BOOT_MS = 800;

/** Isolate threads of a process, by the names that Deno gives them. */
export async function isolateThreads(pid: number): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir(`/proc/${pid}/task`)) {
    const comm = await Deno.readTextFile(`/proc/${pid}/task/${name}/comm`).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return ""; // a thread that ended meanwhile
      throw error;
    });
    if (comm.startsWith("worker-")) count++;
  }
  return count;
}

/**
 * Waits for so many isolate threads, and then for the last of them to boot.
 * @throws Error when they do not appear
 */
export async function reserveReady(pid: number, threads: number): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (await isolateThreads(pid) < threads) {
    if (performance.now() > deadline) throw new Error(`No ${threads} isolate threads within ${DEADLINE_MS} ms`);
    await pause(LOOK_MS);
  }
  await pause(BOOT_MS);
}

/** Lets the machine come to rest; NANO tells nobody when a reserve isolate has booted. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
