/** An object of a bucket as the app holds it: what is known of it, and its body. */
import { bare } from "../../protocol/bare.ts";
import type { CallBody } from "../../protocol/binding_call.ts";
import type { R2Entry } from "../../protocol/r2_entry.ts";
import { noteLength } from "../../protocol/stream_lengths.ts";
import {
  defineMember,
  global,
  headersSet,
  NativeHeaders,
  NativeReadableStream,
  NativeResponse,
  NativeTypeError,
  NativeUint8Array,
  promiseThen,
  rejected,
  responseBody,
  responseBodyUsed,
  streamCancel,
  uncurry,
} from "../../protocol/primordials.ts";
import { DIGEST_NAMES, HTTP_HEADERS } from "./isolate_options.ts";

const parse = JSON.parse as (text: string) => unknown;
const NativeDate = Date;
const { fromHex } = Uint8Array as unknown as { fromHex(hex: string): Uint8Array<ArrayBuffer> };
const readBuffer = uncurry(Response.prototype.arrayBuffer);
const readText = uncurry(Response.prototype.text);
const toUtc = uncurry(Date.prototype.toUTCString);
const instanceOf = uncurry(Function.prototype[Symbol.hasInstance]) as (owner: unknown, value: unknown) => boolean;

/** Cancels bodies that nobody has touched and nobody can: their files in the host would stay open. */
const untouched = new FinalizationRegistry<ReadableStream>((stream) => {
  promiseThen(streamCancel(stream), undefined, nothing);
});
const watchFor = uncurry(FinalizationRegistry.prototype.register);
const stopWatching = uncurry(FinalizationRegistry.prototype.unregister);

/** Hexadecimal digits and bytes of what is known. */
class R2Checksums {
  readonly #digits: Readonly<Record<string, string>>;

  constructor(digits: Readonly<Record<string, string>>) {
    this.#digits = digits;
    for (let at = 0; at < DIGEST_NAMES.length; at++) {
      const known = digits[DIGEST_NAMES[at]!];
      if (known !== undefined) defineMember(this, DIGEST_NAMES[at]!, fromHex(known).buffer, true);
    }
  }

  toJSON(): Record<string, string> {
    const shown: Record<string, string> = {};
    for (let at = 0; at < DIGEST_NAMES.length; at++) {
      const known = this.#digits[DIGEST_NAMES[at]!];
      if (known !== undefined) defineMember(shown, DIGEST_NAMES[at]!, known, true);
    }
    return shown;
  }
}

/** Bytes of an object that were asked for. */
export interface ReadRange {
  readonly offset: number;
  readonly length: number;
}

/** Named as on Workers; an app gets one and makes none. */
export class R2Object {
  constructor(entry: R2Entry, range: ReadRange | null) {
    const { key, version, size, etag, uploaded, http, custom, storageClass, checksums } = entry;
    defineMember(this, "key", key, true);
    defineMember(this, "version", version, true);
    defineMember(this, "size", size, true);
    defineMember(this, "etag", etag, true);
    defineMember(this, "httpEtag", `"${etag}"`, true);
    defineMember(this, "uploaded", new NativeDate(uploaded), true);
    if (http !== undefined) defineMember(this, "httpMetadata", httpMetadataOf(http), true);
    if (custom !== undefined) defineMember(this, "customMetadata", custom, true);
    if (range !== null) defineMember(this, "range", range, true);
    defineMember(this, "checksums", new R2Checksums(checksums), true);
    defineMember(this, "storageClass", storageClass, true);
    // Where it came from, whatever the app does to the members.
    this.#key = key;
    this.#http = http;
  }

  readonly #key: string;
  readonly #http: R2Entry["http"];

