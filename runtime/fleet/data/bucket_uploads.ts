/**
 * The uploads of a bucket on NATS that come in parts, until each has become an object. The bytes of the parts are those of
 * the object: they have the upload for their owner. An upload is open, then completing, from when on nothing is added to
 * it, and over once its object stands; who is killed in between has left what the same call can go on with.
 */
import { r2Error } from "../../data/r2_error.ts";
import type { KeptMetadata, UploadFacts } from "../../data/r2_facts.ts";
import { chosenParts, type KeptPart, multipartEtag, type SentPart, UPLOAD_MS } from "../../data/r2_parts.ts";
import type { R2Body, TakeOptions } from "../../data/r2_store.ts";
import { BindingError } from "../../protocol/binding_call.ts";
import type { Reached } from "../nats_session.ts";
import type { BucketContent } from "./bucket_content.ts";
import type { BucketEntry } from "./bucket_entry.ts";
import type { BucketMarks } from "./bucket_marks.ts";
import type { BucketObjects, FoundEntry } from "./bucket_objects.ts";
import { type EntryPlace, KeyEntries } from "./key_entries.ts";
import { framed, unframed } from "./message_frame.ts";
import type { PatientCalls } from "./patient_calls.ts";
import { type BucketNames, keyPart } from "./store_names.ts";
import type { StreamRoom } from "./stream_room.ts";
import { unlessMissing } from "./unless_missing.ts";

/** Uploads that are forgotten at once. */
const SWEPT_AT_ONCE = 20;
/** Hexadecimal digits of the time at the beginning of an id, by which old ones are found. */
const TIME_DIGITS = 12;
const ID = /^[0-9a-f]{64}$/;

const NO_BYTES = new Uint8Array();

/** What it works with. */
export interface BucketUploadsTools {
  readonly calls: PatientCalls;
  readonly names: BucketNames;
  readonly entries: KeyEntries<BucketEntry>;
  readonly objects: BucketObjects;
  readonly content: BucketContent;
  readonly marks: BucketMarks;
  readonly room: StreamRoom;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** What is kept of an upload. */
interface Upload extends KeptMetadata {
  /** Part of its key. */
  readonly key: string;
  readonly state: "open" | "completing" | "over";
}

/** A part as it is kept; `piece` is what its bytes are called. */
interface PiecePart extends KeptPart {
  readonly piece: string;
}

/** All uploads. */
export class BucketUploads {
  readonly #tools: BucketUploadsTools;
  readonly #uploads: KeyEntries<Upload>;

  constructor(tools: BucketUploadsTools) {
    const { stream, uploads } = tools.names;
    this.#tools = tools;
    this.#uploads = new KeyEntries({ stream, entries: uploads }, (message) => unframed<Upload>(message).facts);
  }

  /** @returns the id of a new one */
  async create(key: string, { storageClass, http, custom }: UploadFacts): Promise<string> {
    const time = this.#tools.now().toString(16).padStart(TIME_DIGITS, "0");
    const random = crypto.getRandomValues(new Uint8Array((64 - TIME_DIGITS) / 2)) as Uint8Array & { toHex(): string };
    const id = `${time}${random.toHex()}`;
    const upload: Upload = { key: keyPart(key), state: "open", storageClass, http, custom };
    await this.#tools.calls.call("begin an upload", ({ js }) => js.publish(this.#subject(id), message(upload)));
    this.#tools.room.add(message(upload).byteLength);
    return id;
  }

  /** @returns its entity tag */
  async putPart(
    key: string,
    { upload, number }: { readonly upload: string; readonly number: number },
    body: R2Body,
    options: TakeOptions,
  ): Promise<string> {
    const { calls, content } = this.#tools;
    const open = (reached: Reached) => this.#requireOpen(reached, key, upload);
    await unlessMissing(undefined, () => calls.call("look for an upload", open));
    const piece = `${number}-${crypto.randomUUID().slice(0, 8)}`;
    const { size, digests } = await content.take(body, {
      ...options,
      ...{ action: "uploadPart", owner: upload, piece, digests: ["md5"], wholeBytes: -1 },
      // Its upload is.
      onKept: () => Promise.resolve(),
    });
    const etag = digests.get("md5")!;
    const row: PiecePart = { number, size, etag, piece };
    try {
      const before = await calls.change("keep a part", {
        run: async (reached) => {
          await open(reached);
          return await this.#putRow(reached, upload, row);
        },
      });
      // Otherwise it goes with its upload.
      if (before !== null) await content.remove(upload, before).catch(() => {});
    } catch (error) {
      if (error instanceof BindingError) await content.remove(upload, piece).catch(() => {});
      throw error;
    }
    return etag;
  }

