/** Pages of the objects of a bucket on NATS, and how many there are. */
import {
  groupOf,
  type ListedPage,
  listObjects,
  type ObjectsFound,
  type ObjectsWanted,
  type R2ListOptions,
} from "../../data/r2_listing.ts";
import type { Reached } from "../nats_session.ts";
import type { BucketEntry } from "./bucket_entry.ts";
import type { FoundEntry } from "./bucket_objects.ts";
import { COUNTED_EXACTLY, DELETED_SECONDS, type KeyEntries, SWEPT_A_LIST } from "./key_entries.ts";
import type { PatientCalls } from "./patient_calls.ts";
import { type BucketNames, keyOf, keyPart } from "./store_names.ts";
import type { StreamRoom } from "./stream_room.ts";

/** What it works with. */
export interface BucketListTools {
  readonly calls: PatientCalls;
  readonly names: BucketNames;
  readonly entries: KeyEntries<BucketEntry>;
  readonly room: StreamRoom;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** Lists and counts. */
export class BucketList {
  readonly #tools: BucketListTools;

  constructor(tools: BucketListTools) {
    this.#tools = tools;
  }

  /** A page. */
  async page(options: R2ListOptions): Promise<ListedPage> {
    const none = { objects: "[]", prefixes: "[]", cursor: null };
    return await this.#tools.calls.read("list objects", none, async (reached) => {
      const parts = await this.#tools.entries.parts(reached, keyPart(options.prefix));
      const gone: (readonly [part: string, entry: FoundEntry])[] = [];
      const listing = listObjects(options);
      let step = listing.next();
      while (!step.done) step = listing.next(await this.#found(reached, { parts, options, gone }, step.value));
      await this.#sweep(reached, gone);
      return step.value;
    });
  }

  /** How many there are, and what the stream holds. */
  async count(most: number): Promise<{ readonly bytes: number; readonly objects: number }> {
    return await this.#tools.calls.read("count objects", { bytes: 0, objects: 0 }, async (reached) => {
      const parts = await this.#tools.entries.parts(reached, "");
      const { bytes } = await this.#tools.room.look(reached);
      if (parts.length > COUNTED_EXACTLY) return { bytes, objects: Math.min(parts.length, most) };
      const entries = await this.#tools.entries.newestOf(reached, parts);
      return { bytes, objects: Math.min(entries.filter((entry) => entry?.facts.object).length, most) };
    });
  }

  /** Objects from one on, until enough are found, or one that stands for a group, whose others are not looked at. */
  async #found(
    reached: Reached,
    { parts, options, gone }: {
      readonly parts: readonly string[];
      readonly options: R2ListOptions;
      readonly gone: (readonly [part: string, entry: FoundEntry])[];
    },
    { from, limit }: ObjectsWanted,
  ): Promise<ObjectsFound> {
    const objects: ObjectsFound["objects"][number][] = [];
    const isGrouped = (part: string) => options.delimiter !== null && groupOf(keyOf(part), options) !== null;
    let at = firstFrom(parts, (from as Uint8Array & { toHex(): string }).toHex());
    while (at < parts.length && objects.length < limit) {
      const most = parts.slice(at, at + limit - objects.length);
      const group = most.findIndex(isGrouped);
      const some = group < 0 ? most : most.slice(0, group + 1);
      at += some.length;
      const entries = await this.#tools.entries.newestOf(reached, some);
      entries.forEach((entry, index) => {
        const part = some[index]!;
        if (entry?.facts.object) objects.push({ ...entry.facts.object, key: keyOf(part) });
        else if (entry !== null) gone.push([part, entry]);
      });
      if (group >= 0 && entries.at(-1)?.facts.object) return { objects, isEnd: false };
    }
    return { objects, isEnd: at >= parts.length };
  }

  /** Removes messages of keys that were deleted long ago, from servers that do not do it by themselves. */
  async #sweep({ jsm }: Reached, gone: readonly (readonly [part: string, entry: FoundEntry])[]): Promise<void> {
    const { names: { stream, entries }, now } = this.#tools;
    const before = now() - DELETED_SECONDS * 1000;
    const old = gone.filter(([, { at }]) => at < before).slice(0, SWEPT_A_LIST);
    // The next list finds what is left.
    await Promise.allSettled(
      old.map(([part, { sequence }]) => jsm.streams.purge(stream, { filter: `${entries}${part}`, seq: sequence + 1 })),
    );
  }
}

/** Where the first part stands that is not less. */
function firstFrom(parts: readonly string[], from: string): number {
  let [low, high] = [0, parts.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (parts[middle]! < from) low = middle + 1;
    else high = middle;
  }
  return low;
}
