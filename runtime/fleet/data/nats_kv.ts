/**
 * A KV namespace on NATS servers. A change of a key is a compare-and-set on its newest message, so that a try that comes
 * late changes nothing; reads ask the stream's leader, so that what was put on one node is there for the next read on any.
 */
import { bulkTooLong, MAX_BULK_BYTES, namespaceFull } from "../../data/kv_refusals.ts";
import { type KvEntry, type KvSize, type KvStore, shownAs, type StoredKeyPage } from "../../data/kv_store.ts";
import type { Plain } from "../../protocol/binding_call.ts";
import type { Reached } from "../nats_session.ts";
import { atOnce } from "../at_once.ts";
import { ensureStore } from "./ensure_store.ts";
import { COUNTED_EXACTLY, DELETED_SECONDS, ENTRIES_AT_ONCE, KeyEntries, SWEPT_A_LIST } from "./key_entries.ts";
import { KeyTurns } from "./key_turns.ts";
import { decodeEntry, encodeEntry, type KvFacts, type KvKept } from "./kv_entry.ts";
import { keyOf, keyPart, type KvNames } from "./store_names.ts";
import { KvPartsOf } from "./kv_parts.ts";
import { StreamRoom } from "./stream_room.ts";
import { unlessMissing } from "./unless_missing.ts";
import type { PatientCalls } from "./patient_calls.ts";

/** Longer values are kept apart, as who lists keys reads all that stands under each. */
const WHOLE_BYTES = 16_384;
/** Parts outlive the entry that names them. */
const PARTS_MARGIN_SECONDS = 3_600;

const NO_BYTES = new Uint8Array();

/** What a namespace works with. */
export interface NatsKvTools {
  readonly calls: PatientCalls;
  readonly names: KvNames;
  /** Copies, when its stream is made. */
  readonly replicas: number;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** A namespace, which is made with the first write to it. */
export class NatsKv implements KvStore {
  readonly #tools: NatsKvTools;
  readonly #parts: KvPartsOf;
  readonly #room: StreamRoom;
  readonly #entries: KeyEntries<Pick<KvKept, "facts" | "value">>;
  readonly #turns = new KeyTurns();

  constructor(tools: NatsKvTools) {
    this.#tools = tools;
    this.#parts = new KvPartsOf(tools.names);
    this.#room = new StreamRoom(tools.names.stream);
    this.#entries = new KeyEntries(tools.names, decodeEntry);
  }

  async get(key: string, maxBytes: number): Promise<KvEntry | null> {
    return await this.#tools.calls.read("get a value", null, async (reached) => {
      const entry = await this.#alive(reached, keyPart(key));
      if (entry === null) return null;
      const { size, metadata } = entry.facts;
      const value = size > maxBytes ? null : shownAs(await this.#valueOf(reached, keyPart(key), entry));
      return { size, value, metadata };
    });
  }

  async getMany(keys: readonly string[], maxBytes: number): Promise<readonly Plain[] | null> {
    const none = keys.flatMap(() => [null, null]);
    const found = await this.#tools.calls.read<readonly Plain[] | "more">("get values", none, async (reached) => {
      const entries = await atOnce(keys, ENTRIES_AT_ONCE, (key) => this.#alive(reached, keyPart(key)));
      const bytes = entries.reduce((sum, entry) => sum + (entry?.facts.size ?? 0), 0);
      if (bytes > maxBytes) return "more";
      const values = await atOnce(entries, ENTRIES_AT_ONCE, async (entry, at) => {
        if (entry === null) return [null, null];
        return [await this.#valueOf(reached, keyPart(keys[at]!), entry), entry.facts.metadata];
      });
      return values.flat();
    });
    if (found !== "more") return found;
    if (maxBytes < MAX_BULK_BYTES) return null;
    throw bulkTooLong();
  }

