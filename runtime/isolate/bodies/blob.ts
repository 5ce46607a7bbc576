/** Blob and File over bytes in this isolate's own buffers. Deno's keep theirs in a store that outlives the isolate. */
import { normalType, readBag, readSequence, toParts } from "./blob_parts.ts";
import { noteLength } from "../../protocol/stream_lengths.ts";
import { blobStream } from "./blob_stream.ts";
import { type ByteParts, decodeParts, joinParts, sizeOfParts, sliceParts } from "./byte_parts.ts";
import { requireRoom } from "./external_room.ts";
import {
  defineInspection,
  defineInterface,
  requireArguments,
  toClampedLongLong,
  toDomString,
  toLongLong,
  toUsvString,
} from "./web_idl.ts";

const NativeTextDecoderStream = TextDecoderStream;
const { pipeThrough } = ReadableStream.prototype;
const { apply } = Reflect;
const { min, max } = Math;
const now = Date.now;

/** Marks construction from inside. */
const INTERNAL = Symbol("internal");

/** What NANO reads of Blobs, and how it makes them without copying bytes. */
export interface BlobInternals {
  isBlob(value: unknown): value is AppBlob;
  /** The bytes; nobody may write to them. */
  partsOf(blob: AppBlob): ByteParts;
  sizeOf(blob: AppBlob): number;
  typeOf(blob: AppBlob): string;
  /** Takes over bytes that nobody else will write to. */
  create(parts: ByteParts, type: string): AppBlob;
}

/** The same for Files. */
export interface FileInternals {
  isFile(value: unknown): value is AppFile;
  nameOf(file: AppFile): string;
  lastModifiedOf(file: AppFile): number;
  create(parts: ByteParts, type: string, given: { readonly name: string; readonly lastModified?: number }): AppFile;
}

/** Set by the class itself, which alone reaches its private members. */
export let blobInternals: BlobInternals;
/** Set by the class itself. */
export let fileInternals: FileInternals;

/** The `Blob` of an app. */
export class AppBlob {
  readonly #parts: ByteParts;
  readonly #size: number;
  readonly #type: string;

  constructor(sequence: unknown = undefined, options: unknown = undefined, type = "") {
    if (sequence === INTERNAL) {
      this.#parts = options as ByteParts;
      this.#type = type;
    } else {
      const action = "construct 'Blob'";
      const pieces = sequence === undefined ? [] : readSequence(sequence, action, partsOfBlob);
      const bag = readBag(options, action);
      this.#parts = toParts(pieces, bag.endings, action);
      this.#type = bag.type;
    }
    this.#size = sizeOfParts(this.#parts);
  }

  get size(): number {
    return this.#size;
  }

  get type(): string {
    return this.#type;
  }

  slice(start: unknown = undefined, end: unknown = undefined, contentType: unknown = undefined): AppBlob {
    const size = this.#size;
    const position = (given: unknown, otherwise: number) => {
      if (given === undefined) return otherwise;
      const wanted = toClampedLongLong(given);
      return wanted < 0 ? max(size + wanted, 0) : min(wanted, size);
    };
    const from = position(start, 0);
    const to = position(end, size);
    const type = contentType === undefined ? "" : normalType(toDomString(contentType));
    return new AppBlob(INTERNAL, sliceParts(this.#parts, from, max(from, to)), type);
  }

  stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const stream = blobStream(this.#parts);
    noteLength(stream, this.#size);
    return stream;
  }

  textStream(): ReadableStream<string> {
    return apply(pipeThrough, blobStream(this.#parts), [new NativeTextDecoderStream()]) as ReadableStream<string>;
  }

  // deno-lint-ignore require-await -- a failure must be a rejection
  async text(): Promise<string> {
    return decodeParts(this.#parts, false);
  }

  // deno-lint-ignore require-await -- a failure must be a rejection
  async arrayBuffer(): Promise<ArrayBuffer> {
    return copyWhole(this.#parts, this.#size, "an ArrayBuffer").buffer;
  }

  // deno-lint-ignore require-await -- a failure must be a rejection
  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return copyWhole(this.#parts, this.#size, "a Uint8Array");
  }

  static {
    blobInternals = {
      isBlob: (value): value is AppBlob => typeof value === "object" && value !== null && #parts in value,
      partsOf: (blob) => blob.#parts,
      sizeOf: (blob) => blob.#size,
      typeOf: (blob) => blob.#type,
      create: (parts, type) => new AppBlob(INTERNAL, parts, normalType(type)),
    };
  }
}

/** What a File is made of from inside. */
interface FileGiven {
  readonly parts: ByteParts;
  readonly type: string;
  readonly name: string;
  readonly lastModified: number;
}

/** The `File` of an app. */
export class AppFile extends AppBlob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(sequence: unknown, name: unknown, options: unknown = undefined) {
    const given = sequence === INTERNAL ? name as FileGiven : readFile(arguments.length, { sequence, name, options });
    super(INTERNAL, given.parts, given.type);
    this.#name = given.name;
    this.#lastModified = given.lastModified;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }

  static {
    fileInternals = {
      isFile: (value): value is AppFile => typeof value === "object" && value !== null && #name in value,
      nameOf: (file) => file.#name,
      lastModifiedOf: (file) => file.#lastModified,
      create: (parts, type, { name, lastModified = now() }) =>
        new AppFile(INTERNAL, { parts, type: normalType(type), name, lastModified }),
    };
  }
}

function readFile(count: number, given: { sequence: unknown; name: unknown; options: unknown }): FileGiven {
  const action = "construct 'File'";
  requireArguments(count, 2, action);
  const pieces = readSequence(given.sequence, action, partsOfBlob);
  const name = toUsvString(given.name);
  const bag = readBag(given.options, action);
  // Looked at after what Blob's options hold; readBag has made sure that it is an object, if it is anything.
  const modified = (given.options as { lastModified?: unknown } | null | undefined)?.lastModified;
  const lastModified = modified === undefined ? now() : toLongLong(modified);
  return { parts: toParts(pieces, bag.endings, action), type: bag.type, name, lastModified };
}

function partsOfBlob(value: object): ByteParts | null {
  return blobInternals.isBlob(value) ? blobInternals.partsOf(value) : null;
}

function copyWhole(parts: ByteParts, size: number, what: string): Uint8Array<ArrayBuffer> {
  requireRoom(size, what);
  return joinParts(parts, size);
}

defineInterface(AppBlob, "Blob", 0);
defineInterface(AppFile, "File", 2);
defineInspection(
  AppBlob.prototype,
  (blob) => blobInternals.isBlob(blob) ? { size: blobInternals.sizeOf(blob), type: blobInternals.typeOf(blob) } : null,
);
defineInspection(
  AppFile.prototype,
  (file) =>
    fileInternals.isFile(file)
      ? { name: fileInternals.nameOf(file), size: blobInternals.sizeOf(file), type: blobInternals.typeOf(file) }
      : null,
);
