/** The host's end of the data thread: sends a turn's calls in one message, starts the thread when the first one comes. */
import { inTime } from "../deadline.ts";
import { BindingError, type Plain } from "../protocol/binding_call.ts";
import type { DataCall, DataOperation, DataResult } from "./data_messages.ts";
import { KvCache } from "./kv_cache.ts";
import { StoreChanges } from "./store_changes.ts";
import type { RestorePlan } from "./restore_plan.ts";

/** Closing files checkpoints them; after this long the thread is ended as a crash would, which loses nothing either. */
const CLOSE_MS = 5_000;

interface Waiting {
  readonly resolve: (values: readonly Plain[]) => void;
  readonly reject: (error: Error) => void;
}

/** A worker's part that is needed here. */
interface Thread {
  postMessage(message: unknown): void;
  terminate(): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** Runs calls on stores below a folder. */
export class DataThread implements AsyncDisposable {
  /** Of what it keeps: whoever reads or writes KV entries does it through this. */
  readonly kvCache: KvCache = new KvCache(Date.now);
  /** Of what it keeps for `Deno.openKv`. */
  readonly changes: StoreChanges = new StoreChanges();
  /** Of this process, in what its listeners have taken. */
  readonly owner: string = crypto.randomUUID();
  readonly #folder: string;
  readonly #spawn: () => Thread;
  readonly #waiting = new Map<number, Waiting>();
  #thread: Thread | null = null;
  #calls: DataCall[] = [];
  #next = 1;
  #closing: Promise<void> | null = null;
  #closed: (() => void) | null = null;

  /** @param folder absolute; made by the first write */
  constructor(folder: string, spawn: () => Thread = () => spawnFor(folder)) {
    this.#folder = folder;
    this.#spawn = spawn;
  }

  /**
   * Runs a call; a write is on the disk when it settles.
   * @throws {BindingError} what the app is told
   */
  run(store: string, operation: DataOperation, args: readonly Plain[]): Promise<readonly Plain[]> {
    if (this.#closing !== null) return Promise.reject(new Error("Cannot use a store: NANO is going away"));
    return new Promise((resolve, reject) => {
      const id = this.#next++;
      this.#waiting.set(id, { resolve, reject });
      this.#calls.push({ id, store, operation, args });
      if (this.#calls.length === 1) setImmediate(this.#flush);
    });
  }

  /** Puts other files in the place of those of stores, all or none; nobody else may have one of them open. */
  async swap(plan: RestorePlan): Promise<void> {
    await this.run("", "swap", [JSON.stringify(plan)]);
    for (const store of plan.stores) {
      if (store.startsWith("kv/")) this.kvCache.forget(store.slice("kv/".length));
      this.changes.tell(store);
    }
  }

  /** Closes every file. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#flush();
    const thread = this.#thread;
    if (thread === null) return;
    const closed = Promise.withResolvers<void>();
    this.#closed = closed.resolve;
    thread.postMessage("close");
    await inTime(closed.promise, CLOSE_MS);
    thread.terminate();
    this.#failAll("NANO is going away");
  }

  readonly #flush = (): void => {
    const calls = this.#calls;
    if (calls.length === 0) return;
    this.#calls = [];
    this.#thread ??= this.#start();
    this.#thread.postMessage(calls);
  };

  #start(): Thread {
    const thread = this.#spawn();
    thread.onmessage = ({ data }: MessageEvent<readonly DataResult[] | "closed">) => {
      if (data === "closed") this.#closed?.();
      else for (const result of data) this.#settle(result);
    };
    thread.onerror = (event) => {
      event.preventDefault();
      // The next call starts another one: all that was acknowledged is on the disk.
      if (this.#thread === thread) this.#thread = null;
      thread.terminate();
      this.#failAll(event.message);
      this.#closed?.();
    };
    thread.postMessage({ folder: this.#folder });
    return thread;
  }

  #settle(result: DataResult): void {
    const waiting = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    if ("values" in result) waiting?.resolve(result.values);
    else {
      const { name, message, code } = result.error;
      waiting?.reject(result.told ? new BindingError(message, { name, code }) : new Error(message));
    }
  }

  #failAll(why: string): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(new Error(`Cannot go on with the data thread: ${why}`));
  }
}

function spawnFor(folder: string): Thread {
  return new Worker(new URL("./data_worker.ts", import.meta.url), {
    type: "module",
    name: "nano-data",
    deno: { permissions: { read: [folder], write: [folder] } },
  });
}
