/**
 * Writes what crosses between apps by value: as JSON, with what JSON lacks as objects of one member named "", and bytes
 * beside it.
 *
 * A form of its own and not V8's: what comes from a hostile isolate is read here (sandbox/structured_clone.ts has what
 * V8's and Deno's readers do with that), and an object of a class must not cross as if it were a plain one.
 */
import {
  getMember,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  keys,
  NativeRangeError,
  NativeUint8Array,
  stringify,
} from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { MAX_RPC_BYTES } from "../../protocol/rpc.ts";
import { type OwnBytes, ownBytes } from "./own_bytes.ts";
import { CROSSES, refuse, textElse, typeName, type ValuePlace } from "./value_place.ts";
import { holderOf, type WebHolder } from "./web_parts.ts";
import {
  dateTime,
  kindOf,
  mapEach,
  patternFlags,
  patternSource,
  setEach,
  unboxed,
  type ValueKind,
} from "./value_kinds.ts";

/** A value as it crosses. */
export interface WrittenValue {
  /** Begins with the form of the rest: `p` for plain JSON, `t` for one with tags. */
  readonly text: string;
  /** In their order. */
  readonly blobs: readonly Uint8Array[];
  readonly blobBytes: number;
  readonly stream: ReadableStream<Uint8Array> | null;
}

/** Levels of lists and records: each takes some of the stack when it is written and read. */
const MAX_DEPTH = 1_000;
const objectPrototype = Object.prototype;
const isFiniteNumber = Number.isFinite;

/** @param name of the value, as messages call it @throws {DOMException} DataCloneError for what cannot cross */
export function writeValue(value: unknown, name: string): WrittenValue {
  return new ValueWriter().whole(value, name);
}

class ValueWriter {
  #text = "";
  #isPlain = true;
  #blobs: Uint8Array[] = [];
  #blobBytes = 0;
  #stream: ReadableStream<Uint8Array> | null = null;
  /** Objects by the order of their first mention, so that a second one, be it a circle, names the first. */
  readonly #seen = new SafeMap<object, number>();
  #order: object[] = [];
  #depth = 0;

  whole(value: unknown, name: string): WrittenValue {
    this.#write(value, { key: name, above: null });
    const text = (this.#isPlain ? "p" : "t") + this.#text;
    return { text, blobs: this.#blobs, blobBytes: this.#blobBytes, stream: this.#stream };
  }

  #add(text: string): void {
    this.#text += text;
    this.#bound();
  }

  #bound(): void {
    const size = this.#text.length + this.#blobBytes;
    if (size <= MAX_RPC_BYTES) return;
    throw new NativeRangeError(
      `Serialized RPC arguments or return values are limited to ${MAX_RPC_BYTES / 1024 / 1024}MiB, but the size of ` +
        `this value was at least: ${size} bytes.`,
    );
  }

