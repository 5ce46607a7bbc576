/** What a node and the thread of its engine's client tell each other. */
import type { KvStore } from "../data/kv_store.ts";
import type { OutsideKind } from "../data/outside_stores.ts";
import type { QueueStore } from "../data/queue_store.ts";
import type { Extent } from "../data/r2_condition.ts";
import type { R2Found, R2Store } from "../data/r2_store.ts";
import type { EngineConfig } from "./engine_config.ts";
import type { FleetRecord, FleetStore } from "./fleet_store.ts";

/** Methods with one answer. */
export type LinkMethod =
  | "head"
  | "found"
  | "write"
  | "removeBlobs"
  | "lease"
  | "release"
  | "claim"
  | "announce"
  | "nodes";

/** What is answered with pieces, each when it is asked for. */
export type LinkReading =
  | { readonly read: "since"; readonly revision: number }
  | { readonly read: "blob"; readonly sha256: string };

/** What is asked of the stores of apps, whose methods are asked as they are called. */
export type DataAsk =
  | { readonly kind: "kv"; readonly store: string; readonly method: keyof KvStore; readonly args: readonly unknown[] }
  | {
    readonly kind: "queue";
    readonly store: string;
    readonly method: keyof QueueStore;
    readonly args: readonly unknown[];
  }
  /** Without signals; a body comes by pieces, and what is found to be long goes so. */
  | { readonly kind: "r2"; readonly store: string; readonly method: keyof R2Store; readonly args: readonly unknown[] }
  | { readonly kind: "names"; readonly of: OutsideKind };

/** What a get of a bucket is answered: what it came to, or what is to be read piece by piece. */
export type R2Asked = R2Found | { readonly entry: string; readonly streamed: Extent };

/** What an app is to be told, in the words of its store. */
export interface DataRefusal {
  readonly name: string;
  readonly message: string;
  readonly code: string;
}

/** From the node; `id` is of the call. */
export type LinkAsk =
  /** The first one. */
  | { readonly open: EngineConfig }
  | { readonly id: number; readonly method: LinkMethod; readonly args: readonly unknown[] }
  | ({ readonly id: number } & LinkReading)
  /** The next piece of what is read, or no more of it. */
  | { readonly id: number; readonly next: "piece" | "stop" }
  | { readonly id: number; readonly put: string }
  /** To the thread of apps' data, which is asked nothing else. */
  | { readonly id: number; readonly data: DataAsk }
  /** A piece of what is put; `null` after the last one. */
  | { readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> | null }
  /** What is put has broken off. */
  | { readonly id: number; readonly broken: string }
  | { readonly ping: number }
  | "close";

/** From the thread. */
export type LinkAnswer =
  | { readonly id: number; readonly value: unknown }
  /** `code` of a NanoError, if it was one. */
  | { readonly id: number; readonly error: string; readonly code: "FLEET_UNAVAILABLE" | "USAGE" | null }
  | { readonly id: number; readonly refusal: DataRefusal }
  /** Whether there is anything to read. */
  | { readonly id: number; readonly isThere: boolean }
  /** A piece of what is read; `null` after the last one. */
  | { readonly id: number; readonly piece: readonly FleetRecord[] | Uint8Array<ArrayBuffer> | null }
  /** Asks for a piece of what is put. */
  | { readonly id: number; readonly wants: "bytes" }
  | { readonly pong: number }
  /** Something was sent to a queue; to any, perhaps, when it is null. */
  | { readonly sentTo: string | null }
  | "changed"
  | "closed";

/** Runs a method, whose arguments came by message from the same build of NANO. */
export function runMethod(store: FleetStore, method: LinkMethod, args: readonly unknown[]): Promise<unknown> {
  const run = store[method] as (...args: readonly unknown[]) => Promise<unknown>;
  return run.apply(store, args as unknown[]);
}
