/** What a fleet keeps for its apps on NATS servers, by a connection of its own: apps' calls hold no node's up. */
import type { KvStore } from "../../data/kv_store.ts";
import type { NatsEngine } from "../engine_config.ts";
import { NatsSession } from "../nats_session.ts";
import { kvNames, namespaceOf } from "./kv_names.ts";
import { NatsKv } from "./nats_kv.ts";
import { PatientCalls } from "./patient_calls.ts";

/** Everything; nothing is asked before the first call. */
export class NatsData implements AsyncDisposable {
  readonly #engine: NatsEngine;
  readonly #session: NatsSession;
  readonly #calls: PatientCalls;
  readonly #namespaces = new Map<string, NatsKv>();

  constructor(engine: NatsEngine) {
    this.#engine = engine;
    this.#session = new NatsSession(engine, () => Promise.resolve());
    this.#calls = new PatientCalls(this.#session, engine.times.callMs);
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

  /** Names of all that there are. */
  async namespaces(): Promise<readonly string[]> {
    return await this.#calls.call("list KV namespaces", async ({ jsm }) => {
      const names: string[] = [];
      for await (const stream of jsm.streams.names()) {
        const name = namespaceOf(this.#engine.space, stream);
        if (name !== null) names.push(name);
      }
      return names;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
  }
}
