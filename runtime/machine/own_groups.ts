/** The groups of processes (cgroups(7)) that this process is in, as folders of the kernel's. */
import { join } from "node:path";

/** What a process reads of itself. */
export interface OwnFiles {
  /** Text of /proc/self/cgroup. */
  readonly cgroup: string;
  /** Text of /proc/self/mountinfo. */
  readonly mountinfo: string;
}

/**
 * Reads it; null where there is nothing to read.
 * @param read gives the text of a file; throws when there is none
 */
export function readOwnFiles(read: (path: string) => string = Deno.readTextFileSync): OwnFiles | null {
  try {
    return { cgroup: read("/proc/self/cgroup"), mountinfo: read("/proc/self/mountinfo") };
  } catch {
    return null;
  }
}

/**
 * The group that a text as of /proc/self/cgroup names, as the kernel sees it from here; null where it names none.
 * @param controller of version 1, or null for version 2
 */
export function groupPath(cgroup: string, controller: "memory" | null): string | null {
  for (const line of cgroup.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (controller === null ? controllers === "" : controllers!.split(",").includes(controller)) return path;
  }
  return null;
}

/**
 * Its own group first, then those above it, as far as they are mounted.
 * @param controller of version 1, or null for version 2
 */
export function groupFolders({ cgroup, mountinfo }: OwnFiles, controller: "memory" | null): readonly string[] {
  const path = groupPath(cgroup, controller);
  if (path === null) return [];
  for (const line of mountinfo.split("\n")) {
    // "36 35 98:0 /root /mount options - type source options", proc_pid_mountinfo(5).
    const [before, after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    const isIt = controller === null
      ? type === "cgroup2"
      : type === "cgroup" && options.split(",").includes(controller);
    if (!isIt) continue;
    const [, , , root, mount] = before!.split(" ");
    return foldersBetween(mount!, below(path, root!));
  }
  return [];
}

/** A path of the kernel's as seen from a mount that shows a part of it; what lies outside is not seen. */
function below(path: string, root: string): string {
  if (root === "/") return path;
  return path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : "/";
}

function foldersBetween(mount: string, path: string): string[] {
  const names = path.split("/").filter((name) => name !== "");
  return [...names, ""].map((_, at) => join(mount, ...names.slice(0, names.length - at)));
}
