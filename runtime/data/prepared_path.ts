/** Where the file of a store is, made private before SQLite opens it. */
import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { dirname, join } from "node:path";

/** The path of a store's file, which exists afterwards. */
export function preparedPath(folder: string, store: string): string {
  const path = join(folder, `${store}.db`);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Made here and not by SQLite, which would give it the umask's mode; its -wal and -shm files take over this mode.
  closeSync(openSync(path, "a", 0o600));
  chmodSync(path, 0o600);
  return path;
}
