/** A queue in a real file, its consumer on a pretended clock, and an app that keeps its batches until a test ends them. */
import { QueueConsumers } from "../../../runtime/app/queue_consumers.ts";
import type { QueueTarget } from "../../../runtime/app/queue_consumer.ts";
import type { AppCall, QueuedBatch } from "../../../runtime/terms/app_call.ts";
import type { ConsumerConfig } from "../../../runtime/config/resolved_config.ts";
import { DataShelf } from "../../../runtime/data/data_shelf.ts";
import type { DataOperation, DataResult } from "../../../runtime/data/data_messages.ts";
import type { DataThread } from "../../../runtime/data/data_thread.ts";
import { QueueHub } from "../../../runtime/data/queue_hub.ts";
import { type QueueStore, queueStore } from "../../../runtime/data/queue_store.ts";
import { type ErrorCode, NanoError } from "../../../runtime/errors.ts";
import type { NanoEvent } from "../../../runtime/terms/events.ts";
import { BACKLOG_FACTS, MESSAGE_FACTS } from "../../../runtime/protocol/queue_batch.ts";
import type { Plain } from "../../../runtime/protocol/binding_call.ts";
import { appConfig } from "../runtime/app_config.ts";
import { FakeClock, settle } from "../runtime/fake_clock.ts";

const GIB = 1024 ** 3;

/** As a consumer is without options, but for what a test changes. */
export function consumerConfig(changes: Partial<ConsumerConfig> = {}): ConsumerConfig {
  return {
    queue: "jobs",
    store: "jobs",
    maxBatchSize: 10,
    maxBatchTimeoutMs: 5_000,
    maxRetries: 3,
    deadLetterStore: null,
    maxConcurrency: 10,
    retryDelayMs: 0,
    ...changes,
  };
}

/** An app that consumes. */
export class FakeTarget implements QueueTarget {
  readonly app;
  /** Batches that nobody has ended. */
  readonly calls: AppCall[] = [];
  /** All that came, as texts of bodies with their attempts: `a1`. */
  readonly seen: string[][] = [];

  constructor(consumers: readonly ConsumerConfig[], name = "mailer") {
    this.app = appConfig({ name, consumers });
  }

  fetch(call: AppCall): void {
    this.calls.push(call);
    this.seen.push(bodiesOf(call.job as QueuedBatch));
  }

  /** Ends the oldest batch: with the app's verdicts, such as `a,r5`, or with a code. */
  async end(how: string): Promise<void> {
    const call = this.calls.shift()!;
    if (/^[A-Z_]+$/.test(how)) call.fail(new NanoError(how as ErrorCode, "no"));
    else call.respond(204, "", how);
    await settle();
    await settle();
  }
}

function bodiesOf({ facts, bodies }: QueuedBatch): string[] {
  const texts: string[] = [];
  let from = 0;
  for (let at = BACKLOG_FACTS; at < facts.length; at += MESSAGE_FACTS) {
    const body = bodies.subarray(from, from += facts[at + 4] as number);
    texts.push(`${new TextDecoder().decode(body)}${facts[at + 2]}`);
  }
  return texts;
}

/** All of it. */
export class QueueScene implements Disposable {
  readonly clock = new FakeClock();
  readonly events: NanoEvent[] = [];
  /** Refuses what is asked of a store while it is set. */
  broken: string | null = null;
  readonly hub: QueueHub;
  readonly #folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  #shelf = new DataShelf(this.#folder, () => this.clock.wall());
  #next = 1;

  constructor() {
    const thread = { run: (...call: [string, DataOperation, readonly Plain[]]) => this.#run(...call) };
    this.hub = new QueueHub((name) => queueStore(thread as unknown as DataThread, name));
  }

  /** Consumers as a process has them. */
  consumers(): QueueConsumers {
    return new QueueConsumers({ clock: this.clock, hub: this.hub, emit: (event) => this.events.push(event) });
  }

  /** Sends texts, as an app would. */
  async send(texts: readonly string[], { queue = "jobs", delayMs = 0 } = {}): Promise<void> {
    const sent = this.clock.wall();
    await this.hub.store(queue).send(
      texts.map((text) => ({
        id: crypto.randomUUID(),
        sent,
        visible: sent + delayMs,
        type: "text",
        origin: null,
        body: new TextEncoder().encode(text),
      })),
      GIB,
    );
    await settle();
  }

  store(queue = "jobs"): QueueStore {
    return this.hub.store(queue);
  }

  /** Texts that wait in a queue, delivered or not. */
  async texts(queue = "jobs"): Promise<string[]> {
    const shown = await this.store(queue).peek({ after: 0, limit: 100 });
    return shown.map(({ body }) => new TextDecoder().decode(body));
  }

  /** Events of a kind. */
  told<Name extends NanoEvent["event"]>(name: Name): Extract<NanoEvent, { readonly event: Name }>[] {
    return this.events.filter((event) => event.event === name) as Extract<NanoEvent, { readonly event: Name }>[];
  }

  [Symbol.dispose](): void {
    this.#shelf[Symbol.dispose]();
    Deno.removeSync(this.#folder, { recursive: true });
  }

  #run(store: string, operation: DataOperation, args: readonly Plain[]): Promise<readonly Plain[]> {
    if (this.broken === `${store} ${operation}`) return Promise.reject(new Error("disk on fire"));
    const [result] = this.#shelf.run([{ id: this.#next++, store, operation, args }]) as [DataResult];
    return "values" in result ? Promise.resolve(result.values) : Promise.reject(new Error(result.error.message));
  }
}
