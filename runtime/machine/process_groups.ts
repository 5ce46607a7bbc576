/** Groups of processes that the kernel bounds together (cgroups(7), version 2): one for each process of an isolate. */
import { basename, dirname, join } from "node:path";
import { groupFolders, type OwnFiles, readOwnFiles } from "./own_groups.ts";

/** What NANO's own group is called where the group above it is NANO's to divide; systemd: `DelegateSubgroup=nano-host`. */
export const HOST_GROUP = "nano-host";
const PREFIX = "nano-isolate-";
/** Those that bound something here, of all that a kernel may have. */
const CONTROLLERS = ["memory", "pids"] as const;
/** Between two looks whether the last process of a group is gone, and looks: a kernel that swaps takes seconds. */
const GONE_EVERY_MS = 20;
const GONE_LOOKS = 500;

/** The groups of this NANO, or why it has none. */
export type FoundGroups = { readonly groups: ProcessGroups } | { readonly lacks: string };

let found: FoundGroups | null = null;

/** Looks once. */
export function findProcessGroups(): FoundGroups {
  return found ??= openGroups(readOwnFiles());
}

/** Takes the group above NANO's own, which has no processes then, and has it hand its bounds on. */
export function openGroups(own: OwnFiles | null): FoundGroups {
  const [path] = own === null ? [] : groupFolders(own, null);
  if (path === undefined) return { lacks: "this machine has no cgroups of version 2" };
  const above = dirname(path);
  if (basename(path) !== HOST_GROUP) return { lacks: `NANO does not run in a cgroup named "${HOST_GROUP}"` };
  try {
    const offered = Deno.readTextFileSync(join(above, "cgroup.controllers")).trim().split(" ");
    const controllers = CONTROLLERS.filter((controller) => offered.includes(controller));
    for (const controller of controllers) write(join(above, "cgroup.subtree_control"), `+${controller}`);
    const groups = new ProcessGroups(above, controllers);
    // Whoever may hand bounds on may also be refused a group.
    groups.make().removeSync();
    return { groups };
  } catch (error) {
    return { lacks: `the cgroup above NANO's cannot be divided: ${(error as Error).message}` };
  }
}

/** All groups below one. */
export class ProcessGroups {
  readonly #path: string;
  /** What its groups can be bounded by. */
  readonly controllers: readonly string[];

  constructor(path: string, controllers: readonly string[]) {
    this.#path = path;
    this.controllers = controllers;
  }

  /** Makes an empty one. */
  make(): ProcessGroup {
    const path = join(this.#path, `${PREFIX}${crypto.randomUUID()}`);
    Deno.mkdirSync(path);
    return new ProcessGroup(path, this.controllers);
  }

  /** Removes those that a NANO has left that was killed; what still has processes stays. */
  sweep(): void {
    for (const { name } of Deno.readDirSync(this.#path)) {
      if (name.startsWith(PREFIX)) new ProcessGroup(join(this.#path, name), []).removeSync();
    }
  }
}

/** One group. */
export class ProcessGroup {
  readonly path: string;
  readonly #controllers: readonly string[];

  constructor(path: string, controllers: readonly string[]) {
    this.path = path;
    this.#controllers = controllers;
  }

  /** Takes a process in, with all that it starts from then on; one that has just ended is none. */
  add(pid: number): void {
    this.#write("cgroup.procs", String(pid));
  }

  /** Of its processes together; beyond it the kernel ends all of them. */
  boundMemory(bytes: number): void {
    if (!this.#controllers.includes("memory")) return;
    this.#write("memory.oom.group", "1");
    this.#write("memory.max", String(Math.round(bytes)));
    // A kernel without swap has no such file.
    this.#tryToWrite("memory.swap.max", "0");
  }

  /** Of its processes together: who wants one more is told that there is none. */
  boundThreads(count: number): void {
    if (this.#controllers.includes("pids")) this.#write("pids.max", String(count));
  }

  /** Whether the kernel has ended a process of it for its memory. */
  get ranOutOfMemory(): boolean {
    if (!this.#controllers.includes("memory")) return false;
    try {
      return Number(/^oom_kill (\d+)$/m.exec(Deno.readTextFileSync(join(this.path, "memory.events")))?.[1] ?? 0) > 0;
    } catch {
      return false;
    }
  }

  /** Ends all its processes, whatever they have started. */
  kill(): void {
    // Linux before 5.14 has no such file.
    this.#tryToWrite("cgroup.kill", "1");
  }

  /** Ends what is left in it, and removes it once the kernel lets go of the last one. */
  async remove(): Promise<void> {
    this.kill();
    for (let look = 0; look < GONE_LOOKS && !this.removeSync(); look++) {
      await new Promise((resolve) => setTimeout(resolve, GONE_EVERY_MS));
    }
  }

  /** @returns whether it is gone; one with processes stays */
  removeSync(): boolean {
    try {
      Deno.removeSync(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return false;
    }
    return true;
  }

  #write(file: string, text: string): void {
    try {
      write(join(this.path, file), text);
    } catch (error) {
      // Its processes have just ended, and it with them.
      if (!isGone(error)) throw error;
    }
  }

  #tryToWrite(file: string, text: string): void {
    try {
      write(join(this.path, file), text);
    } catch {
      // What it is written for says when it may be missing.
    }
  }
}

/** The kernel's files are neither made nor cut. */
function write(path: string, text: string): void {
  using file = Deno.openSync(path, { write: true });
  file.writeSync(new TextEncoder().encode(text));
}

/** ENOENT, and what the kernel says of a process (ESRCH) or a group (ENODEV) that is on its way out. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound || error instanceof Error && /os error (?:3|19)\b/.test(error.message);
}
