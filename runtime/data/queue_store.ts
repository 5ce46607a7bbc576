/** A queue as bindings and consumers use it; the data thread keeps one, another engine may. */
import type { Plain } from "../protocol/binding_call.ts";
import type { DataThread } from "./data_thread.ts";

/** More than a body can have. */
export const ALL_BYTES = 2 ** 31 - 1;

/** What waits in a queue. */
export interface Backlog {
  readonly messages: number;
  /** Of all bodies. */
  readonly bytes: number;
  /** When the oldest was sent, in ms since the epoch; null when there is none. */
  readonly oldest: number | null;
}

/** How the body of a message is to be read. */
export type MessageType = "text" | "bytes" | "json" | "v8";

/** A message that is sent. */
export interface SentMessage {
  /** Unique; a message that is there already is not added again. */
  readonly id: string;
  /** When it was sent first, in ms since the epoch. */
  readonly sent: number;
  /** When it may be delivered. */
  readonly visible: number;
  readonly type: MessageType;
  /** The queue in which it became a dead letter, or null. */
  readonly origin: string | null;
  readonly body: Uint8Array;
}

/** A message that was taken to be delivered. */
export interface TakenMessage {
  /** Its place in the queue. */
  readonly seq: number;
  readonly id: string;
  readonly sent: number;
  /** How often it was delivered in vain. */
  readonly failures: number;
  readonly type: MessageType;
  /** Of its body. */
  readonly size: number;
}

/** What a take comes to. */
export interface Taken {
  readonly backlog: Backlog;
  /** Empty when no batch is due. */
  readonly messages: readonly TakenMessage[];
  /** Their bodies, one after the other. */
  readonly bodies: Uint8Array<ArrayBuffer>;
  /** When no batch is due: when one may be, in ms since the epoch; null before something is sent. */
  readonly nextAt: number | null;
}

/** What becomes of a taken message: it is done, has failed, or was not delivered. */
export interface Decision {
  readonly seq: number;
  readonly outcome: "ack" | "retry" | "release";
  /** When it may be delivered again, in ms since the epoch. */
  readonly visible: number;
}

/** A message as people see it. */
export interface ShownMessage extends TakenMessage {
  /** When it may be delivered, or its lease ends. */
  readonly visible: number;
  /** Whether a consumer has it, or had it when its process ended. */
  readonly isLeased: boolean;
  readonly origin: string | null;
  /** Its first bytes, when not all were asked for. */
  readonly body: Uint8Array;
}

/** What became of a message that was to be put back: the other outcomes leave it where it is. */
export type MoveOutcome =
  | "moved"
  /** It is not there. */
  | "missing"
  /** It did not come from there. */
  | "foreign"
  /** A consumer has it. */
  | "leased"
  /** The queue that it came from has it, too: it is about to leave that one, or a kill came between. */
  | "doubled";

/** Figures of a queue. */
export interface QueueInfo extends Backlog {
  /** Messages that may not be delivered yet. */
  readonly delayed: number;
  /** Messages that a consumer has. */
  readonly leased: number;
  /** What its file holds. */
  readonly storedBytes: number;
}

