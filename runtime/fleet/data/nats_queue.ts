/**
 * A queue on NATS servers. One node at a time delivers from it (queue_owners.ts): who has a message is known in its memory
 * alone, and a message that it had when it was killed is delivered again.
 */
import { queueFull, tooManyMessages } from "../../data/queue_refusals.ts";
import {
  ALL_BYTES,
  type Backlog,
  type Decision,
  joined,
  type MoveOutcome,
  type QueueInfo,
  type QueueStore,
  type SentMessage,
  type ShownMessage,
  type Taken,
} from "../../data/queue_store.ts";
import type { Reached } from "../nats_session.ts";
import { atOnce } from "../at_once.ts";
import type { PatientCalls } from "./patient_calls.ts";
import { type QueueEntry, QueueIndex } from "./queue_index.ts";
import { QueueLeases } from "./queue_leases.ts";
import { QueueMessages, shownMessage } from "./queue_messages.ts";
import type { QueueOwners } from "./queue_owners.ts";
import type { QueueNames } from "./store_names.ts";
import { StreamRoom } from "./stream_room.ts";
import { unlessMissing } from "./unless_missing.ts";

/** Messages under way at once by one call; in order, as the servers take them from one connection. */
const AT_ONCE = 32;
/** What servers keep of a message beside its body: its subject, its facts, its place. */
const MESSAGE_BYTES = 300;
/** The node that delivers has as many in its memory, without their bodies: some 30 MB. */
const MAX_MESSAGES = 100_000;
/** A node that does not deliver looks again whether the one that does is alive, and for what it has not heard of. */
const LOOK_MS = 5_000;

const EMPTY: Backlog = { messages: 0, bytes: 0, oldest: null };

type TakeOptions = Parameters<QueueStore["take"]>[0];

/** What a queue works with. */
export interface NatsQueueTools {
  readonly calls: PatientCalls;
  readonly names: QueueNames;
  readonly name: string;
  readonly replicas: number;
  readonly owners: QueueOwners;
  /** Tells all nodes that something was sent to it. */
  readonly hint: (reached: Reached, queue: string) => void;
  /** Other queues of the fleet. */
  readonly open: (name: string) => NatsQueue;
}

/** A queue, which is made with the first message that is sent to it. */
export class NatsQueue implements QueueStore {
  readonly #tools: NatsQueueTools;
  readonly #index: QueueIndex;
  readonly #messages: QueueMessages;
  readonly #room: StreamRoom;
  readonly #leases: QueueLeases;

  constructor(tools: NatsQueueTools) {
    this.#tools = tools;
    this.#index = new QueueIndex(tools.names);
    this.#messages = new QueueMessages(tools.names);
    this.#room = new StreamRoom(tools.names.stream);
    this.#leases = new QueueLeases(tools.names.leases, () => this.#index.leases);
  }

