/** The files of the data thread: opened when they are asked for, the least used closed again; runs what comes of a turn. */
import { messageOf } from "../errors.ts";
import { BindingError } from "../protocol/binding_call.ts";
import type { DataCall, DataResult } from "./data_messages.ts";
import { DenoKvFile } from "./deno_kv_file.ts";
import { MEMORY_STORES } from "./deno_kv_store.ts";
import { KvFile } from "./kv_file.ts";
import { preparedPath } from "./prepared_path.ts";
import { QueueFile } from "./queue_file.ts";
import { moveBack } from "./queue_move.ts";
import { R2File } from "./r2_file.ts";
import { type RestorePlan, swapStores } from "./restore_plan.ts";
import type { StoreFile } from "./store_file.ts";

/** Files open at once, of three descriptors each. */
const MAX_OPEN = 64;
/** Stands for the store of calls that concern several: they are no part of the transaction of any. */
const SEVERAL = "";

/** All stores below a folder. */
export class DataShelf implements Disposable {
  readonly #folder: string;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #open = new Map<string, StoreFile>();
  /** Stores that were open before. */
  readonly #seen = new Set<string>();

  /** @param now wall clock, ms since the epoch */
  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  /** Runs calls; the writes to one store are one transaction, and on the disk before any of them is answered. */
  run(calls: readonly DataCall[]): DataResult[] {
    return [...Map.groupBy(calls, storeOf)].flatMap(([store, own]) => this.runFirst(store, own, () => false));
  }

  /**
   * Runs the first of the calls on one store: their writes are one transaction.
   * @param isOver asked after each call, whether the rest is to wait
   * @returns what became of those that were run
   */
  runFirst(store: string, calls: readonly DataCall[], isOver: (call: DataCall) => boolean): DataResult[] {
    if (store === SEVERAL) {
      return runUntil(calls, isOver, (call) => call.operation === "swap" ? this.#swap(call) : this.#move(call));
    }
    try {
      if (store.startsWith(MEMORY_STORES)) return runUntil(calls, isOver, (call) => this.#runInMemory(call));
      const file = this.#file(store);
      // One that fails has changed nothing: KV's are single statements, the others have savepoints.
      const runAll = () => runUntil(calls, isOver, (call) => runOne(file, call));
      return calls.some(({ operation }) => file.isWrite(operation)) ? file.transaction(runAll) : runAll();
    } catch (error) {
      return calls.map(({ id }) => failed(id, error));
    }
  }

  [Symbol.dispose](): void {
    for (const file of this.#open.values()) file[Symbol.dispose]();
    this.#open.clear();
  }

  /** What is in memory begins and ends when it is said: nobody would end what begins again after its end. */
  #runInMemory(call: DataCall): DataResult {
    const { id, store, operation } = call;
    const known = this.#open.get(store);
    if (operation === "dkv.open") this.#open.set(store, known ?? new DenoKvFile(":memory:", this.#now));
    else if (operation === "dkv.drop") {
      known?.[Symbol.dispose]();
      this.#open.delete(store);
    } else if (known === undefined) return failed(id, new BindingError("Bad resource ID", { name: "BadResource" }));
    else return known.isWrite(operation) ? known.transaction(() => runOne(known, call)) : runOne(known, call);
    return { id, values: [] };
  }

  #move({ id, store, args: [to, ...args] }: DataCall): DataResult {
    try {
      const files = [this.#file(store), this.#file(`queues/${to}`)] as [QueueFile, QueueFile];
      return { id, values: moveBack(...files, [to!, ...args]) };
    } catch (error) {
      return failed(id, error);
    }
  }

  /** Other files take the place of those that there are. */
  #swap({ id, args }: DataCall): DataResult {
    try {
      const plan = JSON.parse(args[0] as string) as RestorePlan;
      for (const store of plan.stores) {
        this.#open.get(store)?.[Symbol.dispose]();
        this.#open.delete(store);
      }
      swapStores(this.#folder, plan);
      return { id, values: [] };
    } catch (error) {
      return failed(id, error);
    }
  }

  #file(store: string): StoreFile {
    const known = this.#open.get(store);
    if (known !== undefined) {
      this.#open.delete(store);
      this.#open.set(store, known);
      return known;
    }
    for (const [name, file] of this.#open) {
      if (this.#open.size < MAX_OPEN) break;
      if (file.isHeld) continue;
      this.#open.delete(name);
      file[Symbol.dispose]();
    }
    const file = this.#openFile(store, preparedPath(this.#folder, store));
    this.#open.set(store, file);
    return file;
  }

  #openFile(store: string, path: string): StoreFile {
    if (store.startsWith("queues/")) return new QueueFile(path);
    if (store.startsWith("deno_kv/")) return new DenoKvFile(path, this.#now);
    if (!store.startsWith("r2/")) return new KvFile(path, this.#now);
    const file = new R2File(path, { now: this.#now, isFirst: !this.#seen.has(store) });
    this.#seen.add(store);
    return file;
  }
}

/** The store whose turn a call waits for. */
export function storeOf({ store, operation }: DataCall): string {
  return operation === "queue.move" || operation === "swap" ? SEVERAL : store;
}

function runUntil(
  calls: readonly DataCall[],
  isOver: (call: DataCall) => boolean,
  run: (call: DataCall) => DataResult,
): DataResult[] {
  const results: DataResult[] = [];
  for (const call of calls) {
    results.push(run(call));
    if (isOver(call)) break;
  }
  return results;
}

function runOne(file: StoreFile, { id, operation, args }: DataCall): DataResult {
  try {
    return { id, values: file.run(operation, args) };
  } catch (error) {
    return failed(id, error);
  }
}

function failed(id: number, error: unknown): DataResult {
  if (error instanceof BindingError) {
    const { name, message, code } = error;
    return { id, error: { name, message, code }, told: true };
  }
  return { id, error: { name: "Error", message: messageOf(error), code: "" }, told: false };
}
