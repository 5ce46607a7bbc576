/** What a fleet keeps for its apps on NATS servers, by a connection of its own: apps' calls hold no node's up. */
import type { KvStore } from "../../data/kv_store.ts";
import type { OutsideKind } from "../../data/outside_stores.ts";
import type { QueueStore } from "../../data/queue_store.ts";
import type { NatsEngine } from "../engine_config.ts";
import { hint, listenTo } from "../nats_hints.ts";
import { NatsSession } from "../nats_session.ts";
import { NatsKv } from "./nats_kv.ts";
import { NatsQueue } from "./nats_queue.ts";
import { NatsR2 } from "./nats_r2.ts";
import { PatientCalls } from "./patient_calls.ts";
import { QueueOwners } from "./queue_owners.ts";
import { bucketNames, kvNames, queueNames, storeOfStream } from "./store_names.ts";

/** Everything; nothing is asked before the first call. */
export class NatsData implements AsyncDisposable {
  readonly #engine: NatsEngine;
  readonly #session: NatsSession;
  readonly #calls: PatientCalls;
  readonly #owners: QueueOwners;
  readonly #namespaces = new Map<string, NatsKv>();
  readonly #buckets = new Map<string, NatsR2>();
  readonly #queues = new Map<string, NatsQueue>();

  /** @param onSent hears of queues that something was sent to; null when it may have been to any */
  constructor(engine: NatsEngine, onSent: (queue: string | null) => void) {
    this.#engine = engine;
    this.#session = new NatsSession(engine, ({ connection }) => {
      listenTo(connection, sentSubject(engine), onSent);
      return Promise.resolve();
    });
    this.#calls = new PatientCalls(this.#session, engine.times.callMs);
    this.#owners = new QueueOwners({ calls: this.#calls, engine });
  }

  /** Nodes name no more than their apps have. */
  kv(name: string): KvStore {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    const { space, replicas } = this.#engine;
    const store = new NatsKv({ calls: this.#calls, names: kvNames(space, name), replicas, now: Date.now });
    this.#namespaces.set(name, store);
    return store;
  }

  /** The same of buckets. */
  r2(name: string): NatsR2 {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const { space, replicas } = this.#engine;
    const store = new NatsR2({ calls: this.#calls, names: bucketNames(space, name), replicas, now: Date.now });
    this.#buckets.set(name, store);
    return store;
  }

  /** The same of queues. */
  queue(name: string): QueueStore {
    return this.#queue(name);
  }

  /** Names of all that there are. */
  async names(kind: OutsideKind): Promise<readonly string[]> {
    return await this.#calls.call("list stores", async ({ jsm }) => {
      const names: string[] = [];
      for await (const stream of jsm.streams.names()) {
        const name = storeOfStream(this.#engine.space, kind, stream);
        if (name !== null) names.push(name);
      }
      return names;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owners[Symbol.asyncDispose]();
    await this.#session[Symbol.asyncDispose]();
  }

  #queue(name: string): NatsQueue {
    const known = this.#queues.get(name);
    if (known !== undefined) return known;
    const { space, replicas } = this.#engine;
    const queue = new NatsQueue({
      ...{ calls: this.#calls, names: queueNames(space, name), name, replicas, owners: this.#owners },
      hint: ({ connection }, queue) => hint(connection, sentSubject(this.#engine), queue),
      open: (other) => this.#queue(other),
    });
    this.#queues.set(name, queue);
    return queue;
  }
}

function sentSubject({ space }: NatsEngine): string {
  return `${space}.sent`;
}
