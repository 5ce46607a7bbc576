/** A fleet's engine on NATS servers with JetStream. Order and compare-and-set come from one stream's sequence. */
import { messageOf } from "../errors.ts";
import type { NatsEngine } from "./engine_config.ts";
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
import { NatsBlobs } from "./nats_blobs.ts";
import { natsChanges } from "./nats_changes.ts";
import { natsFailure } from "./nats_failures.ts";
import { hint, listenTo } from "./nats_hints.ts";
import { giveBack, take } from "./nats_holds.ts";
import { type NatsNames, natsNames, subjectPart } from "./nats_names.ts";
import { NatsSession, type Reached } from "./nats_session.ts";
import { ensureStreams } from "./nats_streams.ts";
import { decodeRecord, encodeRecord } from "./record_text.ts";

/** A node that does not get the head soon looks again soon. */
const HEAD_MS = 5_000;

/** A handle on the servers; nothing is asked of them before the first call. */
export class NatsStore implements FleetStore {
  readonly engine = "nats";
  readonly #engine: NatsEngine;
  readonly #names: NatsNames;
  readonly #session: NatsSession;
  readonly #blobs: NatsBlobs;
  readonly #hints = new Hints();

  constructor(engine: NatsEngine) {
    this.#engine = engine;
    this.#names = natsNames(engine.space);
    this.#session = new NatsSession(engine, (reached) => this.#prepare(reached));
    this.#blobs = new NatsBlobs(this.#session, { names: this.#names, graceMs: engine.times.blobGraceMs });
  }

  head(): Promise<FleetHead> {
    return this.#call("ask the fleet's engine for its newest change", (reached) => this.#head(reached), HEAD_MS);
  }

  found(epoch: string, replacing: string | null = null): Promise<boolean> {
    return this.#call("found a fleet", async (reached) => {
      const stands = await this.#epoch(reached);
      // An earlier try of it, whose answer was lost.
      if (stands?.epoch === epoch) return true;
      if ((stands?.epoch ?? null) !== replacing) return false;
      const expect = { lastSubjectSequence: stands?.sequence ?? 0 };
      try {
        await reached.js.publish(this.#names.epoch, epoch, { expect });
      } catch (error) {
        if (natsFailure(error) !== "conflict") throw error;
        return (await this.#epoch(reached))?.epoch === epoch;
      }
      this.#hint(reached);
      return true;
    });
  }

