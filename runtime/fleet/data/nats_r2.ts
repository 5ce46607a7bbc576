/**
 * An R2 bucket on NATS servers. A change of a key is a compare-and-set on its newest message, so that a try that comes late
 * changes nothing; what is known of objects is asked of the stream's leader, so that what was put on one node is there for
 * the next read on any. Bytes are kept before the entry that names them, and removed after the one that does not any more.
 */
import { checksumsJson } from "../../data/r2_body.ts";
import { conditionHolds, type Extent, extentOf, type R2Condition, type R2Range } from "../../data/r2_condition.ts";
import { entryJson, WHOLE_ENTRY } from "../../data/r2_entry.ts";
import { r2Error, storageFull } from "../../data/r2_error.ts";
import type { UploadFacts } from "../../data/r2_facts.ts";
import type { ListedPage, R2ListOptions } from "../../data/r2_listing.ts";
import type { SentPart } from "../../data/r2_parts.ts";
import type { PutOptions, R2Body, R2Found, R2Store, R2Written, TakeOptions } from "../../data/r2_store.ts";
import { BindingError } from "../../protocol/binding_call.ts";
import type { Reached } from "../nats_session.ts";
import { atOnce } from "../at_once.ts";
import { ensureStore } from "./ensure_store.ts";
import { BucketContent, type TakenContent } from "./bucket_content.ts";
import type { BucketEntry, ObjectContent } from "./bucket_entry.ts";
import { BucketList } from "./bucket_list.ts";
import { BucketMarks, MARKED_MS } from "./bucket_marks.ts";
import { bucketEntries, BucketObjects, type FoundEntry } from "./bucket_objects.ts";
import { BucketUploads } from "./bucket_uploads.ts";
import { HeldContent } from "./held_content.ts";
import type { PatientCalls } from "./patient_calls.ts";
import { type BucketNames, keyPart } from "./store_names.ts";
import { StreamRoom } from "./stream_room.ts";
import { unlessMissing } from "./unless_missing.ts";

/** Longer objects are kept apart, as who lists keys reads all that stands under each. */
const WHOLE_BYTES = 4_096;
/** Extents up to this are answered whole, as the embedded engine does. */
const ANSWERED_BYTES = 256 * 1024;
/** Keys that one call deletes at once. */
const DELETED_AT_ONCE = 16;
/** Between two looks at what kills have left. */
const SWEPT_MS = 60 * 60 * 1000;
/** A put that takes half as long as its mark is looked after is given up. */
const LONGEST_PUT_MS = MARKED_MS / 2;

const NO_BYTES = new Uint8Array();

/** What a bucket works with. */
export interface NatsR2Tools {
  readonly calls: PatientCalls;
  readonly names: BucketNames;
  /** Copies, when its stream is made. */
  readonly replicas: number;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** What is too long to be answered at once. */
interface FarContent {
  readonly entry: string;
  readonly extent: Extent;
  readonly stored: ObjectContent;
}

/** A bucket, which is made with the first write to it. */
export class NatsR2 implements R2Store {
  readonly #tools: NatsR2Tools;
  readonly #room: StreamRoom;
  readonly #content: BucketContent;
  readonly #marks: BucketMarks;
  readonly #objects: BucketObjects;
  readonly #list: BucketList;
  readonly #uploads: BucketUploads;
  #sweptAt = -Infinity;

  constructor(tools: NatsR2Tools) {
    const { calls, names, now } = tools;
    const entries = bucketEntries(names);
    const room = new StreamRoom(names.stream);
    const content = new BucketContent({ calls, names, room, held: new HeldContent(names.held) });
    const marks = new BucketMarks({ names, entries, content, now });
    const objects = new BucketObjects({ calls, names, entries, content, marks, room });
    this.#tools = tools;
    this.#room = room;
    this.#content = content;
    this.#marks = marks;
    this.#objects = objects;
    this.#list = new BucketList({ calls, names, entries, room, now });
    this.#uploads = new BucketUploads({ calls, names, entries, objects, content, marks, room, now });
  }