  async send(messages: readonly SentMessage[], maxBytes: number): Promise<Backlog & { readonly storedBytes: number }> {
    const { calls, hint, name } = this.#tools;
    const bytes = messages.reduce((sum, { body }) => sum + body.byteLength + MESSAGE_BYTES, 0);
    const needed = { maxBytes, messages: messages.length, maxMessages: MAX_MESSAGES };
    const isKept = await calls.change("send to a queue", {
      run: async (reached) => {
        if (!await this.#room.has(reached, bytes, needed)) return false;
        try {
          await atOnce(
            messages,
            AT_ONCE,
            (message) => this.#messages.publish(reached, { ...message, failures: 0 }, message.body),
          );
        } finally {
          // Without an answer too: some may be there.
          hint(reached, name);
        }
        return true;
      },
      prepare: (reached) => this.#messages.make(reached, this.#tools.replicas),
    });
    if (!isKept) throw this.#room.bytes + bytes > maxBytes ? queueFull(maxBytes) : tooManyMessages(MAX_MESSAGES);
    this.#room.add(bytes, messages.length);
    return { ...await this.backlog(), storedBytes: this.#room.bytes };
  }

  async take({ until, ...wanted }: TakeOptions): Promise<Taken> {
    const { owner, now } = wanted;
    const none = { backlog: EMPTY, messages: [], bodies: new Uint8Array(), nextAt: now + LOOK_MS };
    const found = await this.#tools.calls.read<Ready | null>(
      "take from a queue",
      null,
      (reached) => this.#ready(reached, wanted),
    );
    if (found === null) return none;
    const backlog = this.#index.totals;
    // Only now, as a try that was given up takes nothing; what has changed while bodies were read is left.
    const taken = found.entries.filter(({ entry }) => this.#index.has(entry) && entry.lease === null);
    if (taken.length === 0) return { ...none, backlog, nextAt: Math.min(found.nextAt ?? now, now + LOOK_MS) };
    for (const { entry } of taken) entry.lease = { owner, until };
    return {
      backlog,
      messages: taken.map(({ entry: { seq, id, sent, failures, type, size } }) => ({
        ...{ seq, id, sent, failures, type, size },
      })),
      bodies: joined(taken.map(({ body }) => body)),
      nextAt: null,
    };
  }

  async settle(owner: string, decisions: readonly Decision[]): Promise<void> {
    const { calls, owners, name, hint } = this.#tools;
    const had = this.#index.leased(owner, decisions.map(({ seq }) => seq));
    await this.#index.changing(() =>
      atOnce(decisions, AT_ONCE, async ({ seq, outcome, visible }) => {
        const entry = had.get(seq);
        if (entry === undefined) return;
        if (outcome === "release") {
          entry.lease = null;
          entry.visible = visible;
          return;
        }
        await this.#change("settle messages of a queue", async (reached) => {
          if (outcome === "ack") await this.#messages.delete(reached, seq);
          else await this.#messages.replace(reached, entry, visible);
        });
        this.#index.drop(entry);
      })
    );
    // Its app takes none here: on another node it may.
    if (decisions.some(({ outcome }) => outcome !== "release") || this.#index.leases.size > 0) return;
    this.#leases.quiet();
    await calls.call("leave a queue to another node", async (reached) => {
      await owners.giveUp(reached, name);
      hint(reached, name);
    });
  }