  async *since(revision: number): AsyncGenerator<FleetRecord, void> {
    const action = "read the fleet's changes";
    const { reached, head } = await this.#call(action, async (reached) => ({
      reached,
      head: await this.#state(reached),
    }));
    try {
      yield* natsChanges(reached, { names: this.#names, after: revision, until: head });
    } catch (error) {
      throw fleetUnavailable(action, error);
    }
  }

  async write(record: NewRecord, expected: WriteBase): Promise<WriteOutcome> {
    const bytes = encodeRecord(record);
    const subject = `${this.#names.prefixes.state}${subjectPart(record.key)}`;
    let isFirst = true;
    return await this.#call("write to the fleet", async (reached) => {
      const mayBeStored = !isFirst;
      isFirst = false;
      if ((await this.#epoch(reached))?.epoch !== expected.epoch) return { outcome: "conflict" };
      try {
        const { ofKey, revision: lastSequence } = expected;
        const expect = { lastSequence, ...ofKey === undefined ? {} : { lastSubjectSequence: ofKey } };
        const ack = await reached.js.publish(subject, bytes, { expect });
        // Only messages with an id of NATS are ever found to be duplicates, and ours have none: what then was stored?
        if (ack.duplicate) throw new Error("the server took it for a duplicate");
        return { outcome: "written", revision: ack.seq };
      } catch (error) {
        if (natsFailure(error) !== "conflict") throw error;
        if (!mayBeStored) return { outcome: "conflict" };
        // What collides may be our own earlier try, which the servers have not settled yet.
        if (await this.#state(reached) <= expected.revision) throw new Error("an earlier try is under way");
        const newest = await this.#newest(reached, subject);
        return newest?.id === record.id ? { outcome: "written", revision: newest.revision } : { outcome: "conflict" };
      } finally {
        // Without an answer too: it may be stored.
        this.#hint(reached);
      }
    });
  }

  putBlob(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void> {
    return this.#blobs.put(sha256, archive);
  }

  getBlob(sha256: string): Promise<ReadableStream<Uint8Array> | null> {
    return this.#blobs.get(sha256);
  }

  removeBlobs(keep: ReadonlySet<string>): Promise<number> {
    return this.#blobs.remove(keep);
  }

  lease(name: string, holder: string): Promise<boolean> {
    const at = { ...this.#subjectOf("leases", name), holder, renews: true };
    return this.#call("take a lease", (reached) => take(reached, at));
  }

  release(name: string, holder: string): Promise<void> {
    const at = { ...this.#subjectOf("leases", name), holder };
    return this.#call("give a lease back", (reached) => giveBack(reached, at));
  }

  claim(name: string, holder: string): Promise<boolean> {
    const at = { ...this.#subjectOf("claims", name), holder, renews: false };
    return this.#call("claim a turn", (reached) => take(reached, at));
  }

  announce(node: NodeReport): Promise<void> {
    const { subject } = this.#subjectOf("nodes", node.name);
    return this.#call("announce this node", async ({ js }) => void await js.publish(subject, JSON.stringify(node)));
  }

  nodes(): Promise<readonly HeardReport[]> {
    const stream = this.#names.streams.nodes;
    return this.#call("read the fleet's nodes", async ({ jsm }) => {
      const filter = `${this.#names.prefixes.nodes}>`;
      const { state } = await jsm.streams.info(stream, { subjects_filter: filter });
      const said = await Promise.all(
        Object.keys(state.subjects ?? {}).map((subject) => jsm.streams.getMessage(stream, { last_by_subj: subject })),
      );
      const nodes = said.filter((message) => message !== null)
        .map((message): HeardReport => ({ ...message.json<NodeReport>(), heardAt: message.time.getTime() }));
      return nodes.sort((a, b) => a.name < b.name ? -1 : 1);
    });
  }

  onChange(listener: () => void): Disposable {
    return this.#hints.listen(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hints.clear();
    await this.#session[Symbol.asyncDispose]();
  }

  async #prepare(reached: Reached): Promise<void> {
    await ensureStreams(reached.jsm, this.#names, this.#engine);
    listenTo(reached.connection, this.#names.changed, () => this.#hints.tell());
  }

  #hint({ connection }: Reached): void {
    hint(connection, this.#names.changed);
  }

  async #head(reached: Reached): Promise<FleetHead> {
    const [revision, stands] = await Promise.all([this.#state(reached), this.#epoch(reached)]);
    return { revision, epoch: stands?.epoch ?? null };
  }

  /** Of the stream, asked of its leader. */
  async #state({ jsm }: Reached): Promise<number> {
    return (await jsm.streams.info(this.#names.streams.state)).state.last_seq;
  }

  async #epoch({ jsm }: Reached): Promise<{ readonly epoch: string; readonly sequence: number } | null> {
    const message = await jsm.streams.getMessage(this.#names.streams.state, { last_by_subj: this.#names.epoch });
    return message && { epoch: message.string(), sequence: message.seq };
  }

  async #newest({ jsm }: Reached, subject: string): Promise<FleetRecord | null> {
    const message = await jsm.streams.getMessage(this.#names.streams.state, { last_by_subj: subject });
    return message && decodeRecord(message.data, message.seq);
  }

  #subjectOf(kind: "leases" | "claims" | "nodes", name: string): { readonly stream: string; readonly subject: string } {
    return { stream: this.#names.streams[kind], subject: `${this.#names.prefixes[kind]}${subjectPart(name)}` };
  }

  /** Streams that are gone, as after a wipe, are made again, and then it is as if nothing had ever been there. */
  async #call<T>(action: string, run: (reached: Reached) => Promise<T>, callMs?: number): Promise<T> {
    const options = callMs === undefined ? {} : { callMs };
    try {
      return await this.#session.call(action, run, options);
    } catch (error) {
      if (natsFailure(error) !== "missing") throw error;
    }
    try {
      return await this.#session.call(action, async (reached) => {
        await ensureStreams(reached.jsm, this.#names, this.#engine);
        return await run(reached);
      }, options);
    } catch (error) {
      throw natsFailure(error) === "missing" ? fleetUnavailable(action, new Error(messageOf(error))) : error;
    }
  }
}
