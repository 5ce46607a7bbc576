/** What host and data thread tell each other: calls of a turn in one message, what they came to in another. */
import type { Plain } from "../protocol/binding_call.ts";

/** Operations that change what is kept; the rest reads. */
export type DataWrite = "put" | "delete";

/** What a store is asked. */
export type DataOperation = DataWrite | "get" | "getMany" | "list" | "size";

/** One call. */
export interface DataCall {
  readonly id: number;
  /** Name of the store, which is that of its file. */
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
