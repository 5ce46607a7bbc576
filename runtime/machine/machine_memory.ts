/** How much memory the apps may take when nobody says: three quarters of what the machine, or the cgroup, has. */

/** The rest is for the host itself, its files in the page cache, and whoever else lives on the machine. */
const APPS_PART = 0.75;
/** Limits of the cgroup that the process is in: version 2, version 1. A container sees its own at these places. */
const CGROUP_LIMITS = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];

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
  let least = totalBytes;
  for (const path of CGROUP_LIMITS) {
    try {
      // "max" is no number, and version 1 says "no limit" with one near 2^63.
      const bytes = Number(read(path).trim());
      if (bytes > 0) least = Math.min(least, bytes);
    } catch {
      // The other version, or another system.
    }
  }
  return Math.floor(APPS_PART * least);
}