  writeHttpMetadata(headers: Headers): void {
    if (!instanceOf(NativeHeaders, headers)) {
      throw new NativeTypeError("Failed to execute 'writeHttpMetadata': parameter 1 is not of type 'Headers'.");
    }
    const http = this.#http;
    if (http === undefined) {
      throw new NativeTypeError(
        `HTTP metadata unknown for key \`${this.#key}\`. Did you forget to add 'httpMetadata' to \`include\` when listing?`,
      );
    }
    for (let at = 0; at < HTTP_HEADERS.length; at++) {
      const pair = HTTP_HEADERS[at]!;
      const value = http[pair[0]];
      if (value !== undefined) headersSet(headers, pair[1], value as string);
    }
    const expires = http["cacheExpiry"];
    if (expires !== undefined) headersSet(headers, "expires", toUtc(new NativeDate(expires)));
  }
}

function httpMetadataOf(http: Record<string, string | number>): Record<string, unknown> {
  const shown: Record<string, unknown> = {};
  for (let at = 0; at < HTTP_HEADERS.length; at++) {
    const member = HTTP_HEADERS[at]![0];
    if (http[member] !== undefined) defineMember(shown, member, http[member], true);
  }
  const expires = http["cacheExpiry"];
  if (expires !== undefined) defineMember(shown, "cacheExpiry", new NativeDate(expires), true);
  return shown;
}

/** An object with its body, which is read once. */
export class R2ObjectBody extends R2Object {
  readonly #content: CallBody;
  readonly #length: number;
  readonly #type: string;
  #response: Response | null = null;

  constructor(entry: R2Entry, range: ReadRange, content: CallBody) {
    super(entry, range);
    this.#content = content;
    this.#length = range.length;
    this.#type = (entry.http?.["contentType"] ?? "") as string;
    if (content instanceof NativeReadableStream) watchFor(untouched, this, content, this);
  }

  get body(): ReadableStream {
    const stream = responseBody(this.#opened())!;
    noteLength(stream, this.#length);
    return stream;
  }

  get bodyUsed(): boolean {
    return this.#response !== null && responseBodyUsed(this.#response);
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return this.#refusal() ?? readBuffer(this.#opened());
  }

  bytes(): Promise<Uint8Array> {
    return promiseThen(this.#refusal() ?? readBuffer(this.#opened()), (buffer) => new NativeUint8Array(buffer));
  }

  text(): Promise<string> {
    return this.#refusal() ?? readText(this.#opened());
  }

  json(): Promise<unknown> {
    return promiseThen(this.#refusal() ?? readText(this.#opened()), parse);
  }

  blob(): Promise<Blob> {
    const type = this.#type;
    return promiseThen(
      this.#refusal() ?? readBuffer(this.#opened()),
      (buffer) => new global.Blob([buffer], bare({ type })),
    );
  }

  #refusal(): Promise<never> | null {
    if (!this.bodyUsed) return null;
    return rejected(
      new NativeTypeError(
        "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.",
      ),
    );
  }

  #opened(): Response {
    if (this.#response === null) {
      stopWatching(untouched, this);
      this.#response = new NativeResponse((this.#content ?? new NativeUint8Array(0)) as BodyInit);
    }
    return this.#response;
  }
}

/** What the host has told of an object. */
export function parsedEntry(json: unknown): R2Entry {
  return parse(json as string) as R2Entry;
}

/** The objects of a list. */
export function objectsOf(entries: readonly R2Entry[]): R2Object[] {
  const objects: R2Object[] = [];
  for (let at = 0; at < entries.length; at++) defineMember(objects, at, new R2Object(entries[at]!, null), true);
  return objects;
}

/** What a get came to. */
export function rangeFrom(offset: unknown, length: unknown): ReadRange {
  const range = {} as ReadRange;
  defineMember(range, "offset", offset, true);
  defineMember(range, "length", length, true);
  return range;
}

/** All that {@linkcode objectsOf} takes, from a text. */
export function parsedEntries(json: string): readonly R2Entry[] {
  return parse(json) as readonly R2Entry[];
}

/** Texts, from a text. */
export function textListOf(json: unknown): string[] {
  return parse(json as string) as string[];
}

function nothing(): void {}
