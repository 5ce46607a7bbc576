/** The bytes of the objects of a bucket on NATS: in parts, as messages have a megabyte at most. */
import { createHash } from "node:crypto";
import { boundedBody } from "../../data/bounded_body.ts";
import type { DigestName } from "../../data/file_messages.ts";
import { bodyRefusal, mostBytes, requirePromised } from "../../data/r2_body.ts";
import type { Extent } from "../../data/r2_condition.ts";
import { storageFull } from "../../data/r2_error.ts";
import type { R2Body, TakeOptions } from "../../data/r2_store.ts";
import { chunksAhead } from "../chunks_ahead.ts";
import { evenChunks } from "../even_chunks.ts";
import { fleetUnavailable } from "../fleet_store.ts";
import type { Reached } from "../nats_session.ts";
import { atOnce } from "../at_once.ts";
import type { ObjectContent } from "./bucket_entry.ts";
import type { HeldContent } from "./held_content.ts";
import { keptPart, PART_BYTES, PARTS_AT_ONCE } from "../kept_part.ts";
import type { PatientCalls } from "./patient_calls.ts";
import type { BucketNames } from "./store_names.ts";
import type { StreamRoom } from "./stream_room.ts";

/** Of one part with all its tries. */
const PART_MS = 30_000;
/** Before it is asked again whether somebody reads what is to go. */
const HELD_AGAIN_MS = 1_000;
const NO_BYTES = new Uint8Array();

/** What it works with. */
export interface BucketContentTools {
  readonly calls: PatientCalls;
  readonly names: BucketNames;
  readonly room: StreamRoom;
  readonly held: HeldContent;
}

/** How bytes are taken in. */
export interface ContentOptions extends TakeOptions {
  /** As errors begin. */
  readonly action: string;
  readonly owner: string;
  readonly piece: string;
  readonly digests: Iterable<DigestName>;
  /** Up to so many are given back instead of kept. */
  readonly wholeBytes: number;
  /** Run beside the first part that is kept. */
  readonly onKept: () => Promise<void>;
}

/** What was taken in. */
export interface TakenContent {
  readonly size: number;
  /** Hexadecimal. */
  readonly digests: ReadonlyMap<DigestName, string>;
  /** All of it, or null when it is kept. */
  readonly whole: Uint8Array | null;
}

/** The part that a byte is in. */
interface PartPlace {
  readonly subject: string;
  /** Of the first byte of the part, in the object. */
  readonly start: number;
  /** Of the first byte behind it. */
  readonly end: number;
}

/** All bytes of a bucket. */
export class BucketContent {
  readonly #tools: BucketContentTools;

  constructor(tools: BucketContentTools) {
    this.#tools = tools;
  }

  /**
   * Keeps bytes, four parts of them on their way at once; of what fails nothing stays.
   * @throws {BindingError} when the body is not what was promised, or there is no room for it
   */
  async take(body: R2Body, options: ContentOptions): Promise<TakenContent> {
    const { owner, piece } = options;
    const underWay = new Set<Promise<unknown>>();
    try {
      return await this.#take(body, options, underWay);
    } catch (error) {
      await Promise.allSettled(underWay);
      await this.remove(owner, piece).catch(() => {});
      throw bodyRefusal(error, options.action, options);
    }
  }

  async #take(body: R2Body, options: ContentOptions, underWay: Set<Promise<unknown>>): Promise<TakenContent> {
    const { owner, piece, signal, action, maxBytes } = options;
    const hashes = [...options.digests].map((name) => [name, createHash(name)] as const);
    let [size, parts] = [0, 0];
    let whole: Uint8Array | null = NO_BYTES;
    for await (const part of evenChunks(boundedBody(body, { maxBytes: mostBytes(options), signal }), PART_BYTES)) {
      for (const [, hash] of hashes) hash.update(part);
      size += part.byteLength;
      // It is the last one, as it is a short one.
      if (size <= options.wholeBytes) {
        whole = part;
        continue;
      }
      whole = null;
      if (parts === 0) this.#start(underWay, options.onKept());
      if (!await this.#hasRoom(part.byteLength, maxBytes)) throw storageFull(action, maxBytes);
      const subject = this.#subject(owner, piece, parts++);
      this.#start(underWay, this.#call("keep bytes", ({ js }) => js.publish(subject, part)));
      this.#tools.room.add(part.byteLength);
      if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
    }
    requirePromised(size, options);
    await Promise.all(underWay);
    return { size, digests: new Map(hashes.map(([name, hash]) => [name, hash.digest("hex")])), whole };
  }

