/** What a fleet keeps for its apps, as a node has it: in a thread of its own, within bounds, with errors that apps can read. */
import { type Clock, systemClock } from "../../clock.ts";
import type { KvStore } from "../../data/kv_store.ts";
import type { OutsideKind, OutsideStores } from "../../data/outside_stores.ts";
import type { QueueStore } from "../../data/queue_store.ts";
import { messageOf } from "../../errors.ts";
import { BindingError } from "../../protocol/binding_call.ts";
import type { NatsEngine } from "../engine_config.ts";
import { fleetUnavailable } from "../fleet_store.ts";
import type { DataAsk, LinkAnswer } from "../link_messages.ts";
import { LinkThread, type Thread } from "../link_thread.ts";

/** Beyond the deadline of the thread, which it keeps as long as it lives. */
const MARGIN_MS = 5_000;
/** Calls of all apps that wait for the engine at once: sixteen isolates that each have as many as they may. */
const MAX_CALLS = 4_096;
/** Bytes of values on their way to the engine at once: ten of the longest. */
const MAX_BYTES = 10 * 25 * 1024 * 1024;

/** What an app's call is called in its errors, as on Workers. */
const KV_WORDS = {
  get: "GET",
  getMany: "GET_BULK",
  put: "PUT",
  delete: "DELETE",
  list: "GET",
  count: "COUNT",
} as const;
const CHANGES: ReadonlySet<string> = new Set<keyof KvStore | keyof QueueStore>([
  "put",
  "delete",
  "send",
  "settle",
  "remove",
  "moveBack",
  "purge",
]);

const OUTSIDE_WORDS: Readonly<Record<OutsideKind, string>> = { kv: "KV namespace", queue: "queue" };

/** What it works with. */
export interface FleetDataTools {
  readonly engine: NatsEngine;
  readonly kinds: ReadonlySet<OutsideKind>;
  /** Hears of queues that something was sent to; null when it may have been to any. */
  readonly onSent: (queue: string | null) => void;
  /** Why what the engine holds is not this node's fleet, or null when it is. */
  readonly foreign: () => string | null;
  readonly clock?: Clock;
  readonly spawn?: () => Thread;
}

/** The stores; nothing is started before the first call. */
export class FleetData implements OutsideStores {
  readonly kinds: ReadonlySet<OutsideKind>;
  readonly #foreign: () => string | null;
  readonly #thread: LinkThread;
  readonly #callMs: number;
  #calls = 0;
  #bytes = 0;

  constructor({ engine, kinds, onSent, foreign, clock = systemClock, spawn = spawnDataLink }: FleetDataTools) {
    this.kinds = kinds;
    this.#foreign = foreign;
    this.#thread = new LinkThread(engine, { clock, spawn, onSent, onChanged: () => onSent(null) });
    this.#callMs = engine.times.callMs + MARGIN_MS;
  }

  kv(name: string): KvStore {
    const call = <Method extends keyof KvStore>(method: Method, args: Parameters<KvStore[Method]>, bytes = 0) =>
      this.#stored({ kind: "kv", store: name, method, args }, `KV ${KV_WORDS[method]} failed: `, bytes) as ReturnType<
        KvStore[Method]
      >;
    return {
      get: (...args) => call("get", args),
      getMany: (...args) => call("getMany", args),
      put: (...args) => call("put", args, args[1].byteLength),
      delete: (...args) => call("delete", args),
      list: (...args) => call("list", args),
      count: (...args) => call("count", args),
    };
  }

  queue(name: string): QueueStore {
    const call = <Method extends keyof QueueStore>(method: Method, args: Parameters<QueueStore[Method]>, bytes = 0) =>
      // What was called is said by who calls: bindings, consumers, people.
      this.#stored({ kind: "queue", store: name, method, args }, "", bytes) as ReturnType<QueueStore[Method]>;
    return {
      send: (...args) => call("send", args, args[0].reduce((sum, { body }) => sum + body.byteLength, 0)),
      take: (...args) => call("take", args),
      settle: (...args) => call("settle", args),
      peek: (...args) => call("peek", args),
      read: (...args) => call("read", args),
      remove: (...args) => call("remove", args),
      moveBack: (...args) => call("moveBack", args),
      purge: (...args) => call("purge", args),
      backlog: (...args) => call("backlog", args),
      info: (...args) => call("info", args),
    };
  }

  async names(kind: OutsideKind): Promise<readonly string[]> {
    try {
      return await this.#ask({ kind: "names", of: kind }, 0) as readonly string[];
    } catch (error) {
      throw fleetUnavailable(`list ${OUTSIDE_WORDS[kind]}s`, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }

  async #stored(ask: Exclude<DataAsk, { readonly kind: "names" }>, words: string, bytes: number): Promise<unknown> {
    try {
      return await this.#ask(ask, bytes);
    } catch (error) {
      if (error instanceof BindingError) throw error;
      const doubt = CHANGES.has(ask.method) ? "; the change may have been made all the same" : "";
      throw new BindingError(`${words}503 The engine of the fleet cannot be asked${doubt}`, {
        code: "FLEET_UNAVAILABLE",
        reason: `${OUTSIDE_WORDS[ask.kind]} "${ask.store}": ${messageOf(error)}`,
      });
    }
  }

  /** @throws {BindingError} what the store refuses */
  async #ask(data: DataAsk, bytes: number): Promise<unknown> {
    const foreign = this.#foreign();
    if (foreign !== null) throw new Error(foreign);
    if (this.#calls >= MAX_CALLS || this.#bytes + bytes > MAX_BYTES) {
      throw new Error(`${this.#calls} calls with ${this.#bytes} bytes wait for the engine already`);
    }
    this.#calls++;
    this.#bytes += bytes;
    try {
      using exchange = await this.#thread.exchange(this.#callMs);
      exchange.send({ data });
      return valueOf(await exchange.next(this.#callMs));
    } finally {
      this.#calls--;
      this.#bytes -= bytes;
    }
  }
}

function valueOf(answer: LinkAnswer & { readonly id: number }): unknown {
  if ("value" in answer) return answer.value;
  if ("refusal" in answer) {
    const { message, ...options } = answer.refusal;
    throw new BindingError(message, options);
  }
  throw new Error("error" in answer ? answer.error : "the engine's client answered something else");
}

/** A real one. It may reach servers, and nothing else of the system. */
function spawnDataLink(): Thread {
  return new Worker(new URL("./data_link_worker.ts", import.meta.url), {
    type: "module",
    name: "nano-fleet-data",
    deno: { permissions: { net: true } },
  });
}
