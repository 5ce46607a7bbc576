/** What a fleet keeps for its apps, as a node has it: in a thread of its own, within bounds, with errors that apps can read. */
import type { KvStore } from "../../data/kv_store.ts";
import type { OutsideKind, OutsideStores } from "../../data/outside_stores.ts";
import type { QueueStore } from "../../data/queue_store.ts";
import type { R2Store } from "../../data/r2_store.ts";
import { messageOf } from "../../errors.ts";
import { BindingError } from "../../protocol/binding_call.ts";
import { fleetUnavailable } from "../fleet_store.ts";
import type { DataAsk } from "../link_messages.ts";
import { DataLink, type DataLinkTools } from "./data_link.ts";
import { FleetR2 } from "./fleet_r2.ts";

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

const OUTSIDE_WORDS: Readonly<Record<OutsideKind, string>> = {
  kv: "KV namespace",
  r2: "R2 bucket",
  queue: "queue",
};

/** What it works with. */
export interface FleetDataTools extends DataLinkTools {
  readonly kinds: ReadonlySet<OutsideKind>;
}

/** The stores; nothing is started before the first call. */
export class FleetData implements OutsideStores {
  readonly kinds: ReadonlySet<OutsideKind>;
  readonly #link: DataLink;

  constructor({ kinds, ...tools }: FleetDataTools) {
    this.kinds = kinds;
    this.#link = new DataLink(tools);
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

  r2(name: string): R2Store {
    return new FleetR2(this.#link, name);
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
      return await this.#link.ask({ kind: "names", of: kind }, 0) as readonly string[];
    } catch (error) {
      throw fleetUnavailable(`list ${OUTSIDE_WORDS[kind]}s`, error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  async #stored(
    ask: Extract<DataAsk, { readonly kind: "kv" | "queue" }>,
    words: string,
    bytes: number,
  ): Promise<unknown> {
    try {
      return await this.#link.ask(ask, bytes);
    } catch (error) {
      if (error instanceof BindingError) throw error;
      const doubt = CHANGES.has(ask.method) ? "; the change may have been made all the same" : "";
      throw new BindingError(`${words}503 The engine of the fleet cannot be asked${doubt}`, {
        code: "FLEET_UNAVAILABLE",
        reason: `${OUTSIDE_WORDS[ask.kind]} "${ask.store}": ${messageOf(error)}`,
      });
    }
  }
}