  #start(underWay: Set<Promise<unknown>>, work: Promise<unknown>): void {
    const tracked = work.finally(() => underWay.delete(tracked));
    underWay.add(tracked);
    // The first failure is thrown by the next wait; what has ended by then stays among them.
    tracked.catch(() => underWay.add(tracked));
  }

  #hasRoom(bytes: number, maxBytes: number): Promise<boolean> {
    return this.#call("ask for room", (reached) => this.#tools.room.has(reached, bytes, { maxBytes }));
  }

  /** @throws {Error} when a part is missing, as when the object was replaced meanwhile */
  async whole(reached: Reached, content: ObjectContent, size: number, extent: Extent): Promise<Uint8Array> {
    const bytes = new Uint8Array(extent.length);
    await atOnce(this.#places(content, size, extent), PARTS_AT_ONCE, async (place) => {
      const part = await keptPart(reached, this.#tools.names.stream, place.subject);
      if (part === null) throw new Error("parts of an object are missing");
      bytes.set(cut(part, place, extent), Math.max(place.start - extent.offset, 0));
    });
    return bytes;
  }

  /** The same as a stream, of which some parts are fetched before they are asked for. */
  stream(content: ObjectContent, size: number, extent: Extent, onEnd: () => void): ReadableStream<Uint8Array> {
    const places = this.#places(content, size, extent);
    const { stream } = this.#tools.names;
    const read = (at: number) =>
      this.#call("fetch an object", async (reached) => {
        const place = places[at]!;
        const part = await keptPart(reached, stream, place.subject);
        if (part === null) throw fleetUnavailable("fetch an object", new Error("a part of it is missing"));
        return cut(part, place, extent);
      });
    return chunksAhead(read, { chunks: places.length, atOnce: PARTS_AT_ONCE, onEnd });
  }

  #places({ owner, pieces, pieceBytes }: ObjectContent, size: number, { offset, length }: Extent): PartPlace[] {
    const places: PartPlace[] = [];
    for (let at = offset; at < offset + length;) {
      const piece = Math.floor(at / pieceBytes);
      const pieceStart = piece * pieceBytes;
      const part = Math.floor((at - pieceStart) / PART_BYTES);
      const start = pieceStart + part * PART_BYTES;
      const end = Math.min(start + PART_BYTES, pieceStart + pieceBytes, size);
      places.push({ subject: this.#subject(owner, pieces[piece]!, part), start, end });
      at = end;
    }
    return places;
  }

  /** Whether the beginnings of all pieces are there still. */
  async isThere(reached: Reached, { owner, pieces }: ObjectContent): Promise<boolean> {
    const { stream } = this.#tools.names;
    const found = await atOnce(
      pieces,
      PARTS_AT_ONCE,
      (piece) => keptPart(reached, stream, this.#subject(owner, piece, 0)),
    );
    return found.every((part) => part !== null);
  }

  /** While this node reads bytes no node removes them. */
  async hold(owner: string): Promise<() => void> {
    return await this.#call("hold an object", (reached) => Promise.resolve(this.#tools.held.hold(reached, owner)));
  }

  /** Removes what nothing refers to any more: all of an owner, or one piece. */
  async remove(owner: string, piece: string | null = null): Promise<void> {
    const { names: { stream, content } } = this.#tools;
    const filter = `${content}${owner}.${piece === null ? ">" : `${piece}.>`}`;
    await this.#call("remove bytes", ({ jsm }) => jsm.streams.purge(stream, { filter }));
  }

  /** The same at once when nobody reads them, or else once nobody does. @param onGone told then */
  async removeUnread(owner: string, onGone: () => Promise<void>): Promise<void> {
    if (!await this.#call("ask for readers", (reached) => this.#tools.held.isHeld(reached, owner))) {
      await this.remove(owner);
      await onGone();
      return;
    }
    // What fails is left to whoever sweeps.
    const timer = setTimeout(() => this.removeUnread(owner, onGone).catch(() => {}), HELD_AGAIN_MS);
    Deno.unrefTimer(timer);
  }

  #subject(owner: string, piece: string, part: number): string {
    return `${this.#tools.names.content}${owner}.${piece}.${part}`;
  }

  #call<T>(action: string, run: (reached: Reached) => Promise<T>): Promise<T> {
    return this.#tools.calls.call(action, run, PART_MS);
  }
}

function cut(part: Uint8Array, { start }: PartPlace, { offset, length }: Extent): Uint8Array {
  return part.subarray(Math.max(offset - start, 0), Math.min(part.byteLength, offset + length - start));
}
