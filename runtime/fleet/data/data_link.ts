/** The thread of apps' data as a node has it: no more calls and bytes wait for the engine at once than are bearable. */
import { BindingError } from "../../protocol/binding_call.ts";
import { type Clock, systemClock } from "../../clock.ts";
import type { NatsEngine } from "../engine_config.ts";
import type { DataAsk, LinkAnswer } from "../link_messages.ts";
import { type Exchange, LinkThread, type Thread } from "../link_thread.ts";

/** Beyond the deadline of the thread, which it keeps as long as it lives. */
const MARGIN_MS = 5_000;
/** Calls of all apps that wait for the engine at once: sixteen isolates that each have as many as they may. */
const MAX_CALLS = 4_096;
/** Bytes of values on their way to the engine at once: ten of the longest of KV. */
const MAX_BYTES = 10 * 25 * 1024 * 1024;

/** What it works with. */
export interface DataLinkTools {
  readonly engine: NatsEngine;
  /** Hears of queues that something was sent to; null when it may have been to any. */
  readonly onSent: (queue: string | null) => void;
  /** Why what the engine holds is not this node's fleet, or null when it is. */
  readonly foreign: () => string | null;
  readonly clock?: Clock;
  readonly spawn?: () => Thread;
}

/** Nothing is started before the first call. */
export class DataLink implements AsyncDisposable {
  /** Of a call with all its tries. */
  readonly callMs: number;
  readonly #foreign: () => string | null;
  readonly #thread: LinkThread;
  #calls = 0;
  #bytes = 0;

  constructor({ engine, onSent, foreign, clock = systemClock, spawn = spawnDataLink }: DataLinkTools) {
    this.#foreign = foreign;
    this.#thread = new LinkThread(engine, { clock, spawn, onSent, onChanged: () => onSent(null) });
    this.callMs = engine.times.callMs + MARGIN_MS;
  }

  /**
   * One call with one answer.
   * @param bytes of it
   * @throws {BindingError} what the store refuses
   */
  async ask(data: DataAsk, bytes: number): Promise<unknown> {
    using exchange = await this.open(bytes);
    exchange.send({ data });
    return answerValue(await exchange.next(this.callMs));
  }

  /** Begins a call. @param bytes that it has under way at once */
  async open(bytes: number): Promise<Exchange> {
    const foreign = this.#foreign();
    if (foreign !== null) throw new Error(foreign);
    if (this.#calls >= MAX_CALLS || this.#bytes + bytes > MAX_BYTES) {
      throw new Error(`${this.#calls} calls with ${this.#bytes} bytes wait for the engine already`);
    }
    const add = (count: 1 | -1) => {
      this.#calls += count;
      this.#bytes += count * bytes;
    };
    add(1);
    try {
      const exchange = await this.#thread.exchange(this.callMs);
      let isOpen = true;
      return {
        send: exchange.send,
        next: exchange.next,
        [Symbol.dispose]: () => {
          if (isOpen) add(-1);
          isOpen = false;
          exchange[Symbol.dispose]();
        },
      };
    } catch (error) {
      add(-1);
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread[Symbol.asyncDispose]();
  }
}

/** @throws {BindingError} what the store refuses */
export function answerValue(answer: LinkAnswer & { readonly id: number }): unknown {
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