  async peek({ after, limit, bodyBytes = ALL_BYTES }: {
    readonly after: number;
    readonly limit: number;
    readonly bodyBytes?: number;
  }): Promise<readonly ShownMessage[]> {
    return await this.#tools.calls.read("list messages of a queue", [], async (reached) => {
      await this.#index.follow(reached);
      const leases = await this.#leased(reached);
      const page = this.#index.ordered.filter(({ seq }) => seq > after).slice(0, limit);
      const shown = await atOnce(page, AT_ONCE, async (entry) => {
        const body = bodyBytes === 0 ? new Uint8Array() : await this.#messages.body(reached, entry);
        return body === null ? [] : [shownMessage(entry, body.subarray(0, bodyBytes), leases)];
      });
      return shown.flat();
    });
  }

  async read(ids: readonly string[], bodyBytes: number = ALL_BYTES): Promise<readonly ShownMessage[]> {
    return await this.#tools.calls.read("read messages of a queue", [], async (reached) => {
      const leases = await this.#leased(reached);
      const found = await atOnce(ids, AT_ONCE, (id) => this.#messages.newest(reached, id));
      return found.filter((one) => one !== null).map(({ facts, seq, body }) =>
        shownMessage({ ...facts, seq }, body.slice(0, bodyBytes), leases)
      );
    });
  }

  async remove(ids: readonly string[], now: number): Promise<void> {
    await this.#tools.calls.read("remove messages of a queue", undefined, async (reached) => {
      const leases = await this.#leased(reached);
      await atOnce(ids, AT_ONCE, async (id) => {
        const found = await this.#messages.newest(reached, id);
        if (found !== null && (leases.get(id) ?? 0) <= now) await this.#messages.delete(reached, found.seq);
      });
    });
  }

  async moveBack(ids: readonly string[], { to, maxBytes, now }: {
    readonly to: string;
    readonly maxBytes: number;
    readonly now: number;
  }): Promise<readonly MoveOutcome[]> {
    const origin = this.#tools.open(to);
    const found = new Map((await this.read(ids)).map((message) => [message.id, message]));
    const doubled = new Set((await origin.read(ids, 0)).map(({ id }) => id));
    const outcomes = ids.map((id): MoveOutcome => {
      const message = found.get(id);
      if (message === undefined) return "missing";
      if (message.origin !== to) return "foreign";
      if (message.isLeased && message.visible > now) return "leased";
      return doubled.has(id) ? "doubled" : "moved";
    });
    const moved = [...new Set(ids.filter((_, at) => outcomes[at] === "moved"))].map((id) => found.get(id)!);
    if (moved.length === 0) return outcomes;
    const sent = moved.map(({ id, sent, type, body }) => ({ ...{ id, sent, type, body }, visible: now, origin: null }));
    await origin.send(sent, maxBytes);
    await this.#change(
      "remove dead letters",
      async (reached) => void await atOnce(moved, AT_ONCE, ({ seq }) => this.#messages.delete(reached, seq)),
    );
    return outcomes;
  }

  async purge(limit: number): Promise<number> {
    return await this.#tools.calls.read("purge a queue", 0, async (reached) => {
      await this.#index.follow(reached);
      const oldest = this.#index.ordered.slice(0, limit);
      if (oldest.length === 0) return 0;
      const { stream, messages } = this.#tools.names;
      await this.#index.changing(async () => {
        await reached.jsm.streams.purge(stream, { filter: `${messages}>`, seq: oldest.at(-1)!.seq + 1 });
        for (const entry of oldest) this.#index.drop(entry);
      });
      return oldest.length;
    });
  }

  async backlog(): Promise<Backlog> {
    return await this.#tools.calls.read("count messages of a queue", EMPTY, async (reached) => {
      const { messages, bytes, first } = await this.#room.look(reached);
      return messages === 0 ? EMPTY : { messages, bytes, oldest: await this.#messages.sentOf(reached, first) };
    });
  }

  async info(now: number): Promise<QueueInfo> {
    const none = { ...EMPTY, delayed: 0, leased: 0, storedBytes: 0 };
    return await this.#tools.calls.read("count messages of a queue", none, async (reached) => {
      await this.#index.follow(reached);
      const { bytes: storedBytes } = await this.#room.look(reached);
      const leases = await this.#leased(reached);
      let delayed = 0;
      for (const { id, visible } of this.#index.entries) if (!leases.has(id) && visible > now) delayed++;
      const leased = [...leases.values()].filter((until) => until > now).length;
      return { ...this.#index.totals, delayed, leased, storedBytes };
    });
  }

  /** A batch with its bodies, when one is due; null when another node delivers. */
  async #ready(
    reached: Reached,
    { owner, now, limit, waitMs }: Omit<TakeOptions, "until">,
  ): Promise<Ready | null> {
    const { owners, name } = this.#tools;
    if (!await owners.takes(reached, name, () => this.#index.leases.size > 0)) {
      this.#leases.quiet();
      return null;
    }
    this.#leases.tell(reached);
    this.#index.free(owner, now);
    // What is known fills a batch, or what is not known might.
    if (this.#index.ready(now, limit).length < limit) await this.#index.follow(reached);
    for (;;) {
      const ready = this.#index.ready(now, limit);
      const due = ready.length === 0 ? null : ready[0]!.visible + waitMs;
      if (due === null || (ready.length < limit && now < due)) {
        const times = [due, this.#index.next(now), now + LOOK_MS].filter((at) => at !== null);
        return { entries: [], nextAt: Math.min(...times) };
      }
      const entries = await atOnce(ready, AT_ONCE, async (entry) => {
        const body = await this.#messages.body(reached, entry);
        // Somebody has removed it.
        if (body === null) this.#index.drop(entry);
        return body === null ? [] : [{ entry, body }];
      });
      if (entries.flat().length > 0) return { entries: entries.flat(), nextAt: null };
    }
  }

  async #leased(reached: Reached): Promise<ReadonlyMap<string, number>> {
    const { owners, name } = this.#tools;
    return owners.has(name) ? this.#index.leases : await this.#leases.ask(reached);
  }

  #change(action: string, run: (reached: Reached) => Promise<void>): Promise<void> {
    return unlessMissing(undefined, () => this.#tools.calls.change(action, { run }));
  }
}

/** What a take finds. */
interface Ready {
  readonly entries: readonly { readonly entry: QueueEntry; readonly body: Uint8Array }[];
  readonly nextAt: number | null;
}
