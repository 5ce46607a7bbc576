/** Consumes one queue for one app: takes batches when they are due, hands them over, settles what comes of them. */
import type { AppCall } from "../terms/app_call.ts";
import type { Clock } from "../clock.ts";
import type { AppConfig, ConsumerConfig } from "../config/resolved_config.ts";
import type { QueueHub } from "../data/queue_hub.ts";
import type { Decision, QueueStore, Taken, TakenMessage } from "../data/queue_store.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { NanoEvent } from "../terms/events.ts";
import type { BatchVerdict } from "../protocol/queue_batch.ts";
import { buryDead, type Dead } from "./dead_letters.ts";
import { batchEnd, decisionsOf } from "./queue_decisions.ts";
import { QueueCall } from "./queue_call.ts";

/** An app that may consume queues; a Supervisor fits. */
export interface QueueTarget {
  readonly app: AppConfig;
  fetch(call: AppCall): void;
}

/** What a consumer works with. */
export interface ConsumerTools {
  readonly clock: Clock;
  readonly hub: QueueHub;
  readonly emit: (event: NanoEvent) => void;
  /** Of this process: what others have taken is free again. */
  readonly owner: string;
}

/** How long a batch may take, as on Workers: https://developers.cloudflare.com/queues/platform/limits/ */
export const BATCH_LIMIT_MS = 15 * 60_000;
/** A lease ends so long after its batch would have been given up: nobody else gets a message that is worked on. */
const LEASE_MARGIN_MS = 60_000;
/** Bodies that one consumer has in its app at once, beyond one batch: ten full batches would be all that an app may hold. */
const MAX_BYTES_AT_ONCE = 8 * 1024 * 1024;
/** Between two looks at the wall clock, which somebody may set. */
const LOOK_MS = 60_000;
/** An app that takes nothing, or dies of it, is left alone for so long at first, then for twice as long each time. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 30_000;

/** The consumer of a queue, whatever app and settings it is followed with. */
export class QueueConsumer implements Disposable {
  readonly #store: QueueStore;
  readonly #tools: ConsumerTools;
  #target: QueueTarget;
  #config: ConsumerConfig;
  /** Batches that were taken and are not settled. */
  readonly #batches = new Set<Promise<void>>();
  /** Of their bodies. */
  #bytes = 0;
  #taking: Promise<void> | null = null;
  #lookAgain = false;
  #cancelTimer: (() => void) | null = null;
  #pauseMs = 0;
  #pausedUntil = 0;
  #closed = false;

