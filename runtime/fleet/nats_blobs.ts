/**
 * Archives on NATS: chunks as plain messages, and one that says how many there are once all are stored.
 *
 * Not by the client's object store: each read of it leaves a consumer behind for minutes, of which a stream may have
 * 1,000, it reads at a sixth of the speed, and 2.9 servers lost objects that were acknowledged.
 */
import { chunksAhead } from "./chunks_ahead.ts";
import { keptPart, PART_BYTES, PARTS_AT_ONCE } from "./kept_part.ts";
import { digested } from "./digested.ts";
import { fleetUnavailable } from "./fleet_store.ts";
import { subjectPart } from "./nats_names.ts";
import type { NatsNames } from "./nats_names.ts";
import { natsFailure } from "./nats_failures.ts";
import type { NatsSession, Reached } from "./nats_session.ts";

/** Of one chunk with all its tries. */
const CHUNK_MS = 30_000;

/** What the message after all chunks says; 0 chunks is an empty archive, `null` one that is being removed. */
interface Whole {
  readonly chunks: number;
}

interface Stored {
  readonly whole: Whole | null;
  readonly sequence: number;
  readonly at: Date;
}

/** The archives of a space. */
export class NatsBlobs {
  readonly #session: NatsSession;
  readonly #names: NatsNames;
  readonly #graceMs: number;

  constructor(session: NatsSession, { names, graceMs }: { readonly names: NatsNames; readonly graceMs: number }) {
    this.#session = session;
    this.#names = names;
    this.#graceMs = graceMs;
  }

  async put(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void> {
    if (await this.#touch(sha256)) {
      await archive.cancel();
      return;
    }
    const underWay = new Set<Promise<void>>();
    let chunks = 0;
    for await (const chunk of digested(archive, { sha256, chunkBytes: PART_BYTES })) {
      const stored = this.#publish(this.#subject(sha256, chunks++), chunk).finally(() => underWay.delete(stored));
      underWay.add(stored);
      // The first failure is thrown below, or by the next wait.
      stored.catch(() => {});
      if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    await this.#publish(this.#subject(sha256, "whole"), JSON.stringify({ chunks } satisfies Whole));
  }

  async get(sha256: string): Promise<ReadableStream<Uint8Array> | null> {
    const chunks = (await this.#call("fetch an archive", (reached) => this.#stored(reached, sha256)))?.whole?.chunks;
    if (chunks === undefined) return null;
    return chunksAhead((chunk) => this.#chunk(sha256, chunk), { chunks, atOnce: PARTS_AT_ONCE });
  }

  async remove(keep: ReadonlySet<string>): Promise<number> {
    const { now, subjects } = await this.#call("remove archives", async ({ jsm }) => {
      const info = await jsm.streams.info(this.#names.streams.blobs, {
        subjects_filter: `${this.#names.prefixes.blobs}>`,
      });
      // Servers before 2.10 do not say what time it is; ages are then by this machine's clock.
      return {
        now: info.ts ? Date.parse(String(info.ts)) : Date.now(),
        subjects: Object.keys(info.state.subjects ?? {}),
      };
    });
    const parts = this.#names.prefixes.blobs.length;
    const there = new Set(subjects.map((subject) => subject.slice(parts, subject.lastIndexOf("."))));
    let removed = 0;
    for (const sha256 of there) {
      if (keep.has(sha256)) continue;
      if (await this.#call("remove an archive", (reached) => this.#remove(reached, sha256, now - this.#graceMs))) {
        removed++;
      }
    }
    return removed;
  }

  /** Starts the grace of an archive anew, if all of it is there: its record is about to be written. */
  #touch(sha256: string): Promise<boolean> {
    return this.#call("keep an archive", async (reached) => {
      const stored = await this.#stored(reached, sha256);
      if (!stored?.whole) return false;
      const filter = `${this.#names.prefixes.blobs}${subjectPart(sha256)}.>`;
      const { state } = await reached.jsm.streams.info(this.#names.streams.blobs, { subjects_filter: filter });
      if (Object.keys(state.subjects ?? {}).length !== stored.whole.chunks + 1) return false;
      return await this.#say(reached, sha256, stored.whole, stored.sequence) !== null;
    });
  }

  /**
   * In three steps, so that nobody who keeps the same archive anew is robbed: what says that it is whole is replaced by
   * what says that it goes, unless it was touched; then everything until there is removed, and nothing that came later.
   */
  async #remove(reached: Reached, sha256: string, before: number): Promise<boolean> {
    const stored = await this.#stored(reached, sha256) ?? await this.#stored(reached, sha256, 0);
    if (stored === null || stored.at.getTime() > before) return false;
    const isWhole = stored.whole !== null;
    const sequence = isWhole ? await this.#say(reached, sha256, null, stored.sequence) : stored.sequence;
    if (sequence === null) return false;
    const filter = `${this.#names.prefixes.blobs}${subjectPart(sha256)}.>`;
    // Chunks that never came to a whole are older than their grace, however late the last of them was.
    await reached.jsm.streams.purge(this.#names.streams.blobs, isWhole ? { filter, seq: sequence + 1 } : { filter });
    return true;
  }

  /** @returns the sequence, or `null` when `expected` is not the last any more */
  async #say({ js }: Reached, sha256: string, whole: Whole | null, expected: number): Promise<number | null> {
    try {
      const expect = { lastSubjectSequence: expected };
      return (await js.publish(this.#subject(sha256, "whole"), JSON.stringify(whole), { expect })).seq;
    } catch (error) {
      if (natsFailure(error) === "conflict") return null;
      throw error;
    }
  }

  async #stored({ jsm }: Reached, sha256: string, chunk: number | "whole" = "whole"): Promise<Stored | null> {
    const query = { last_by_subj: this.#subject(sha256, chunk) };
    const message = await jsm.streams.getMessage(this.#names.streams.blobs, query);
    if (message === null) return null;
    return {
      whole: chunk === "whole" ? message.json<Whole | null>() : null,
      sequence: message.seq,
      at: message.time,
    };
  }

  async #publish(subject: string, data: Uint8Array | string): Promise<void> {
    await this.#call("keep an archive", ({ js }) => js.publish(subject, data), CHUNK_MS);
  }

  #chunk(sha256: string, at: number): Promise<Uint8Array> {
    return this.#call("fetch an archive", async (reached) => {
      const chunk = await keptPart(reached, this.#names.streams.blobs, this.#subject(sha256, at));
      if (chunk === null) {
        throw fleetUnavailable("fetch an archive", new Error(`part ${at} of "${sha256}" is missing`));
      }
      return chunk;
    }, CHUNK_MS);
  }

  #subject(sha256: string, part: number | "whole"): string {
    return `${this.#names.prefixes.blobs}${subjectPart(sha256)}.${part}`;
  }

  /** A stream that is not there holds nothing, and is made again by the store's next look at the head. */
  async #call<T>(action: string, run: (reached: Reached) => Promise<T>, callMs?: number): Promise<T> {
    try {
      return await this.#session.call(action, run, callMs === undefined ? {} : { callMs });
    } catch (error) {
      if (natsFailure(error) === "missing") throw fleetUnavailable(action, error);
      throw error;
    }
  }
}
