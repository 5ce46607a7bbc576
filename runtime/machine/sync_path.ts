/** Puts a file or a folder onto the disk: the names in a folder are what a power cut may lose. */
import { closeSync, fsyncSync, openSync } from "node:fs";

/** Returns when it is on the disk; for threads that may wait. */
export function syncPathSync(path: string): void {
  const opened = openSync(path, "r");
  try {
    fsyncSync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Settles when it is on the disk. */
export async function syncPath(path: string): Promise<void> {
  using opened = await Deno.open(path);
  await opened.sync();
}
