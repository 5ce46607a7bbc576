/** What `Deno.openKv` of an app keeps, as its binding uses it; the data thread keeps it, another engine may. */
import type { Plain } from "../protocol/binding_call.ts";
import type { DataThread } from "./data_thread.ts";

/** Entries as protocol/deno_kv.ts lays them out. */
type Packed = Uint8Array<ArrayBuffer>;

/** Which entries, in which order. */
export interface KvRange {
  /** The first key, and the one before which they end. */
  readonly first: Uint8Array;
  readonly end: Uint8Array;
  readonly limit: number;
  readonly reverse: boolean;
}

/** Databases of an app by name, "" for the one without a path. What was committed is on the disk when its promise settles. */
export interface DenoKvStore {
  /** Entries of keys, in their order. */
  read(space: string, keys: readonly Uint8Array[]): Promise<Packed>;
  /** A page; `isLast` when there is nothing after it. */
  list(space: string, range: KvRange): Promise<{ readonly isLast: boolean; readonly entries: Packed }>;
  /**
   * @param commit JSON of a KvCommit
   * @returns versionstamp null when a check did not hold
   * @throws {BindingError} what the app is told
   */
  commit(space: string, commit: string, maxBytes: number): Promise<{
    readonly versionstamp: string | null;
    readonly storedBytes: number;
  }>;
  /** The next message that is due; else when one will be, in ms since the epoch, or null. */
  take(space: string, listener: string): Promise<
    | { readonly id: number; readonly payload: Uint8Array }
    | { readonly id: null; readonly nextAt: number | null }
  >;
  /** A message was handled, or could not be. */
  finish(listener: string, id: number, isDone: boolean): Promise<void>;
  /** Puts back a message that a listener has taken, or null for all of them. */
  release(listener: string, id: number | null): Promise<void>;
  /** Begins one that is in memory alone. */
  open(): Promise<void>;
  /** Forgets what is in memory alone. */
  drop(): Promise<void>;
  /** Settles when something was committed after this call, or after so many ms, or when nobody waits any more. */
  changed(options: { readonly waitMs: number; readonly signal: AbortSignal }): Promise<void>;
}

/** Below this name stores are in memory. */
export const MEMORY_STORES = "memory/";

/** @param store name of a file, `deno_kv/APP`, or of none */
export function denoKvStore(thread: DataThread, store: string): DenoKvStore {
  const { changes, owner } = thread;
  const run = (operation: Parameters<DataThread["run"]>[1], args: readonly Plain[]) =>
    thread.run(store, operation, args);
  const leaseOf = (listener: string) => `${owner}/${listener}`;
  return {
    read: async (space, keys) => (await run("dkv.read", [space, ...keys]))[0] as Packed,
    async list(space, { first, end, limit, reverse }) {
      const [isLast, entries] = await run("dkv.list", [space, first, end, limit, reverse]);
      return { isLast: isLast as boolean, entries: entries as Packed };
    },
    async commit(space, commit, maxBytes) {
      const [versionstamp, storedBytes] = await run("dkv.commit", [space, maxBytes, commit]);
      if (versionstamp !== null) changes.tell(store);
      return { versionstamp: versionstamp as string | null, storedBytes: storedBytes as number };
    },
    async take(space, listener) {
      const [id, value] = await run("dkv.take", [space, leaseOf(listener)]);
      return id === null ? { id, nextAt: value as number | null } : { id: id as number, payload: value as Uint8Array };
    },
    async finish(listener, id, isDone) {
      await run("dkv.finish", [leaseOf(listener), id, isDone]);
      // It may be due again, or be an entry now.
      if (!isDone) changes.tell(store);
    },
    async release(listener, id) {
      await run("dkv.release", [leaseOf(listener), id]);
      changes.tell(store);
    },
    async open() {
      await run("dkv.open", []);
    },
    async drop() {
      await run("dkv.drop", []);
    },
    changed: ({ waitMs, signal }) => changes.next(store, waitMs, signal),
  };
}
