/** How much memory the apps may take when nobody says: three quarters of what the machine, or the cgroup, has. */
import { groupFolders, readOwnFiles } from "./own_groups.ts";

/** The rest is for the host itself, its files in the page cache, and whoever else lives on the machine. */
const APPS_PART = 0.75;
/** Limits of a cgroup: version 2, and version 1 by its controller. Those of the groups above hold as well. */
const CGROUP_LIMITS = [[null, "memory.max"], ["memory", "memory.limit_in_bytes"]] as const;

/**
 * Bytes for all apps together.
 *
 * @param totalBytes what the machine has
 * @param read gives the text of a file; throws when there is none
 */
export function defaultCeilingBytes(
  totalBytes: number = Deno.systemMemoryInfo().total,
  read: (path: string) => string = Deno.readTextFileSync,
): number {
  const own = readOwnFiles(read);
  const files = own === null
    ? []
    : CGROUP_LIMITS.flatMap(([controller, name]) => groupFolders(own, controller).map((folder) => `${folder}/${name}`));
  let least = totalBytes;
  for (const path of files) {
    try {
      // "max" is no number, and version 1 says "no limit" with one near 2^63.
      const bytes = Number(read(path).trim());
      if (bytes > 0) least = Math.min(least, bytes);
    } catch {
      // The group at the top has none.
    }
  }
  return Math.floor(APPS_PART * least);
}
