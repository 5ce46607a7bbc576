/** Stores that are kept outside of this host, for all that ask there. */
import type { KvStore } from "./kv_store.ts";
import type { QueueStore } from "./queue_store.ts";
import type { R2Store } from "./r2_store.ts";

/** Kinds of stores that may be kept so. */
export type OutsideKind = "kv" | "r2" | "queue";

/** Another engine than the data thread. */
export interface OutsideStores extends AsyncDisposable {
  /** What it keeps; stores of other kinds are of no use. */
  readonly kinds: ReadonlySet<OutsideKind>;
  /** A namespace; nothing is asked, and nothing is made before the first write. */
  kv(name: string): KvStore;
  /** A bucket, in the same way. */
  r2(name: string): R2Store;
  /** A queue, in the same way. */
  queue(name: string): QueueStore;
  /**
   * Names of the stores of a kind that hold something, or held it.
   * @throws {NanoError} FLEET_UNAVAILABLE
   */
  names(kind: OutsideKind): Promise<readonly string[]>;
}