  async put(key: string, value: Uint8Array, { expires, metadata, maxBytes }: {
    readonly expires: number | null;
    readonly metadata: string | null;
    readonly maxBytes: number;
  }): Promise<number> {
    const bytes = value.byteLength + (metadata?.length ?? 0);
    const facts = { id: crypto.randomUUID(), isDeleted: false, size: value.byteLength, expires, metadata, parts: null };
    const isKept = await this.#change("put a value", key, {
      run: async (reached, part) => {
        if (!await this.#room.has(reached, bytes, { maxBytes })) return false;
        await this.#replace(reached, part, facts, value);
        return true;
      },
      prepare: (reached) => this.#make(reached),
    });
    if (!isKept) throw namespaceFull(maxBytes);
    this.#room.add(bytes);
    return this.#room.bytes;
  }

  async delete(key: string): Promise<number> {
    const id = crypto.randomUUID();
    const facts = { id, isDeleted: true, size: 0, expires: null, metadata: null, parts: null };
    const run = async (reached: Reached, part: string) => {
      if (await this.#alive(reached, part) !== null) await this.#replace(reached, part, facts, NO_BYTES);
    };
    await unlessMissing(null, () => this.#change("delete a key", key, { run }));
    return this.#room.bytes;
  }

  async list({ prefix, cursor, limit }: {
    readonly prefix: string;
    readonly cursor: string | null;
    readonly limit: number;
  }): Promise<StoredKeyPage> {
    return await this.#tools.calls.read("list keys", { keys: "[]", cursor: null }, async (reached) => {
      const parts = (await this.#entries.parts(reached, keyPart(prefix))).filter((part) => part > (cursor ?? ""));
      const found: { part: string; expires: number | null; metadata: string | null }[] = [];
      const ended: [part: string, entry: KvKept][] = [];
      // One more, to know whether there is one.
      for (let at = 0; at < parts.length && found.length <= limit;) {
        const some = parts.slice(at, at += limit + 1 - found.length);
        const entries = await this.#entries.newestOf(reached, some);
        entries.forEach((entry, index) => {
          const part = some[index]!;
          if (entry === null) return;
          if (this.#isAlive(entry)) found.push({ part, expires: entry.facts.expires, metadata: entry.facts.metadata });
          else ended.push([part, entry]);
        });
      }
      await this.#sweep(reached, ended);
      const shown = found.slice(0, limit);
      const keys = shown.map(({ part, expires, metadata }) => ({ name: keyOf(part), expires, metadata }));
      return { keys: JSON.stringify(keys), cursor: found.length > limit ? shown.at(-1)!.part : null };
    });
  }

  async count(maxKeys: number): Promise<KvSize> {
    return await this.#tools.calls.read("count keys", { bytes: 0, keys: 0, hasMoreKeys: false }, async (reached) => {
      const parts = await this.#entries.parts(reached, "");
      const { bytes } = await this.#room.look(reached);
      if (parts.length > COUNTED_EXACTLY) {
        return { bytes, keys: Math.min(parts.length, maxKeys), hasMoreKeys: parts.length >= maxKeys };
      }
      const entries = await atOnce(parts, ENTRIES_AT_ONCE, (part) => this.#alive(reached, part));
      return { bytes, keys: entries.filter((entry) => entry !== null).length, hasMoreKeys: false };
    });
  }

  async #alive(reached: Reached, part: string): Promise<KvKept | null> {
    const entry = await this.#entries.newest(reached, part);
    return entry !== null && this.#isAlive(entry) ? entry : null;
  }

  #isAlive({ facts: { isDeleted, expires } }: KvKept): boolean {
    return !isDeleted && (expires === null || expires > this.#seconds);
  }

  get #seconds(): number {
    return Math.floor(this.#tools.now() / 1000);
  }

  /** @throws {Error} when it was replaced meanwhile, which is asked again */
  async #valueOf(reached: Reached, part: string, { facts, value }: KvKept): Promise<Uint8Array<ArrayBuffer>> {
    if (facts.parts === null) return value.slice() as Uint8Array<ArrayBuffer>;
    const whole = await this.#parts.get(reached, part, facts.parts, facts.size);
    if (whole === null) throw new Error("parts of a value are missing");
    return whole as Uint8Array<ArrayBuffer>;
  }

  /** Puts an entry in the place of the newest one. @throws when somebody else was quicker */
  async #replace(reached: Reached, part: string, facts: KvFacts, value: Uint8Array): Promise<void> {
    const old = await this.#entries.newest(reached, part);
    // An earlier try, whose answer was lost.
    if (old?.facts.id === facts.id) return;
    const { isTimed } = await this.#room.known(reached);
    const seconds = facts.isDeleted ? DELETED_SECONDS : facts.expires === null ? null : facts.expires - this.#seconds;
    const ttl = (margin: number) => isTimed && seconds !== null ? `${Math.max(1, seconds) + margin}s` : null;
    const isLong = value.byteLength > WHOLE_BYTES;
    const parts = isLong ? await this.#parts.put(reached, part, value, ttl(PARTS_MARGIN_SECONDS)) : null;
    // A second more: it ends by the clocks of the nodes.
    const own = ttl(1);
    const { seq } = await reached.js.publish(
      `${this.#tools.names.entries}${part}`,
      encodeEntry({ ...facts, parts }, isLong ? NO_BYTES : value),
      { expect: { lastSubjectSequence: old?.sequence ?? 0 }, ...own === null ? {} : { ttl: own } },
    );
    if (parts === null && (old?.facts.parts ?? null) === null) return;
    // What it leaves goes with the next long value of the key: the change itself is done.
    await this.#parts.remove(reached, part, { before: seq, own: parts }).catch(() => {});
  }

  /** Removes messages of keys that ended long ago, from servers that do not do it by themselves. */
  async #sweep({ jsm }: Reached, ended: readonly (readonly [part: string, entry: KvKept])[]): Promise<void> {
    const { stream, entries, parts } = this.#tools.names;
    const before = this.#tools.now() - DELETED_SECONDS * 1000;
    const old = ended.filter(([, { at, facts }]) => Math.max(at, (facts.expires ?? 0) * 1000) < before);
    // The next list finds what is left.
    await Promise.allSettled(
      old.slice(0, SWEPT_A_LIST).map(async ([part, { sequence }]) => {
        await jsm.streams.purge(stream, { filter: `${parts}${part}.>`, seq: sequence });
        await jsm.streams.purge(stream, { filter: `${entries}${part}`, seq: sequence + 1 });
      }),
    );
  }

  #change<T>(action: string, key: string, { run, prepare = null }: {
    readonly run: (reached: Reached, part: string) => Promise<T>;
    readonly prepare?: ((reached: Reached) => Promise<void>) | null;
  }): Promise<T> {
    const part = keyPart(key);
    return this.#turns.take(
      part,
      () => this.#tools.calls.change(action, { run: (reached) => run(reached, part), prepare }),
    );
  }

  async #make(reached: Reached): Promise<void> {
    const { names: { stream, entries, parts }, replicas } = this.#tools;
    await ensureStore(reached, { stream, starts: [entries, parts], replicas });
  }
}