  async head(key: string): Promise<string | null> {
    const entry = await this.#alive(key);
    return entry && entryOf(key, entry);
  }

  async get(key: string, { condition, range }: {
    readonly condition: R2Condition | null;
    readonly range: R2Range | null;
  }): Promise<R2Found | null> {
    for (;;) {
      const found = await this.#tools.calls.read(
        "get an object",
        null,
        (reached) => this.#find(reached, key, condition, range),
      );
      if (found === null || !("stored" in found)) return found;
      const { entry, extent, stored } = found;
      const release = await this.#content.hold(stored.owner);
      try {
        // Who replaces it from now on sees that it is read.
        const again = await this.#alive(key);
        if (again?.facts.content?.owner === stored.owner) {
          const body = this.#content.stream(stored, again.facts.object!.size, extent, release);
          return { entry, content: { ...extent, body } };
        }
      } catch (error) {
        release();
        throw error;
      }
      release();
    }
  }

  /** What is there to read, or where it is when it is to be streamed. */
  async #find(
    reached: Reached,
    key: string,
    condition: R2Condition | null,
    range: R2Range | null,
  ): Promise<R2Found | FarContent | null> {
    const found = await this.#objects.alive(reached, keyPart(key));
    if (found === null) return null;
    const object = found.facts.object!;
    const { content: stored } = found.facts;
    const entry = entryOf(key, found);
    if (condition !== null && !conditionHolds(condition, object)) return { entry, content: null };
    const extent: Extent | null = extentOf(range, object.size);
    if (extent === null) throw r2Error("get", "invalidRange");
    if (stored === null) {
      const body = found.bytes.slice(extent.offset, extent.offset + extent.length);
      return { entry, content: { ...extent, body } };
    }
    if (extent.length > ANSWERED_BYTES) return { entry, extent, stored };
    const body = await this.#content.whole(reached, stored, object.size, extent);
    return { entry, content: { ...extent, body } };
  }

  async put(key: string, body: R2Body, options: PutOptions): Promise<R2Written> {
    const { condition, checksums, maxBytes, http, custom, storageClass } = options;
    const [owner, begun] = [ownerName(), performance.now()];
    await this.#makeRoom("put", options.size ?? 0, maxBytes);
    this.#sweep();
    const part = keyPart(key);
    const taken = await this.#content.take(body, {
      ...options,
      ...{ action: "put", owner, piece: "0", wholeBytes: WHOLE_BYTES },
      digests: new Set([...checksums.keys(), "md5" as const]),
      onKept: () => this.#tools.calls.call("mark bytes", (reached) => this.#marks.set(reached, owner, part, "put")),
    }).catch(async (error) => {
      await this.#drop(owner);
      throw error;
    });
    try {
      const object = {
        ...{ version: owner, size: taken.size, etag: taken.digests.get("md5")!, uploaded: this.#tools.now() },
        ...{ checksums: checksumsJson(checksums, taken.digests), storageClass, http, custom },
      };
      const entry = { facts: { id: owner, object, content: contentOf(owner, taken) }, bytes: taken.whole ?? NO_BYTES };
      if (performance.now() - begun > LONGEST_PUT_MS) throw r2Error("put", "internal");
      const changed = await this.#objects.change("put an object", part, (old) => {
        return condition === null || conditionHolds(condition, old?.facts.object ?? undefined) ? entry : null;
      });
      if (changed !== null) return { entry: entryOf(key, entry), storedBytes: this.#room.bytes };
      await this.#drop(owner);
      return { entry: null, storedBytes: this.#room.bytes };
    } catch (error) {
      // What failed otherwise may have been kept all the same: its mark stays.
      if (error instanceof BindingError) await this.#drop(owner);
      throw error;
    }
  }

  async delete(keys: readonly string[]): Promise<number> {
    await atOnce([...new Set(keys)], DELETED_AT_ONCE, (key) => {
      const entry = { facts: { id: ownerName(), object: null, content: null }, bytes: NO_BYTES };
      const next = (old: FoundEntry | null) => old?.facts.object ? entry : null;
      return unlessMissing(null, () => this.#objects.change("delete an object", keyPart(key), next));
    });
    return await this.#tools.calls.read("ask for room", 0, async (reached) => (await this.#room.look(reached)).bytes);
  }

  async list(options: R2ListOptions): Promise<ListedPage> {
    return await this.#list.page(options);
  }

  async count(most: number): Promise<{ readonly bytes: number; readonly objects: number }> {
    return await this.#list.count(most);
  }

  async createUpload(key: string, facts: UploadFacts): Promise<string> {
    await this.#makeRoom("createMultipartUpload", facts.http.length + facts.custom.length, facts.maxBytes);
    this.#sweep();
    return await this.#uploads.create(key, facts);
  }

  async uploadPart(
    key: string,
    part: { readonly upload: string; readonly number: number },
    body: R2Body,
    options: TakeOptions,
  ): Promise<{ readonly etag: string; readonly storedBytes: number }> {
    const etag = await this.#uploads.putPart(key, part, body, options);
    return { etag, storedBytes: this.#room.bytes };
  }

  async completeUpload(key: string, upload: string, parts: readonly SentPart[]): Promise<R2Written> {
    const entry = await this.#uploads.complete(key, upload, parts);
    return { entry: entryOf(key, entry), storedBytes: this.#room.bytes };
  }

  async abortUpload(key: string, upload: string): Promise<number> {
    await this.#uploads.abort(key, upload);
    return await this.#tools.calls.read("ask for room", 0, async (reached) => (await this.#room.look(reached)).bytes);
  }

  #alive(key: string): Promise<FoundEntry | null> {
    return this.#tools.calls.read("look for an object", null, (reached) => this.#objects.alive(reached, keyPart(key)));
  }

  /** @throws {BindingError} STORAGE_FULL */
  async #makeRoom(action: string, bytes: number, maxBytes: number): Promise<void> {
    const hasRoom = await this.#tools.calls.change("ask for room", {
      run: (reached) => this.#room.has(reached, bytes, { maxBytes }),
      prepare: (reached) => this.#make(reached),
    });
    if (!hasRoom) throw storageFull(action, maxBytes);
  }

  /** Removes what was kept for an object that there will not be. */
  async #drop(owner: string): Promise<void> {
    // What fails is done by whoever sweeps.
    await this.#content.remove(owner)
      .then(() => this.#tools.calls.call("clear a mark", (reached) => this.#marks.clear(reached, owner, "put")))
      .catch(() => {});
  }

  /** Now and then, while whoever asks goes on. */
  #sweep(): void {
    if (performance.now() - this.#sweptAt < SWEPT_MS) return;
    this.#sweptAt = performance.now();
    // The next one finds what this one leaves.
    this.#tools.calls.call("sweep a bucket", (reached) => this.#marks.sweep(reached))
      .then(() => this.#uploads.sweep()).catch(() => {});
  }

  async #make(reached: Reached): Promise<void> {
    const { names: { stream, entries, content, marks, uploads, rows }, replicas } = this.#tools;
    await ensureStore(reached, { stream, starts: [entries, content, marks, uploads, rows], replicas });
  }
}

function entryOf(key: string, { facts }: BucketEntry): string {
  return entryJson({ ...facts.object!, key }, WHOLE_ENTRY);
}

function contentOf(owner: string, { size, whole }: TakenContent): ObjectContent | null {
  return whole === null ? { owner, pieces: ["0"], pieceBytes: size } : null;
}

function ownerName(): string {
  return crypto.randomUUID().replaceAll("-", "");
}
