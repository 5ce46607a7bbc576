/** What stands under the keys of a bucket on NATS, and how it gives way to something else. */
import type { BucketContent } from "./bucket_content.ts";
import { type BucketEntry, decodeBucketEntry, encodeBucketEntry } from "./bucket_entry.ts";
import type { BucketMarks, MarkKind } from "./bucket_marks.ts";
import { DELETED_SECONDS, type EntryPlace, KeyEntries } from "./key_entries.ts";
import { KeyTurns } from "./key_turns.ts";
import type { BucketNames } from "./store_names.ts";
import type { PatientCalls } from "./patient_calls.ts";
import type { Reached } from "../nats_session.ts";
import type { StreamRoom } from "./stream_room.ts";

/** What it works with. */
export interface BucketObjectsTools {
  readonly calls: PatientCalls;
  readonly names: BucketNames;
  readonly entries: KeyEntries<BucketEntry>;
  readonly content: BucketContent;
  readonly marks: BucketMarks;
  readonly room: StreamRoom;
}

/** An entry that was found. */
export type FoundEntry = BucketEntry & EntryPlace;

/** What a change came to. */
export interface ChangedEntry {
  readonly old: FoundEntry | null;
  readonly entry: BucketEntry;
}

/** All objects. */
export class BucketObjects {
  readonly #tools: BucketObjectsTools;
  /** Of keys. */
  readonly #turns = new KeyTurns();

  constructor(tools: BucketObjectsTools) {
    this.#tools = tools;
  }

  /** The entry of a key that has an object. */
  async alive(reached: Reached, part: string): Promise<FoundEntry | null> {
    const entry = await this.#tools.entries.newest(reached, part);
    return entry?.facts.object ? entry : null;
  }

  /**
   * Changes what stands under a key.
   * @param next what is to stand there instead, or null when it stays as it is; asked again when somebody else was quicker
   * @returns what was changed, or null
   */
  async change(
    action: string,
    part: string,
    next: (old: FoundEntry | null, reached: Reached) => BucketEntry | null | Promise<BucketEntry | null>,
  ): Promise<ChangedEntry | null> {
    const { calls, entries } = this.#tools;
    let tried: ChangedEntry | null = null;
    const run = async (reached: Reached) => {
      const old = await entries.newest(reached, part);
      // An earlier try, whose answer was lost.
      if (tried !== null && old?.facts.id === tried.entry.facts.id) return tried;
      const entry = await next(old, reached);
      if (entry === null) return null;
      tried = { old, entry };
      await this.#replace(reached, part, tried);
      return tried;
    };
    const changed = await this.#turns.take(part, () => calls.change(action, { run }));
    if (changed !== null) await this.#leave(changed);
    return changed;
  }

  /** Bytes that are left by it are marked before. @throws when somebody else was quicker */
  async #replace(reached: Reached, part: string, { old, entry }: ChangedEntry): Promise<void> {
    const { names, marks, room } = this.#tools;
    const left = leftBy({ old, entry });
    if (left !== null) await marks.set(reached, left, part, "left");
    const { isTimed } = await room.known(reached);
    const isDeleted = entry.facts.object === null;
    const message = encodeBucketEntry(entry);
    await reached.js.publish(`${names.entries}${part}`, message, {
      expect: { lastSubjectSequence: old?.sequence ?? 0 },
      ...isDeleted && isTimed && { ttl: `${DELETED_SECONDS}s` },
    });
    room.add(message.byteLength);
  }

  /** Removes what an entry has replaced. What fails here is done by whoever sweeps: the change itself is made. */
  async #leave({ old, entry }: ChangedEntry): Promise<void> {
    const { calls, content, marks } = this.#tools;
    const clear = (owner: string, kind: MarkKind) =>
      calls.call("clear a mark", (reached) => marks.clear(reached, owner, kind));
    const left = leftBy({ old, entry });
    const own = entry.facts.content?.owner ?? null;
    await Promise.allSettled([
      own === null || own === old?.facts.content?.owner ? null : clear(own, "put"),
      left === null ? null : content.removeUnread(left, () => clear(left, "left")),
    ]);
  }
}

/** Makes the look-up of a bucket's entries. */
export function bucketEntries(names: BucketNames): KeyEntries<BucketEntry> {
  return new KeyEntries(names, decodeBucketEntry);
}

/** Owner of the bytes that nobody has when an entry has replaced another. */
function leftBy({ old, entry }: ChangedEntry): string | null {
  const owner = old?.facts.content?.owner ?? null;
  return owner === entry.facts.content?.owner ? null : owner;
}
