/** What host and data thread tell each other: calls of a turn in one message, what they came to in another. */
import type { Plain } from "../protocol/binding_call.ts";

/** Operations of KV that change what is kept; the rest reads. */
export type KvWrite = "put" | "delete";

/** What a KV namespace is asked. */
export type KvOperation = KvWrite | "get" | "getMany" | "list" | "size" | "count";

/** Operations of R2 that change what is kept; the rest reads. */
export type R2Write = "r2.put" | "r2.delete" | "r2.create" | "r2.part" | "r2.complete" | "r2.abort";

/** What an R2 bucket is asked. */
export type R2Operation =
  | R2Write
  | "r2.keep"
  | "r2.head"
  | "r2.get"
  | "r2.list"
  | "r2.release"
  | "r2.size"
  | "r2.count";

/** Operations of queues that change what is kept; the rest reads. */
export type QueueWrite = "queue.send" | "queue.take" | "queue.settle" | "queue.remove" | "queue.purge";

/** What a queue is asked. */
export type QueueOperation = QueueWrite | "queue.peek" | "queue.read" | "queue.backlog" | "queue.info";

/** Operations of `Deno.openKv` that change what is kept; the rest reads. */
export type DenoKvWrite = "dkv.commit" | "dkv.take" | "dkv.finish" | "dkv.release";

/** What a file of `Deno.openKv` is asked. */
export type DenoKvOperation = DenoKvWrite | "dkv.read" | "dkv.list" | "dkv.size";

/** Begins and ends a store that is in memory alone. */
export type MemoryOperation = "dkv.open" | "dkv.drop";

/** Concerns two queues; the others concern the one store that a call names. */
export type QueueMove = "queue.move";

/** Concerns all stores that its argument, a {@linkcode RestorePlan} as JSON, names. */
export type StoreSwap = "swap";

/** What a store is asked. */
export type DataOperation =
  | KvOperation
  | R2Operation
  | QueueOperation
  | DenoKvOperation
  | QueueMove
  | MemoryOperation
  | StoreSwap;

/** One call. */
export interface DataCall {
  readonly id: number;
  /** Name of the store, which is that of its file; its folder tells what it is: `kv/cache`, `queues/jobs`. */
  readonly store: string;
  readonly operation: DataOperation;
  readonly args: readonly Plain[];
}

/** What a call came to. */
export type DataResult =
  | { readonly id: number; readonly values: readonly Plain[] }
  /** `told` errors are for the app, the others for the log. */
  | {
    readonly id: number;
    readonly error: { readonly name: string; readonly message: string; readonly code: string };
    readonly told: boolean;
  };
