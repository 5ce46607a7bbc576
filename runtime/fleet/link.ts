/** A store whose client runs in a thread of its own, which is started again when it dies; apps and node notice nothing. */
import { type Clock, systemClock } from "../clock.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { EngineConfig } from "./engine_config.ts";
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
} from "./fleet_store.ts";
import { Hints } from "./hints.ts";
import type { LinkAnswer, LinkMethod, LinkReading } from "./link_messages.ts";
import { type Exchange, LinkDied, LinkThread, type LinkThreadParts, spawnLink } from "./link_thread.ts";

/** Beyond the deadline of the store behind, which it keeps as long as its thread lives. */
const MARGIN_MS = 5_000;
/** Of the next piece of an archive or of changes, which the store itself asks for again and again for 30 s. */
const PIECE_MS = 35_000;

/** What tests put in the place of the real ones. */
export interface LinkOptions {
  readonly clock?: Clock;
  readonly spawn?: LinkThreadParts["spawn"];
}

/** Opens the store of an engine. Nothing of its client is loaded here, and nothing at all before the first call. */
export function openFleetStore(config: EngineConfig, options: LinkOptions = {}): FleetStore {
  return new FleetLink(config, options);
}

class FleetLink implements FleetStore {
  readonly engine: "nats" | "postgres";
  readonly #clock: Clock;
  readonly #thread: LinkThread;
  readonly #callMs: number;
  readonly #hints = new Hints();

  constructor(config: EngineConfig, { clock = systemClock, spawn = spawnLink }: LinkOptions) {
    this.engine = config.kind;
    this.#clock = clock;
    this.#callMs = config.times.callMs + MARGIN_MS;
    this.#thread = new LinkThread(config, { clock, spawn, onChanged: () => this.#hints.tell() });
  }

  head(): Promise<FleetHead> {
    return this.#call("ask the fleet's engine for its newest change", { method: "head", args: [] });
  }

  found(epoch: string, replacing: string | null = null): Promise<boolean> {
    return this.#call("found a fleet", { method: "found", args: [epoch, replacing] });
  }

  async *since(revision: number): AsyncGenerator<FleetRecord, void> {
    const action = "read the fleet's changes";
    const reading = await this.#read<readonly FleetRecord[]>(action, { read: "since", revision });
    for await (const piece of reading ?? []) yield* piece;
  }

  /** Not asked again when the thread dies: the second answer would not tell what came of the first. */
  write(record: NewRecord, expected: WriteBase): Promise<WriteOutcome> {
    return this.#call("write to the fleet", { method: "write", args: [record, expected], isOnce: true });
  }

  async putBlob(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void> {
    const reader = archive.getReader();
    try {
      using exchange = await this.#begin("keep an archive");
      exchange.send({ put: sha256 });
      for (;;) {
        const answer = await this.#answer("keep an archive", exchange, PIECE_MS);
        if ("value" in answer) return;
        await sendPiece(exchange, reader);
      }
    } finally {
      await reader.cancel().catch(() => {});
    }
  }

  async getBlob(sha256: string): Promise<ReadableStream<Uint8Array> | null> {
    const pieces = await this.#read<Uint8Array>("fetch an archive", { read: "blob", sha256 });
    return pieces && ReadableStream.from(pieces);
  }

  removeBlobs(keep: ReadonlySet<string>): Promise<number> {
    return this.#call("remove archives", { method: "removeBlobs", args: [keep] });
  }

  lease(name: string, holder: string): Promise<boolean> {
    return this.#call("take a lease", { method: "lease", args: [name, holder] });
  }

  release(name: string, holder: string): Promise<void> {
    return this.#call("give a lease back", { method: "release", args: [name, holder] });
  }

  claim(name: string, holder: string): Promise<boolean> {
    return this.#call("claim a turn", { method: "claim", args: [name, holder] });
  }

  announce(node: NodeReport): Promise<void> {
    return this.#call("announce this node", { method: "announce", args: [node] });
  }

  nodes(): Promise<readonly HeardReport[]> {
    return this.#call("read the fleet's nodes", { method: "nodes", args: [] });
  }

  onChange(listener: () => void): Disposable {
    this.#thread.start();
    return this.#hints.listen(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hints.clear();
    await this.#thread[Symbol.asyncDispose]();
  }

  /** Asks again when the thread dies, as all but a write come to the same then. */
  async #call<T>(
    action: string,
    { isOnce = false, ...message }: {
      readonly method: LinkMethod;
      readonly args: readonly unknown[];
      readonly isOnce?: boolean;
    },
  ): Promise<T> {
    const until = this.#clock.now() + this.#callMs;
    for (;;) {
      using exchange = await this.#begin(action);
      try {
        exchange.send(message);
        const answer = await exchange.next(Math.max(1, until - this.#clock.now()));
        return valueOf(action, answer) as T;
      } catch (error) {
        if (error instanceof NanoError) throw error;
        if (isOnce || !(error instanceof LinkDied) || this.#clock.now() >= until) throw fleetUnavailable(action, error);
      }
    }
  }

  /** @returns the pieces, or `null` when there is nothing to read */
  async #read<T>(action: string, reading: LinkReading): Promise<AsyncGenerator<T, void> | null> {
    const exchange = await this.#begin(action);
    exchange.send(reading);
    try {
      const answer = await this.#answer(action, exchange, this.#callMs);
      if ("isThere" in answer && answer.isThere) return this.#pieces<T>(action, exchange);
    } catch (error) {
      exchange[Symbol.dispose]();
      throw error;
    }
    exchange[Symbol.dispose]();
    return null;
  }

  async *#pieces<T>(action: string, exchange: Exchange): AsyncGenerator<T, void> {
    using _open = exchange;
    try {
      for (;;) {
        exchange.send({ next: "piece" });
        const answer = await this.#answer(action, exchange, PIECE_MS);
        if (!("piece" in answer) || answer.piece === null) return;
        yield answer.piece as T;
      }
    } finally {
      exchange.send({ next: "stop" });
    }
  }

  async #begin(action: string): Promise<Exchange> {
    try {
      return await this.#thread.exchange(this.#callMs);
    } catch (error) {
      throw fleetUnavailable(action, error);
    }
  }

  async #answer(action: string, exchange: Exchange, timeoutMs: number): Promise<LinkAnswer & { readonly id: number }> {
    let answer;
    try {
      answer = await exchange.next(timeoutMs);
    } catch (error) {
      throw fleetUnavailable(action, error);
    }
    if ("error" in answer) valueOf(action, answer);
    return answer;
  }
}

/** @throws {NanoError} what the store threw */
function valueOf(action: string, answer: LinkAnswer & { readonly id: number }): unknown {
  if ("value" in answer) return answer.value;
  if (!("error" in answer)) throw new Error("the engine's client answered something else");
  if (answer.code !== null) throw new NanoError(answer.code, answer.error);
  throw fleetUnavailable(action, new Error(answer.error));
}

/** @throws what the archive's stream threw, once the thread knows */
async function sendPiece(exchange: Exchange, reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    const { value, done } = await reader.read();
    // A copy: its buffer goes to the thread, and the piece may be a part of one.
    exchange.send({ bytes: done ? null : new Uint8Array(value) });
  } catch (error) {
    exchange.send({ broken: messageOf(error) });
    throw error;
  }
}