  constructor(target: QueueTarget, config: ConsumerConfig, tools: ConsumerTools) {
    this.#target = target;
    this.#config = config;
    this.#tools = tools;
    this.#store = tools.hub.store(config.store);
    tools.hub.listen(config.store, this.#look);
    this.#look();
  }

  /** Hands what is taken from now on to another version of the app, or by other settings. */
  follow(target: QueueTarget, config: ConsumerConfig): void {
    if (target === this.#target) return;
    this.#target = target;
    this.#config = config;
    // What the version before could not do, this one may.
    this.#pauseMs = 0;
    this.#pausedUntil = 0;
    this.#look();
  }

  /** Settles when nothing is under way any more. */
  async ended(): Promise<void> {
    while (this.#taking !== null || this.#batches.size > 0) await Promise.all([this.#taking, ...this.#batches]);
  }

  /** Takes nothing any more; batches under way are settled. */
  [Symbol.dispose](): void {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#tools.hub.forget(this.#config.store);
  }

  readonly #look = (): void => {
    if (this.#closed) return;
    if (this.#taking !== null) {
      this.#lookAgain = true;
      return;
    }
    if (this.#batches.size >= this.#config.maxConcurrency || this.#bytes >= MAX_BYTES_AT_ONCE) return;
    const waitMs = this.#pausedUntil - this.#tools.clock.now();
    if (waitMs > 0) return this.#arm(waitMs);
    this.#lookAgain = false;
    this.#taking = this.#take().finally(() => {
      this.#taking = null;
      if (this.#lookAgain) this.#look();
    });
  };

  #arm(waitMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#tools.clock.after(Math.min(Math.max(1, waitMs), LOOK_MS), this.#look);
  }

  async #take(): Promise<void> {
    const { clock, owner } = this.#tools;
    const { maxBatchSize: limit, maxBatchTimeoutMs: waitMs } = this.#config;
    const now = clock.wall();
    const until = now + BATCH_LIMIT_MS + this.#target.app.timeoutMs + LEASE_MARGIN_MS;
    let taken: Taken;
    try {
      taken = await this.#store.take({ owner, now, limit, waitMs, until });
    } catch (error) {
      this.#pause();
      this.#tell("take from", error);
      return;
    }
    if (taken.messages.length > 0) {
      const { byteLength } = taken.bodies;
      this.#bytes += byteLength;
      const batch = this.#deliver(taken).finally(() => {
        this.#bytes -= byteLength;
        this.#batches.delete(batch);
        this.#look();
      });
      this.#batches.add(batch);
      this.#lookAgain = true;
    } else if (taken.nextAt !== null) this.#arm(taken.nextAt - clock.wall());
  }

  async #deliver(taken: Taken): Promise<void> {
    try {
      if (this.#closed) return await this.#settle(taken.messages.map((message) => this.#release(message)));
      // Too many already: its dead letter could not be kept, or fewer retries are allowed now.
      const { maxRetries } = this.#config;
      const dead = taken.messages.filter(({ failures }) => failures > maxRetries);
      const messages = taken.messages.filter(({ failures }) => failures <= maxRetries);
      if (dead.length > 0) await this.#bury(dead);
      if (messages.length > 0) await this.#hand(taken, messages);
    } catch (error) {
      // What was not settled is free again when its lease ends.
      this.#tell("settle", error);
    }
  }

  async #hand({ backlog, bodies, messages: all }: Taken, messages: readonly TakenMessage[]): Promise<void> {
    const { clock, emit } = this.#tools;
    const target = this.#target;
    const { queue } = this.#config;
    const facts = messages.flatMap(({ id, sent, failures, type, size }) => [id, sent, failures + 1, type, size]);
    const job = {
      queue,
      facts: [backlog.messages, backlog.bytes, backlog.oldest, ...facts],
      bodies: messages.length === all.length ? bodies : bodiesOf(bodies, all, new Set(messages)),
      limitMs: BATCH_LIMIT_MS,
    };
    const startedAt = clock.now();
    const end = await new Promise<BatchVerdict | NanoError>((resolve) =>
      target.fetch(new QueueCall(job, { startedAt, messages: messages.length }, resolve))
    );
    const durationMs = clock.now() - startedAt;
    const outcome = batchEnd(end, durationMs >= BATCH_LIMIT_MS);
    if (outcome === "undelivered" || outcome === "died") this.#pause();
    else this.#pauseMs = 0;
    const verdicts = end instanceof NanoError ? null : end.verdicts;
    const decisions = outcome === "undelivered"
      ? { settled: messages.map((message) => this.#release(message)), dead: [] }
      : decisionsOf(messages, verdicts, { ...this.#config, now: clock.wall() });
    await this.#settle(decisions.settled);
    if (decisions.dead.length > 0) await this.#bury(decisions.dead);
    const acked = decisions.settled.filter((one) => one.outcome === "ack").length;
    const error = end instanceof NanoError ? end.message : end.error;
    emit({
      event: "queue_batch",
      app: target.app.name,
      queue,
      outcome: outcome === "died" ? "failed" : outcome,
      messages: messages.length,
      acked,
      retried: outcome === "undelivered" ? 0 : decisions.settled.length - acked,
      dead: decisions.dead.length,
      backlog: backlog.messages,
      durationMs,
      ...error === null ? {} : { error },
    });
  }

  #release({ seq }: TakenMessage): Decision {
    return { seq, outcome: "release", visible: this.#tools.clock.wall() };
  }

  async #settle(decisions: readonly Decision[]): Promise<void> {
    if (decisions.length > 0) await this.#store.settle(this.#tools.owner, decisions);
  }

  async #bury(messages: readonly Dead[]): Promise<void> {
    const { app } = this.#target;
    await buryDead(messages, { ...this.#tools, app, config: this.#config, store: this.#store });
  }

  #pause(): void {
    this.#pauseMs = Math.min(Math.max(FIRST_PAUSE_MS, 2 * this.#pauseMs), MAX_PAUSE_MS);
    this.#pausedUntil = this.#tools.clock.now() + this.#pauseMs;
    this.#arm(this.#pauseMs);
  }

  #tell(what: string, error: unknown): void {
    const { name } = this.#target.app;
    const text = `Cannot ${what} queue "${this.#config.queue}" of app "${name}": ${messageOf(error)}`;
    this.#tools.emit({ event: "warning", text });
  }
}

/** The bodies of some of the messages. */
function bodiesOf(
  bodies: Uint8Array<ArrayBuffer>,
  all: readonly TakenMessage[],
  wanted: ReadonlySet<TakenMessage>,
): Uint8Array<ArrayBuffer> {
  const some = new Uint8Array([...wanted].reduce((sum, { size }) => sum + size, 0));
  let from = 0;
  let to = 0;
  for (const message of all) {
    const body = bodies.subarray(from, from += message.size);
    if (!wanted.has(message)) continue;
    some.set(body, to);
    to += message.size;
  }
  return some;
}
