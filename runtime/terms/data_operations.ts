/** What people do with the data of apps; each kind of store has its own part. */
import type { BackupOperations } from "./backup_operations.ts";
import type { D1Operations } from "./d1_operations.ts";
import type { KvOperations } from "./kv_operations.ts";
import type { QueueOperations } from "./queue_operations.ts";
import type { R2Operations } from "./r2_operations.ts";

/** The stores of apps as an operator looks at them: by the same threads and processes as the apps' bindings. */
export interface DataOperations {
  /** KV namespaces. */
  readonly kv: KvOperations;
  /** D1 databases. */
  readonly d1: D1Operations;
  /** R2 buckets. */
  readonly r2: R2Operations;
  /** Queues. */
  readonly queues: QueueOperations;
  /** All of them as a whole. */
  readonly backups: BackupOperations;
}
