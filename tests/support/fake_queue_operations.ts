/** Queues of a fake NANO, in memory. */
import {
  type ChangeRequest,
  NanoError,
  type QueueMessageView,
  type QueueOperations,
  type QueuePageQuery,
  type QueueSend,
} from "../../runtime/mod.ts";

type Action = "queue.send" | "queue.purge" | "queue.retry";

/** The queue `jobs`, which one app uses; what is in it may have come from `mails`. */
export class FakeQueueOperations implements QueueOperations {
  memory: QueueMessageView[] = [];
  /** Thrown by the next changes. */
  refusal: NanoError | null = null;
  readonly #record: (action: Action, detail: string, by: ChangeRequest) => void;

  constructor(record: (action: Action, detail: string, by: ChangeRequest) => void) {
    this.#record = record;
  }

  async list() {
    return [await this.info("jobs")];
  }

  // deno-lint-ignore require-await
  async info(queue: string) {
    this.#check(queue);
    const bytes = this.memory.reduce((sum, { size }) => sum + size, 0);
    return {
      name: "jobs",
      producers: [{ app: "app-1", binding: "JOBS" }],
      consumer: "app-1",
      deadLetterQueue: null,
      deadLettersOf: this.memory.some(({ origin }) => origin !== null) ? ["mails"] : [],
      messages: this.memory.length,
      bytes,
      maxBytes: 1024 ** 3,
      delayed: 0,
      leased: this.memory.filter(({ isLeased }) => isLeased).length,
      oldest: this.memory[0]?.sent ?? null,
      storedBytes: bytes,
    };
  }

  // deno-lint-ignore require-await
  async peek(queue: string, { cursor, limit, bodyBytes }: QueuePageQuery) {
    this.#check(queue);
    const from = cursor ?? 0;
    const shown = this.memory.slice(from, from + limit);
    return {
      messages: shown.map((message) => ({ ...message, body: message.body.subarray(0, bodyBytes) })),
      cursor: this.memory.length > from + limit ? from + limit : null,
    };
  }

  // deno-lint-ignore require-await
  async send(queue: string, { type, body }: QueueSend, by: ChangeRequest) {
    this.#check(queue);
    if (this.refusal !== null) throw this.refusal;
    const id = `id-${this.memory.length}`;
    const facts = { sent: 0, visible: 0, isLeased: false, failures: 0, origin: null };
    this.memory.push({ id, ...facts, type, size: body.byteLength, body });
    this.#record("queue.send", `Sent ${body.byteLength} bytes to queue "${queue}"`, by);
  }

  // deno-lint-ignore require-await
  async purge(queue: string, by: ChangeRequest) {
    this.#check(queue);
    const purged = this.memory.length;
    this.memory = [];
    this.#record("queue.purge", `Purged queue "${queue}"`, by);
    return purged;
  }

  // deno-lint-ignore require-await
  async retry(queue: string, ids: readonly string[] | null, by: ChangeRequest) {
    this.#check(queue);
    const missing = ids?.filter((id) => this.memory.every((message) => message.id !== id)).length ?? 0;
    const wanted = this.memory.filter(({ id }) => ids === null || ids.includes(id));
    const letters = wanted.filter(({ origin, isLeased }) => origin !== null && !isLeased);
    const leased = wanted.filter(({ origin, isLeased }) => origin !== null && isLeased).length;
    this.memory = this.memory.filter((message) => !letters.includes(message));
    this.#record("queue.retry", `Put ${letters.length} dead letters of queue "${queue}" back`, by);
    const left = { missing, no_dead_letter: wanted.length - letters.length - leased, leased, in_origin: 0 };
    return { done: letters.length, left };
  }

  #check(queue: string): void {
    if (queue !== "jobs") throw new NanoError("NOT_FOUND", `Cannot use queue "${queue}": there is none`);
  }
}
