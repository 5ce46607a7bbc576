/** Stores that are kept outside of this host, for all that ask there. */
import type { KvStore } from "./kv_store.ts";

/** Another engine than the data thread. */
export interface OutsideStores extends AsyncDisposable {
  /** A namespace; nothing is asked, and nothing is made before the first write. */
  kv(name: string): KvStore;
  /**
   * Names of the namespaces that hold something, or held it.
   * @throws {NanoError} FLEET_UNAVAILABLE
   */
  namespaces(): Promise<readonly string[]>;
}
