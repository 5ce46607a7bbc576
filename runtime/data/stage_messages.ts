/** What the host and the thread of backups tell each other. */
import type { CheckAsk } from "./store_check.ts";
import type { Snapshot, SnapshotAsk } from "./store_snapshot.ts";

/** What is asked. */
export type StageAsk =
  | ({ readonly id: number; readonly ask: "snapshot" } & SnapshotAsk)
  | { readonly id: number; readonly ask: "measure"; readonly path: string }
  | ({ readonly id: number; readonly ask: "check" } & CheckAsk);

/** What it came to; `isBad` when it is the fault of what came in from outside. */
export type StageAnswer =
  | { readonly id: number; readonly snapshot: Snapshot | null }
  | { readonly id: number; readonly error: string; readonly isBad: boolean };
