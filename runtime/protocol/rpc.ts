/** What calls of methods between apps are made of, on both sides of the wall. */

/** Text and bytes of the arguments of a call, or of what it comes to; streams in them come on top. As on Workers. */
export const MAX_RPC_BYTES = 32 * 1024 * 1024;

/** Apps between a client and a request; Cloudflare allows 16 as well. */
export const MAX_RPC_DEPTH = 16;

/** `env.OTHER.a.b()` has two. */
export const MAX_RPC_PATH = 32;

/** Of one name in a path. */
export const MAX_RPC_NAME = 1_000;

/** What is asked of another app: an answer to a request, the result of a method, the value of a property. */
export type EntryOperation = "fetch" | "call" | "get";

/** How a request enters an app that another app asks. */
export interface CalledEntry {
  /** Name among the exports. */
  readonly entrypoint: string;
  /** JSON of the caller's `props`, or "" without. */
  readonly props: string;
  readonly operation: EntryOperation;
  /** JSON of the names that lead from the entrypoint to what is asked for; "" for a request. */
  readonly path: string;
  /** How many apps stand between a client and this one. */
  readonly depth: number;
}

/** Status of an answer that holds what a method came to. */
export const RPC_RETURNED = 200;
/** Status of an answer that holds what a method threw. */
export const RPC_THREW = 500;