  /** @returns the piece that it has taken the place of, or null */
  async #putRow(reached: Reached, upload: string, row: PiecePart): Promise<string | null> {
    const rows = this.#rows(upload);
    const before = await rows.newest(reached, `${row.number}`);
    if (before?.piece === row.piece) return null;
    const expect = { lastSubjectSequence: before?.sequence ?? 0 };
    await reached.js.publish(`${this.#tools.names.rows}${upload}.${row.number}`, message(row), { expect });
    return before?.piece ?? null;
  }

  /** @returns the entry of its object */
  async complete(key: string, id: string, sent: readonly SentPart[]): Promise<BucketEntry> {
    const { objects } = this.#tools;
    const standing: { entry: BucketEntry | null } = { entry: null };
    const changed = await unlessMissing(
      null,
      () =>
        objects.change("complete an upload", keyPart(key), async (old, reached) => {
          const upload = await this.#find(reached, key, id);
          if (upload === null) throw r2Error("completeMultipartUpload", "internal");
          if (upload.state === "over") throw r2Error("completeMultipartUpload", "noSuchUpload");
          if (isObjectOf(id, old)) {
            // Who put it did not come to tell.
            standing.entry = old;
            return null;
          }
          return await this.#completed(reached, id, { upload, sent });
        }),
    );
    const entry = changed?.entry ?? standing.entry;
    if (entry === null) throw r2Error("completeMultipartUpload", "internal");
    await this.#finish(id, entry);
    return entry;
  }

