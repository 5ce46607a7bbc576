/** `Deno.openKv` and its classes, put on the app's `Deno` before the app runs. */
import { AtomicOperation } from "./kv/atomic.ts";
import { Kv, type KvDatabaseTools, openKv } from "./kv/database.ts";
import { KvListIterator } from "./kv/list.ts";
import { KvU64 } from "./kv/values.ts";

/** Nothing is asked of the host until a database is opened. */
export function install(deno: object, tools: KvDatabaseTools): void {
  const members = { openKv: (path?: unknown) => openKv(path, tools), Kv, KvU64, AtomicOperation, KvListIterator };
  for (const [name, value] of Object.entries(members)) {
    Object.defineProperty(deno, name, { value, writable: true, enumerable: true, configurable: true });
  }
}
