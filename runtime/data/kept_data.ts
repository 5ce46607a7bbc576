/** Where the data of apps are kept: by this host's threads and processes, or outside, where other hosts see the same. */
import { DataThread } from "./data_thread.ts";
import { type KvStore, kvStore } from "./kv_store.ts";
import type { OutsideKind, OutsideStores } from "./outside_stores.ts";
import { QueueHub } from "./queue_hub.ts";
import { queueStore } from "./queue_store.ts";
import { R2Engine } from "./r2_engine.ts";
import type { R2Store } from "./r2_store.ts";
import { SqlPool } from "./sql_pool.ts";

/** All stores of a host. */
export class KeptData implements AsyncDisposable {
  /** Absolute. */
  readonly folder: string;
  readonly thread: DataThread;
  readonly sql: SqlPool;
  readonly buckets: R2Engine;
  readonly queues: QueueHub;
  /** What a fleet keeps for all its nodes; null when everything stays here. Set before any app is started. */
  outside: OutsideStores | null = null;

  /** @param folder absolute; made by the first write */
  constructor(folder: string) {
    this.folder = folder;
    this.thread = new DataThread(folder);
    this.sql = new SqlPool(folder);
    this.buckets = new R2Engine(folder, this.thread);
    this.queues = new QueueHub((name) => this.outsideOf("queue")?.queue(name) ?? queueStore(this.thread, name));
  }

  /** Who keeps stores of a kind outside; null when files of this host have them. */
  outsideOf(kind: string): OutsideStores | null {
    return this.outside?.kinds.has(kind as OutsideKind) ? this.outside : null;
  }

  /** The KV namespace of a name, wherever it is kept. */
  kv(name: string): KvStore {
    return this.outsideOf("kv")?.kv(name) ?? kvStore(this.thread, name);
  }

  /** The bucket of a name, in the same way. */
  r2(name: string): R2Store {
    return this.outsideOf("r2")?.r2(name) ?? this.buckets.store(name);
  }

  /** Closes everything; nobody may call meanwhile. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.buckets[Symbol.dispose]();
    await Promise.all([
      this.outside?.[Symbol.asyncDispose](),
      this.thread[Symbol.asyncDispose](),
      this.sql[Symbol.asyncDispose](),
    ]);
  }
}