/** A queue. What was sent or settled is on the disk when its promise settles. */
export interface QueueStore {
  /**
   * Adds all messages, or none.
   * @param maxBytes that the queue may hold
   * @throws {BindingError} with the code STORAGE_FULL
   */
  send(messages: readonly SentMessage[], maxBytes: number): Promise<Backlog & { readonly storedBytes: number }>;
  /**
   * Takes a batch: when there are `limit` messages, or the first has waited `waitMs`.
   * @param options.owner who takes: what others have taken is free again
   * @param options.until when messages that nobody settles are free again
   */
  take(options: {
    readonly owner: string;
    readonly now: number;
    readonly limit: number;
    readonly waitMs: number;
    readonly until: number;
  }): Promise<Taken>;
  /** Decides about messages that the owner has. */
  settle(owner: string, decisions: readonly Decision[]): Promise<void>;
  /**
   * Messages in the order in which they came.
   * @param options.after place of the last one of the page before, or 0
   * @param options.bodyBytes so many of each body; all without it
   */
  peek(options: { readonly after: number; readonly limit: number; readonly bodyBytes?: number }): Promise<
    readonly ShownMessage[]
  >;
  /** Those of these ids that are there. @param bodyBytes so many of each body; all without it */
  read(ids: readonly string[], bodyBytes?: number): Promise<readonly ShownMessage[]>;
  /** Deletes messages that no consumer has now. */
  remove(ids: readonly string[], now: number): Promise<void>;
  /**
   * Puts dead letters back into the queue they came from, at once to be delivered. A kill in the middle leaves one in
   * both queues, never in none.
   * @param options.to the queue
   * @param options.maxBytes that it may hold
   * @returns what became of each id
   * @throws {BindingError} with the code STORAGE_FULL; then all are where they were
   */
  moveBack(
    ids: readonly string[],
    options: { readonly to: string; readonly maxBytes: number; readonly now: number },
  ): Promise<readonly MoveOutcome[]>;
  /** Deletes the oldest. @returns how many */
  purge(limit: number): Promise<number>;
  /** Kept as a sum: apps may ask as often as they like. */
  backlog(): Promise<Backlog>;
  /** Counts messages, of which there may be a million. */
  info(now: number): Promise<QueueInfo>;
}

/** The queue of a name in the data thread. */
export function queueStore(thread: DataThread, name: string): QueueStore {
  const run = (operation: Parameters<DataThread["run"]>[1], args: readonly Plain[]) =>
    thread.run(`queues/${name}`, operation, args);
  return {
    async send(messages, maxBytes) {
      const facts = messages.flatMap(({ id, sent, visible, type, origin, body }) => //
      [id, sent, visible, type, origin, body.byteLength]);
      const values = await run("queue.send", [maxBytes, joined(messages.map(({ body }) => body)), ...facts]);
      return { ...backlogOf(values), storedBytes: values[3] as number };
    },
    async take({ owner, now, limit, waitMs, until }) {
      const values = await run("queue.take", [owner, now, limit, waitMs, until]);
      const messages = rows(values.slice(5), 6).map(([seq, id, sent, failures, type, size]) =>
        ({ seq, id, sent, failures, type, size }) as TakenMessage
      );
      const bodies = values[4] as Uint8Array<ArrayBuffer> | null ?? new Uint8Array();
      return { backlog: backlogOf(values), nextAt: values[3] as number | null, bodies, messages };
    },
    async settle(owner, decisions) {
      await run("queue.settle", [owner, ...decisions.flatMap(({ seq, outcome, visible }) => [seq, outcome, visible])]);
    },
    peek: async ({ after, limit, bodyBytes = ALL_BYTES }) => shown(await run("queue.peek", [after, limit, bodyBytes])),
    read: async (ids, bodyBytes = ALL_BYTES) => shown(await run("queue.read", [bodyBytes, ...ids])),
    async remove(ids, now) {
      await run("queue.remove", [now, ...ids]);
    },
    async moveBack(ids, { to, maxBytes, now }) {
      return await run("queue.move", [to, maxBytes, now, ...ids]) as readonly MoveOutcome[];
    },
    purge: async (limit) => (await run("queue.purge", [limit]))[0] as number,
    backlog: async () => backlogOf(await run("queue.backlog", [])),
    async info(now) {
      const values = await run("queue.info", [now]);
      const [delayed, leased, storedBytes] = values.slice(3) as number[];
      return { ...backlogOf(values), delayed: delayed!, leased: leased!, storedBytes: storedBytes! };
    },
  };
}

function backlogOf([messages, bytes, oldest]: readonly Plain[]): Backlog {
  return { messages: messages as number, bytes: bytes as number, oldest: oldest as number | null };
}

/** Messages out of what a queue tells of them, one after the other. */
export function shown(values: readonly Plain[]): ShownMessage[] {
  return rows(values, 10).map(([seq, id, sent, visible, isLeased, failures, type, origin, size, body]) =>
    ({ seq, id, sent, visible, isLeased, failures, type, origin, size, body }) as ShownMessage
  );
}

function rows(values: readonly Plain[], width: number): Plain[][] {
  return Array.from({ length: values.length / width }, (_, at) => values.slice(at * width, (at + 1) * width));
}

/** Bodies, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
