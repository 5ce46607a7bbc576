/** A node's way to the engine in the simulator: slow, cut, stale, and gone with the node. */
import type { Clock } from "../../runtime/clock.ts";
import {
  type FleetHead,
  type FleetRecord,
  type FleetStore,
  fleetUnavailable,
  type HeardReport,
  type NewRecord,
  type NodeReport,
  type WriteBase,
  type WriteOutcome,
} from "../../runtime/fleet/fleet_store.ts";
import type { MemoryEngine } from "../../runtime/fleet/memory_store.ts";
import type { SeededRandom } from "../support/seeded_random.ts";

/** How long a call of an engine that gives no answer takes to fail: the contract's 15 s at most. */
const LOST_MS = 15_000;

/** What is wrong between the nodes and the engine now. */
export interface Weather {
  /** One call in so many is lost on its way, or its answer is; 0: none. */
  lostOneIn: number;
  /** One read in so many meets a server that is behind; 0: none. */
  staleOneIn: number;
  /** How long a call is on its way, and its answer, at most. */
  wayMs: number;
}

/** What a way is made of. */
export interface WayTools {
  readonly engine: MemoryEngine;
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly weather: Weather;
  /** Whether the node that asks is no more: then nothing comes back. */
  readonly isDead: () => boolean;
  /** What the engine's newest revision was a while ago. */
  readonly staleRevision: () => number;
}

/** The way of one node's life. */
export class SimLink implements FleetStore {
  readonly engine = "memory";
  readonly #tools: WayTools;
  readonly #store: FleetStore;

  constructor(tools: WayTools) {
    this.#tools = tools;
    this.#store = tools.engine.open();
  }

  head(): Promise<FleetHead> {
    return this.#call(async () => {
      const head = await this.#store.head();
      return this.#isStale() ? { ...head, revision: Math.min(head.revision, this.#tools.staleRevision()) } : head;
    });
  }

  found(epoch: string, replacing?: string | null): Promise<boolean> {
    return this.#call(() => this.#store.found(epoch, replacing));
  }

  async *since(revision: number): AsyncGenerator<FleetRecord, void> {
    const { random, staleRevision, weather } = this.#tools;
    const until = this.#isStale() ? staleRevision() : Infinity;
    const records = await this.#call(() => Array.fromAsync(this.#store.since(revision)));
    for (const record of records) {
      if (record.revision > until) return;
      yield record;
      if (weather.lostOneIn > 0 && random.oneIn(weather.lostOneIn * 4)) throw unavailable();
    }
  }

  write(record: NewRecord, expected: WriteBase): Promise<WriteOutcome> {
    return this.#call(() => this.#store.write(record, expected));
  }

  putBlob(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void> {
    // What is in it is nobody's matter here.
    return this.#call(async () => {
      await archive.cancel();
      this.#tools.engine.reach("keep an archive");
      this.#tools.engine.keepBlob(sha256, []);
    });
  }

  getBlob(sha256: string): Promise<ReadableStream<Uint8Array> | null> {
    return this.#call(() => this.#store.getBlob(sha256));
  }

  removeBlobs(keep: ReadonlySet<string>): Promise<number> {
    return this.#call(() => this.#store.removeBlobs(keep));
  }

  lease(name: string, holder: string): Promise<boolean> {
    return this.#call(() => this.#store.lease(name, holder));
  }

  release(name: string, holder: string): Promise<void> {
    return this.#call(() => this.#store.release(name, holder));
  }

  claim(name: string, holder: string): Promise<boolean> {
    return this.#call(() => this.#store.claim(name, holder));
  }

  announce(node: NodeReport): Promise<void> {
    return this.#call(() => this.#store.announce(node));
  }

  nodes(): Promise<readonly HeardReport[]> {
    return this.#call(() => this.#store.nodes());
  }

  onChange(listener: () => void): Disposable {
    return this.#store.onChange(() => this.#tools.isDead() || listener());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }

  async #call<T>(run: () => Promise<T>): Promise<T> {
    await this.#pass(this.#tools.weather.wayMs);
    const isLost = this.#isLost();
    if (isLost && this.#tools.random.oneIn(2)) return await this.#fail();
    let answer: T;
    try {
      answer = await run();
    } catch {
      return await this.#fail();
    }
    if (isLost) return await this.#fail();
    await this.#pass(this.#tools.weather.wayMs);
    return answer;
  }

  async #fail(): Promise<never> {
    await this.#pass(LOST_MS);
    throw unavailable();
  }

  #isLost(): boolean {
    const { random, weather } = this.#tools;
    return weather.lostOneIn > 0 && random.oneIn(weather.lostOneIn);
  }

  #isStale(): boolean {
    const { random, weather } = this.#tools;
    return weather.staleOneIn > 0 && random.oneIn(weather.staleOneIn);
  }

  /** Never comes back to who is dead. */
  async #pass(mostMs: number): Promise<void> {
    const { clock, random, isDead } = this.#tools;
    if (mostMs > 0) await new Promise<void>((resolve) => clock.after(random.below(mostMs), resolve));
    if (isDead()) await new Promise<never>(() => {});
  }
}

function unavailable(): Error {
  return fleetUnavailable("reach the engine", new Error("no answer came"));
}
