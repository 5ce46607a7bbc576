/** Carries out what people do with queues: by the rules that apps' bindings have, and consumers hear of it. */
import { QueueHost } from "../bindings/queue/host.ts";
import type { ChangeRequest } from "../terms/change_request.ts";
import { MAX_DELAY_SECONDS } from "../config/consumer_configs.ts";
import type { QueueInfo, QueueStore, ShownMessage } from "../data/queue_store.ts";
import { NanoError } from "../errors.ts";
import { BindingError } from "../protocol/binding_call.ts";
import type {
  QueueMessagePage,
  QueueOperations,
  QueuePageQuery,
  QueueRetryOutcome,
  QueueSend,
  QueueView,
} from "../terms/queue_operations.ts";
import type { ChangeDesk } from "./change_desk.ts";
import { DeadLetterReturn } from "./dead_letter_return.ts";
import type { KeptStore, KeptStores } from "./kept_stores.ts";

/** Some milliseconds of the thread that all queues share. */
const PURGED_AT_ONCE = 1000;
/** Ids of one call; more are meant by "all". */
const MAX_RETRIED = 1000;
const SEND_TIMEOUT_MS = 60_000;
const EMPTY: QueueInfo = { messages: 0, bytes: 0, oldest: null, delayed: 0, leased: 0, storedBytes: 0 };

/** The queues of a running NANO. */
export class QueueDesk implements QueueOperations {
  readonly #desk: ChangeDesk;
  readonly #stores: KeptStores;

  constructor(desk: ChangeDesk, stores: KeptStores) {
    this.#desk = desk;
    this.#stores = stores;
  }

  async list(): Promise<readonly QueueView[]> {
    return await Promise.all((await this.#stores.list("queue")).map((store) => this.#view(store)));
  }

  async info(queue: string): Promise<QueueView> {
    return await this.#view(await this.#stores.find("queue", queue, "show"));
  }

  async peek(queue: string, { cursor, limit, bodyBytes }: QueuePageQuery): Promise<QueueMessagePage> {
    const store = await this.#stores.find("queue", queue, "list the messages of");
    if (!store.exists) return { messages: [], cursor: null };
    const found = await told(
      `list the messages of queue "${queue}"`,
      () => this.#queue(queue).peek({ after: cursor ?? 0, limit: limit + 1, bodyBytes }),
    );
    const shown = found.slice(0, limit);
    const now = this.#desk.tools.clock.wall();
    return {
      messages: shown.map(({ seq: _, isLeased, ...message }: ShownMessage) => ({
        ...message,
        isLeased: isLeased && message.visible > now,
      })),
      cursor: found.length > limit ? shown.at(-1)!.seq : null,
    };
  }

  async send(queue: string, { type, body, delaySeconds }: QueueSend, by: ChangeRequest): Promise<void> {
    const store = await this.#stores.find("queue", queue, "send to");
    const verb = `send to queue "${queue}"`;
    await this.#desk.record({ by, action: "queue.send", app: null, verb }, async () => {
      const host = new QueueHost({
        store: this.#queue(queue),
        deliveryDelay: 0,
        maxDelay: MAX_DELAY_SECONDS,
        maxBytes: store.maxBytes,
        now: this.#desk.tools.clock.wall,
      });
      const args = [delaySeconds, type, null, body.byteLength];
      await told(verb, () => host.call({ method: "send", args, body, signal: AbortSignal.timeout(SEND_TIMEOUT_MS) }));
      return `Sent ${body.byteLength} bytes to queue "${queue}"`;
    });
  }

  async purge(queue: string, by: ChangeRequest): Promise<number> {
    const store = await this.#stores.find("queue", queue, "purge");
    let purged = 0;
    const verb = `purge queue "${queue}"`;
    await this.#desk.record({ by, action: "queue.purge", app: null, verb }, async () => {
      if (!store.exists) return `Purged queue "${queue}": 0 messages`;
      await told(verb, async () => {
        // No more than there are now, the oldest first, however fast others come.
        const { messages } = await this.#queue(queue).info(this.#desk.tools.clock.wall());
        while (purged < messages) {
          const gone = await this.#queue(queue).purge(Math.min(PURGED_AT_ONCE, messages - purged));
          if (gone === 0) break;
          purged += gone;
        }
      });
      return `Purged queue "${queue}": ${purged === 1 ? "1 message" : `${purged} messages`}`;
    });
    return purged;
  }

  async retry(queue: string, ids: readonly string[] | null, by: ChangeRequest): Promise<QueueRetryOutcome> {
    const store = await this.#stores.find("queue", queue, "retry dead letters of");
    const verb = `retry dead letters of queue "${queue}"`;
    if (ids !== null && ids.length > MAX_RETRIED) {
      throw new NanoError("USAGE", `Cannot ${verb}: ${ids.length} ids at once, ${MAX_RETRIED} are allowed`);
    }
    const letters = new DeadLetterReturn({
      queue: this.#queue(queue),
      now: this.#desk.tools.clock.wall,
      maxBytesOf: (origin) => this.#stores.maxBytes("queue", origin),
    });
    await this.#desk.record({ by, action: "queue.retry", app: null, verb }, async () => {
      try {
        if (ids !== null) await letters.some(store.exists ? ids : []);
        else if (store.exists) await letters.all();
      } catch (error) {
        if (!(error instanceof BindingError)) throw error;
        throw refusalOf(error, `${verb} (${letters.done} were put back)`);
      }
      return `Put ${letters.text} of queue "${queue}" back into the queues they came from`;
    });
    return letters.outcome;
  }

  async #view({ name, uses, maxBytes, exists }: KeptStore): Promise<QueueView> {
    // Asking one that holds nothing yet would make its file.
    const count = () => this.#queue(name).info(this.#desk.tools.clock.wall());
    const info = exists ? await told(`show queue "${name}"`, count) : EMPTY;
    const { apps, layers } = this.#desk.config;
    const consumers = apps.filter((app) => layers.sources[app.name]?.from !== "version")
      .flatMap((app) => app.consumers.map((config) => ({ app: app.name, ...config })));
    const own = consumers.find(({ store }) => store === name);
    return {
      name,
      producers: uses,
      consumer: own?.app ?? null,
      deadLetterQueue: own?.deadLetterStore ?? null,
      deadLettersOf: consumers.filter((one) => one.deadLetterStore === name).map(({ store }) => store),
      messages: info.messages,
      bytes: info.bytes,
      maxBytes,
      delayed: info.delayed,
      leased: info.leased,
      oldest: info.oldest,
      storedBytes: info.storedBytes,
    };
  }

  #queue(name: string): QueueStore {
    return this.#desk.tools.data.queues.store(name);
  }
}

async function told<Result>(verb: string, run: () => Promise<Result>): Promise<Result> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof BindingError ? refusalOf(error, verb) : error;
  }
}

/** What an app would be told is told to people as a refusal. */
function refusalOf(error: BindingError, verb: string): NanoError {
  const code = error.code === "FLEET_UNAVAILABLE"
    ? error.code
    : error.code === "STORAGE_FULL"
    ? "CONFLICT"
    : / exceeds limit of /.test(error.message)
    ? "BODY_TOO_LARGE"
    : "USAGE";
  return new NanoError(code, `Cannot ${verb}: ${error.message}`, { cause: error });
}
