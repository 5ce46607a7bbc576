/** What a call of a binding is made of, on both sides of the wall. */

/** The kinds of binding: the compiler asks for a row of each in units/binding_hosts.ts and isolate/binding_objects.ts. */
export type BindingKind = "assets" | "kv" | "d1" | "queue" | "r2" | "rate_limit" | "service" | "deno_kv";

/** What crosses by value: neither objects nor lists, so that nothing has to be looked for in them. */
export type Plain = null | boolean | number | string | Uint8Array;

/** A body beside the values. */
export type CallBody = string | Uint8Array | ReadableStream<Uint8Array> | null;

/** What a call comes to. */
export interface CallAnswer {
  readonly values: readonly Plain[];
  readonly body: CallBody;
}

/** A call as the host gets it: its types were looked at, what it says was not. */
export interface BindingCall {
  readonly method: string;
  readonly args: readonly Plain[];
  readonly body: CallBody;
  /** Aborts when the app wants no answer any more, when the call takes too long, and when the isolate ends. */
  readonly signal: AbortSignal;
  /** Header block of the trace context in which the app calls, as its isolate says; missing or "" without any. */
  readonly trace?: string;
}

/** What a binding does in the host, for one app. */
export interface BindingHost extends Disposable {
  /** Names that it answers to. */
  readonly methods: readonly string[];
  /** What its store holds, once that is known; missing where it has none. */
  readonly storedBytes?: number | null;
  /** Whether each of its calls ends in time by itself; others are given up (wall/binding_bridge.ts). */
  readonly hasOwnDeadline?: boolean;
  /**
   * What is in the host's memory is answered at once: each promise on the way costs as much as to look it up.
   * @throws {BindingError} what the app is told; of anything else it learns only that it happened
   */
  call(call: BindingCall): CallAnswer | Promise<CallAnswer>;
}

/** What a call has beside its arguments. */
export interface CallOptions {
  /** Streamed when it is a stream. */
  readonly body?: CallBody;
  /** Whether bytes of it stay as they are, so that long ones are sent without a copy. */
  readonly isOwn?: boolean;
  /** Gives the call up. */
  readonly signal?: AbortSignal | undefined;
}

/** How the isolate's part of a binding reaches its host's part. */
export interface BindingPort {
  call(method: string, args: readonly Plain[], options?: CallOptions): Promise<CallAnswer>;
  /** As `fetch`; arrives as the method "fetch" with {@linkcode FetchArgs}, and is answered with {@linkcode FetchedValues}. */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>;
  /**
   * Calls a method of another app, or reads a property: arrives as the method "call" or "get" with {@linkcode InvokeArgs}.
   * @param args of the call; null to read a property
   */
  invoke(path: readonly string[], args: readonly unknown[] | null): Promise<unknown>;
}

/** Arguments of a call that stands for a request. */
export type FetchArgs = readonly [method: string, url: string, headers: string, depth: number];

/** Arguments of a call that stands for a method of another app, whose own arguments are the body. */
export type InvokeArgs = readonly [depth: number, ...path: string[]];

/** Values that stand for its response. */
export type FetchedValues = readonly [status: number, headers: string];

/** An error that the app is told, with its name, message and code. */
export class BindingError extends Error {
  override readonly name: string;
  /** What code may look at; "" for none. */
  readonly code: string;
  /** Why the host could not do it, for its log alone; null for what was refused. */
  readonly reason: string | null;

  constructor(message: string, { name = "Error", code = "", reason = null }: {
    readonly name?: string;
    readonly code?: string;
    readonly reason?: string | null;
  } = {}) {
    super(message);
    this.name = name;
    this.code = code;
    this.reason = reason;
  }
}

/** Ids of calls begin here, so that their streams meet neither those of requests nor those of fetches. */
export const FIRST_CALL_ID = 2 ** 30;

/** Calls of one isolate that wait for their answer at once; those beyond wait inside for their turn. */
export const MAX_CALLS = 256;

/** Text and bytes in the arguments of a call; what is longer belongs into its body. 100 keys of KV take 50 KiB. */
export const MAX_ARG_SIZE = 256 * 1024;