  /** The entry of the object that it becomes. From now on nothing is added to it. */
  async #completed(reached: Reached, id: string, { upload, sent }: {
    readonly upload: Upload & EntryPlace;
    readonly sent: readonly SentPart[];
  }): Promise<BucketEntry> {
    const parts = chosenParts(sent, await this.#parts(reached, id));
    const { storageClass, http, custom } = upload;
    const content = { owner: id, pieces: parts.map(({ piece }) => piece), pieceBytes: parts[0]?.size ?? 0 };
    if (upload.state === "open") await this.#say(reached, id, { ...upload, state: "completing" }, upload.sequence);
    else await this.#requireUnused(reached, id, parts);
    const object = {
      ...{ version: crypto.randomUUID().replaceAll("-", ""), storageClass, http, custom },
      ...{ size: parts.reduce((sum, { size }) => sum + size, 0), etag: multipartEtag(parts) },
      ...{ uploaded: this.#tools.now(), checksums: "{}" },
    };
    return { facts: { id, object, content }, bytes: NO_BYTES };
  }

  /** Its object may have stood, and have given way to another: then its bytes are going, or gone. */
  async #requireUnused(reached: Reached, id: string, parts: readonly PiecePart[]): Promise<void> {
    const { content, marks } = this.#tools;
    const pieces = parts.filter(({ size }) => size > 0).map(({ piece }) => piece);
    const isUsed = await marks.has(reached, id, "left") ||
      !await content.isThere(reached, { owner: id, pieces, pieceBytes: 0 });
    if (isUsed) throw r2Error("completeMultipartUpload", "noSuchUpload");
  }

  /** Removes what its object does not have. What fails goes with the object, or is swept. */
  async #finish(id: string, { facts }: BucketEntry): Promise<void> {
    const { calls, content, names: { stream, rows } } = this.#tools;
    const used = new Set(facts.content?.pieces);
    await calls.change("end an upload", {
      run: async (reached) => {
        const upload = await this.#uploads.newest(reached, id);
        if (upload !== null && upload.state !== "over") await this.#say(reached, id, endOf(upload), upload.sequence);
        for (const { piece } of await this.#parts(reached, id)) if (!used.has(piece)) await content.remove(id, piece);
        await reached.jsm.streams.purge(stream, { filter: `${rows}${id}.>` });
      },
    }).catch(() => {});
  }

  /** Ends it; of one that is over nothing is left to do. */
  async abort(key: string, id: string): Promise<void> {
    const { calls, objects } = this.#tools;
    const part = keyPart(key);
    const found = await unlessMissing(null, () => calls.call("look for an upload", (r) => this.#find(r, key, id)));
    if (found === null) throw r2Error("abortMultipartUpload", "internal");
    const { object, wasCompleting } = await calls.change("abort an upload", {
      run: async (reached) => {
        const upload = await this.#uploads.newest(reached, id);
        const object = await objects.alive(reached, part);
        const isNew = upload !== null && upload.state !== "over" && !isObjectOf(id, object);
        if (isNew) await this.#say(reached, id, endOf(upload), upload.sequence);
        return { object, wasCompleting: upload?.state === "completing" };
      },
    });
    if (object !== null && isObjectOf(id, object)) return await this.#finish(id, object);
    // Whoever is about to put its object fails by this, and then finds that the upload is over.
    if (wasCompleting || found.state === "completing") await objects.change("abort an upload", part, touched);
    await this.#forgetBytes(id, part);
  }

  /** Forgets those that nobody has completed. */
  async sweep(): Promise<void> {
    const { calls, names: { stream }, now } = this.#tools;
    const before = (now() - UPLOAD_MS).toString(16).padStart(TIME_DIGITS, "0");
    const ids = await calls.call("sweep uploads", (reached) => this.#uploads.parts(reached, ""));
    for (const id of ids.filter((id) => id < before).slice(0, SWEPT_AT_ONCE)) {
      const upload = await calls.call("sweep uploads", (reached) => this.#uploads.newest(reached, id));
      if (upload === null) continue;
      await this.#forgetBytes(id, upload.key);
      await calls.call("sweep uploads", ({ jsm }) => jsm.streams.purge(stream, { filter: this.#subject(id) }));
    }
  }

  /** Removes its parts, unless they are those of an object. */
  async #forgetBytes(id: string, part: string): Promise<void> {
    const { calls, content, entries, names: { stream, rows } } = this.#tools;
    const entry = await calls.call("look for an object", (reached) => entries.newest(reached, part));
    if (!isObjectOf(id, entry)) await content.remove(id);
    await calls.call("forget parts", ({ jsm }) => jsm.streams.purge(stream, { filter: `${rows}${id}.>` }));
  }

  async #find(reached: Reached, key: string, id: string): Promise<Upload & EntryPlace | null> {
    const upload = ID.test(id) ? await this.#uploads.newest(reached, id) : null;
    return upload?.key === keyPart(key) ? upload : null;
  }

  async #requireOpen(reached: Reached, key: string, id: string): Promise<void> {
    const upload = await this.#find(reached, key, id);
    if (upload?.state !== "open") throw r2Error("uploadPart", "noSuchUpload");
  }

  async #say({ js }: Reached, id: string, upload: Upload, expected: number): Promise<void> {
    const { key, state, storageClass, http, custom } = upload;
    const expect = { lastSubjectSequence: expected };
    await js.publish(this.#subject(id), message({ key, state, storageClass, http, custom }), { expect });
  }

  async #parts(reached: Reached, id: string): Promise<PiecePart[]> {
    const rows = this.#rows(id);
    const found = await rows.newestOf(reached, await rows.parts(reached, ""));
    return found.filter((row) => row !== null);
  }

  #rows(id: string): KeyEntries<PiecePart> {
    const { stream, rows } = this.#tools.names;
    return new KeyEntries({ stream, entries: `${rows}${id}.` }, (row) => unframed<PiecePart>(row).facts);
  }

  #subject(id: string): string {
    return `${this.#tools.names.uploads}${id}`;
  }
}

function message(facts: object): Uint8Array {
  return framed(facts, NO_BYTES);
}

function endOf(upload: Upload): Upload {
  return { ...upload, state: "over", http: "{}", custom: "{}" };
}

/** Whether an upload has become the object of an entry. */
function isObjectOf(id: string, entry: BucketEntry | null): boolean {
  return entry?.facts.content?.owner === id;
}

/** The same once more, or that there is nothing. */
function touched(old: FoundEntry | null): BucketEntry {
  const { object = null, content = null } = old?.facts ?? {};
  return { facts: { id: crypto.randomUUID(), object, content }, bytes: old?.bytes ?? NO_BYTES };
}
