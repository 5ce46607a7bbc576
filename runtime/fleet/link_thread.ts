/** The thread of an engine's client as the node has it: started when it is first needed, and again when it has died. */
import type { Clock } from "../clock.ts";
import { inTime, LATE } from "../deadline.ts";
import type { EngineConfig } from "./engine_config.ts";
import type { LinkAnswer, LinkAsk } from "./link_messages.ts";

/** Until a dead thread is started again; doubled with each death, until one has lived long. */
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 10_000;
const LONG_LIFE_MS = 60_000;
/** A thread that does not even say that it is there has to be ended from outside. */
const PONG_MS = 5_000;
/** Closing tells the engine; without that it finds out by itself. */
const CLOSE_MS = 2_000;

/** A worker's part that is needed here. */
export interface Thread {
  postMessage(message: LinkAsk, transfer: Transferable[]): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<LinkAnswer>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
}

/** That the thread died while it was asked: what it was asked may have been done. */
export class LinkDied extends Error {}

/** What a {@linkcode LinkThread} is made of. */
export interface LinkThreadParts {
  readonly clock: Clock;
  readonly spawn: () => Thread;
  readonly onChanged: () => void;
  /** Something was sent to a queue, or to any of them. */
  readonly onSent?: (queue: string | null) => void;
}

type Numbered = Extract<LinkAnswer, { readonly id: number }>;
type Message = Extract<LinkAsk, { readonly id: number }> extends infer Ask
  ? Ask extends { readonly id: number } ? Omit<Ask, "id"> : never
  : never;

/** One call: messages both ways, one at a time. */
export interface Exchange extends Disposable {
  send(message: Message): void;
  /**
   * The thread's next message.
   * @throws {LinkDied}
   * @throws {Error} when none comes in time
   */
  next(timeoutMs: number): Promise<Numbered>;
}

/** Starts threads, and keeps their calls apart. */
export class LinkThread implements AsyncDisposable {
  readonly #config: EngineConfig;
  readonly #parts: LinkThreadParts;
  readonly #exchanges = new Map<number, PromiseWithResolvers<Numbered>>();
  #thread: Thread | null = null;
  /** Kept while a dead one is about to be started again. */
  #starting: PromiseWithResolvers<void> | null = null;
  #backoffMs = FIRST_BACKOFF_MS;
  #startedAt = 0;
  #next = 1;
  #pong: (() => void) | null = null;
  #closed: (() => void) | null = null;
  #isClosing = false;
  #cancelStart = () => {};

  constructor(config: EngineConfig, parts: LinkThreadParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Starts the thread, unless it runs or is about to be started. */
  start(): void {
    if (this.#thread || this.#starting || this.#isClosing) return;
    const thread = this.#parts.spawn();
    this.#thread = thread;
    this.#startedAt = this.#parts.clock.now();
    thread.onmessage = ({ data }) => this.#take(data);
    thread.onerror = (event) => {
      // Or it ends this process.
      event.preventDefault();
      if (this.#thread === thread) this.#died(event.message);
    };
    thread.postMessage({ open: this.#config }, []);
  }

  /** Begins a call, as soon as there is a thread. */
  async exchange(timeoutMs: number): Promise<Exchange> {
    this.start();
    while (this.#starting) await this.#inTime(this.#starting.promise, timeoutMs);
    if (this.#isClosing) throw new Error("this store is closed");
    const thread = this.#thread!;
    const id = this.#next++;
    const first = Promise.withResolvers<Numbered>();
    first.promise.catch(() => {});
    this.#exchanges.set(id, first);
    let answer = first.promise;
    return {
      send: (message) => {
        if (this.#thread !== thread) return;
        const transfer = "bytes" in message && message.bytes ? [message.bytes.buffer] : [];
        thread.postMessage({ ...message, id }, transfer);
      },
      next: async (timeoutMs) => {
        const now = answer;
        const taken = await this.#inTime(now, timeoutMs);
        const following = Promise.withResolvers<Numbered>();
        following.promise.catch(() => {});
        if (this.#thread === thread && this.#exchanges.has(id)) this.#exchanges.set(id, following);
        else following.reject(new LinkDied("the engine's client ended"));
        answer = following.promise;
        return taken;
      },
      [Symbol.dispose]: () => void this.#exchanges.delete(id),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosing = true;
    this.#cancelStart();
    this.#starting?.resolve();
    this.#starting = null;
    const thread = this.#thread;
    if (thread) {
      const closed = Promise.withResolvers<void>();
      this.#closed = closed.resolve;
      thread.postMessage("close", []);
      await inTime(closed.promise, CLOSE_MS, this.#parts.clock);
      thread.terminate();
    }
    this.#failAll("this store is closed");
    this.#thread = null;
  }

  async #inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
    const came = await inTime(work, timeoutMs, this.#parts.clock);
    if (came !== LATE) return came;
    this.#doubt();
    throw new Error(`no answer came within ${timeoutMs} ms`);
  }

  #take(answer: LinkAnswer): void {
    if (answer === "changed") this.#parts.onChanged();
    else if (answer === "closed") this.#closed?.();
    else if ("sentTo" in answer) this.#parts.onSent?.(answer.sentTo);
    else if ("pong" in answer) this.#pong?.();
    else this.#exchanges.get(answer.id)?.resolve(answer);
  }

  /** Looks whether the thread still runs at all: one in an endless loop does not. */
  async #doubt(): Promise<void> {
    const thread = this.#thread;
    if (!thread || this.#pong || this.#isClosing) return;
    const pong = Promise.withResolvers<void>();
    this.#pong = pong.resolve;
    thread.postMessage({ ping: 0 }, []);
    const came = await inTime(pong.promise, PONG_MS, this.#parts.clock);
    this.#pong = null;
    if (came === LATE && this.#thread === thread) this.#died("it does not answer");
  }

  #died(why: string): void {
    const { clock } = this.#parts;
    this.#thread?.terminate();
    this.#thread = null;
    this.#closed?.();
    if (clock.now() - this.#startedAt >= LONG_LIFE_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(waitMs * 2, LONGEST_BACKOFF_MS);
    if (!this.#isClosing) {
      this.#starting = Promise.withResolvers();
      this.#cancelStart = clock.after(waitMs, () => {
        const starting = this.#starting;
        this.#starting = null;
        this.start();
        starting?.resolve();
        // What was said in the meantime was not heard.
        this.#parts.onChanged();
      });
    }
    this.#failAll(`the engine's client ended: ${why}`);
  }

  #failAll(why: string): void {
    for (const { reject } of this.#exchanges.values()) reject(new LinkDied(why));
    this.#exchanges.clear();
  }
}

/** A real one. It may reach servers, and nothing else of the system: certificates and logins come as texts. */
export function spawnLink(): Thread {
  return new Worker(new URL("./link_worker.ts", import.meta.url), {
    type: "module",
    name: "nano-fleet",
    deno: { permissions: { net: true } },
  });
}