  /** @param rest of the list, with a comma before each of its members */
  #tag(tag: string, rest = ""): void {
    this.#isPlain = false;
    this.#add(`{"":["${tag}"${rest}]}`);
  }

  #write(value: unknown, place: ValuePlace): void {
    switch (typeof value) {
      case "string":
        // An escape takes six characters at most: what is far too long is not to be copied first.
        if (value.length > MAX_RPC_BYTES) this.#text += value;
        return this.#add(stringify(value));
      case "number":
        if (isFiniteNumber(value) && (value !== 0 || 1 / value > 0)) return this.#add(`${value}`);
        return this.#tag("n", `,"${value === 0 ? "-0" : value}"`);
      case "boolean":
        return this.#add(value ? "true" : "false");
      case "undefined":
        return this.#tag("u");
      case "bigint":
        return this.#tag("b", `,"${value}"`);
      case "object":
        return value === null ? this.#add("null") : this.#object(value, place);
      case "function":
        return refuse(`a function`, place, "NANO's RPC passes values, and neither functions nor stubs");
      default:
        return refuse("a symbol", place, CROSSES);
    }
  }

  #object(value: object, place: ValuePlace): void {
    const known = this.#seen.get(value);
    if (known !== undefined) return this.#tag("@", `,${known}`);
    this.#seen.set(value, this.#order.length);
    append(this.#order, value);
    if (++this.#depth > MAX_DEPTH) refuse(`more than ${MAX_DEPTH} levels`, null, "lists and records nest too deeply");
    if (isArray(value)) this.#list(value, place);
    else {
      const prototype = getPrototypeOf(value);
      if (prototype === objectPrototype || prototype === null) this.#record(value, place);
      else this.#other(value, kindOf(value), place);
    }
    this.#depth--;
  }

  #list(list: readonly unknown[], place: ValuePlace): void {
    const { length } = list;
    this.#add("[");
    for (let at = 0; at < length; at++) {
      if (at > 0) this.#add(",");
      if (hasOwn(list, at)) this.#write(list[at], { key: at, above: place });
      else this.#tag("h");
    }
    this.#add("]");
  }

  #record(record: object, place: ValuePlace): void {
    const names = keys(record);
    if (hasOwn(record, "")) return this.#pairs("o", record, names, place);
    this.#add("{");
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!;
      this.#add(`${at > 0 ? "," : ""}${stringify(name)}:`);
      this.#write(getMember(record, name), { key: name, above: place });
    }
    this.#add("}");
  }

  /** As the list of a tag: names and values in turn. */
  #pairs(tag: string, record: object, names: readonly string[], place: ValuePlace): void {
    this.#begin(tag);
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!;
      this.#add(`,${stringify(name)},`);
      this.#write(getMember(record, name), { key: name, above: place });
    }
    this.#add("]}");
  }

  #begin(tag: string): void {
    this.#isPlain = false;
    this.#add(`{"":["${tag}"`);
  }

  #other(value: object, kind: ValueKind | null, place: ValuePlace): void {
    switch (kind) {
      case "view":
      case "data_view":
      case "buffer":
        return this.#bytes(ownBytes(value, kind));
      case "date":
        // The time of an invalid date is no number of JSON.
        return this.#tag("d", `,"${dateTime(value as Date)}"`);
      case "pattern":
        return this.#tag(
          "r",
          `,${stringify(patternSource(value as RegExp))},${stringify(`${patternFlags(value as RegExp)}`)}`,
        );
      case "map":
        this.#begin("m");
        mapEach(value as Map<unknown, unknown>, (one, key) => {
          this.#add(",");
          this.#write(key, { key: "(key)", above: place });
          this.#add(",");
          this.#write(one, { key: "(value)", above: place });
        });
        return this.#add("]}");
      case "set":
        this.#begin("s");
        setEach(value as Set<unknown>, (one) => {
          this.#add(",");
          this.#write(one, { key: "(member)", above: place });
        });
        return this.#add("]}");
      case "error":
      case "dom_exception":
        return this.#error(value as Error, kind === "dom_exception", place);
      case "boxed":
        this.#begin("B");
        this.#add(",");
        this.#write(unboxed(value), place);
        return this.#add("]}");
      case "headers":
      case "request":
      case "response":
        return this.#holder(holderOf(value as Headers | Request | Response, kind), place);
      case "stream":
        this.#takeStream(value as ReadableStream<Uint8Array>, place);
        return this.#tag("S");
      case null:
        return refuse(`object of type "${typeName(value)}"`, place, CROSSES);
    }
  }

  #bytes({ type, buffer, at, length }: OwnBytes): void {
    this.#tag("x", `,"${type}",${this.#blobBytes},${length}`);
    this.#blobBytes += length;
    this.#bound();
    if (length > 0) append(this.#blobs, new NativeUint8Array(buffer, at, length));
  }

  /** Name, message, cause and own members; what of those cannot cross is left out. */
  #error(error: Error, isDom: boolean, place: ValuePlace): void {
    const name = textElse(getMember(error, "name"), "Error");
    const message = textElse(getMember(error, "message"), "");
    this.#begin("e");
    this.#add(`,${isDom},${stringify(name)},${stringify(message)}`);
    if (!isDom) {
      for (let at = 0; at < HIDDEN.length; at++) {
        const own = getOwnPropertyDescriptor(error, HIDDEN[at]!);
        if (own !== undefined && own.enumerable !== true) this.#errorMember(error, HIDDEN[at]!, place);
      }
      const names = keys(error);
      for (let at = 0; at < names.length; at++) {
        const member = names[at]!;
        if (member !== "name" && member !== "message" && member !== "stack") this.#errorMember(error, member, place);
      }
    }
    this.#add("]}");
  }

  #errorMember(error: Error, member: string, place: ValuePlace): void {
    const before = { text: this.#text, blobs: this.#blobs.length, blobBytes: this.#blobBytes, stream: this.#stream };
    const seen = this.#order.length;
    const depth = this.#depth;
    try {
      this.#add(`,${stringify(member)},`);
      this.#write(getMember(error, member), { key: member, above: place });
    } catch {
      this.#text = before.text;
      this.#blobs.length = before.blobs;
      this.#blobBytes = before.blobBytes;
      this.#stream = before.stream;
      this.#depth = depth;
      for (let at = seen; at < this.#order.length; at++) this.#seen.delete(this.#order[at]!);
      this.#order.length = seen;
    }
  }

  #holder({ tag, fields, body }: WebHolder, place: ValuePlace): void {
    this.#begin(tag);
    for (let at = 0; at < fields.length; at++) this.#add(`,${stringify(fields[at]!)}`);
    this.#add(",");
    if (body === null || typeof body === "string") this.#write(body, place);
    else if (body instanceof NativeUint8Array) {
      this.#bytes(ownBytes(body, "view"));
    } else {
      this.#takeStream(body, place);
      this.#tag("S");
    }
    this.#add("]}");
  }

  #takeStream(stream: ReadableStream<Uint8Array>, place: ValuePlace): void {
    if (this.#stream !== null) {
      refuse("a second stream", place, "one stream, be it the body of a Request or Response, crosses with each call");
    }
    this.#stream = stream;
  }
}

/** Members of errors that `keys` does not name. */
const HIDDEN = ["cause", "errors", "code"];
