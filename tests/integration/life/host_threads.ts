/** Which isolates' threads a NANO process has, by the kernel's account (Linux). */

/** Of the worker threads of a NANO those that are no isolate: the warden, and who listens to folders. */
export const OWN_THREADS = 2;

/** Names of the worker threads of a process, `worker-<thread id>`; one isolate has one of them. */
export function workerThreads(pid: number): Set<string> {
  const names = new Set<string>();
  for (const { name: task } of Deno.readDirSync(`/proc/${pid}/task`)) {
    const name = ofKernel(`/proc/${pid}/task/${task}/comm`)?.trim();
    if (name?.startsWith("worker-")) names.add(name);
  }
  return names;
}

/** Ids of the processes that are isolates of a NANO; it has others, for SQL and for bundles. */
export function isolateProcesses(pid: number): number[] {
  return isolateFolders(pid).map(({ process }) => process);
}

/** The same with the folders where their sockets were; where they have namespaces, they are behind `unshare`. */
export function isolateFolders(pid: number): { readonly process: number; readonly folder: string }[] {
  return childrenOf(pid).flatMap((child) => {
    const folder = /[^\0:]*\/nano-isolate-[^\0/]+/.exec(ofKernel(`/proc/${child}/cmdline`) ?? "")?.[0];
    if (folder === undefined) return [];
    const behind = ofKernel(`/proc/${child}/task/${child}/children`)?.trim() ?? "";
    return [{ process: Number(behind === "" ? child : behind), folder }];
  });
}

/** Names of all that isolates of a NANO run in: its threads, and processes of their own. */
export function isolateHomes(pid: number): Set<string> {
  return new Set([...workerThreads(pid), ...isolateProcesses(pid).map((child) => `process ${child}`)]);
}

/** What the kernel tells in a file; null of a process or thread that has ended, before the look or in its midst. */
export function ofKernel(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    // ESRCH, of one that ends between open and read, has no class and no code in Deno.
    if (error instanceof Deno.errors.NotFound || /\(os error 3\)/.test(String(error))) return null;
    throw error;
  }
}

/** Memory of a process that is in RAM now, in MB. */
export function residentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  if (kilobytes === undefined) throw new Error(`Cannot read the memory of process ${pid}`);
  return Number(kilobytes) / 1024;
}

/** Whether a process runs; one that ended and was not yet waited for does not. */
export function isRunning(pid: number): boolean {
  const status = ofKernel(`/proc/${pid}/status`);
  return status !== null && !/^State:\s+[ZX]/m.test(status);
}

/** Processes that a process started and that still run. */
export function childrenOf(pid: number): number[] {
  const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
  // Deno spawns from any of its threads.
  const all = [...Deno.readDirSync(`/proc/${pid}/task`)].flatMap(({ name }) =>
    (ofKernel(`/proc/${pid}/task/${name}/children`) ?? "").trim().split(/\s+/)
  );
  return [...new Set([...children.split(/\s+/), ...all])].filter((text) => text !== "").map(Number);
}
