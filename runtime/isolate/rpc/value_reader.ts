/** Reads what value_writer.ts wrote, whoever wrote it: a hostile isolate may send any text. */
import { bare } from "../../protocol/bare.ts";
import {
  bytesBuffer,
  defineMember,
  deleteProperty,
  getMember,
  hasOwn,
  isArray,
  keys,
  NativeDOMException,
  NativeError,
  NativeNumber,
  NativeTypeError,
  NativeUint8Array,
  stringCharCodeAt,
  stringSlice,
  uncurry,
} from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import { headersOf, requestOf, responseOf } from "./web_parts.ts";

/** What lies beside the text. */
export interface BesideText {
  /** Bytes that follow, for the buffers of the value. */
  readonly blobBytes: number;
  /** The stream that follows those; null without. */
  readonly stream: (() => ReadableStream<Uint8Array>) | null;
}

/** A value, and its buffers in the order in which their bytes follow: whoever asked for it fills them. */
export interface ReadValue {
  readonly value: unknown;
  readonly buffers: readonly Uint8Array<ArrayBuffer>[];
}

const parse = JSON.parse;
const NativeAggregateError = AggregateError;
const NativeDate = Date;
const NativeMap = Map;
const NativeSet = Set;
const NativeRegExp = RegExp;
const NativeObject = Object;
const toBigInt = BigInt;
const mapSet = uncurry(Map.prototype.set);
const setAdd = uncurry(Set.prototype.add);
const PLAIN = 0x70;
const TAGGED = 0x74;

type Maker = new (buffer: ArrayBufferLike) => object;
/** Views by the name of their class. */
const VIEWS: Readonly<Record<string, Maker>> = bare(Object.fromEntries(
  [
    ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"],
    ...["Float16Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array", "DataView"],
  ].filter((name) => Reflect.has(globalThis, name)).map((name) => [name, Reflect.get(globalThis, name) as Maker]),
));
const ERRORS: Readonly<Record<string, ErrorConstructor>> = bare({
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
});

/** @throws {TypeError} for what no writer writes */
export function readValue(text: string, beside: BesideText): ReadValue {
  const form = text === "" ? 0 : stringCharCodeAt(text, 0);
  if (form !== PLAIN && form !== TAGGED) return malformed();
  const parsed: unknown = parse(stringSlice(text, 1));
  if (form === PLAIN) return { value: parsed, buffers: [] };
  const reader = new ValueReader(beside);
  return { value: reader.read(parsed), buffers: reader.buffers };
}

function malformed(): never {
  throw new NativeTypeError("Cannot read what another app has sent: it is malformed");
}

class ValueReader {
  readonly buffers: Uint8Array<ArrayBuffer>[] = [];
  readonly #beside: BesideText;
  #bytesTaken = 0;
  /** Objects in the order of their first mention. */
  readonly #known: unknown[] = [];
  #streamTaken = false;

  constructor(beside: BesideText) {
    this.#beside = beside;
  }

  /** Turns what JSON made into the value; lists and records stay what they are, their members change in place. */
  read(node: unknown): unknown {
    if (typeof node !== "object" || node === null) return node;
    if (isArray(node)) {
      append(this.#known, node);
      for (let at = 0; at < node.length; at++) {
        if (isHole(node[at])) deleteProperty(node, at);
        else node[at] = this.read(node[at]);
      }
      return node;
    }
    if (hasOwn(node, "")) return this.#tagged(getMember(node, ""));
    append(this.#known, node);
    const names = keys(node);
    const record = node as Record<string, unknown>;
    // Own members all of them: no assignment meets a setter of a prototype, be its name "__proto__".
    for (let at = 0; at < names.length; at++) record[names[at]!] = this.read(record[names[at]!]);
    return node;
  }

  #tagged(list: unknown): unknown {
    if (!isArray(list)) return malformed();
    switch (list[0]) {
      case "u":
        return undefined;
      case "n":
        return NativeNumber(list[1]);
      case "b":
        return toBigInt(text(list[1]));
      case "@":
        return hasOwn(this.#known, list[1] as number) ? this.#known[list[1] as number] : malformed();
      case "d":
        return this.#keep(new NativeDate(NativeNumber(list[1])));
      case "r":
        return this.#keep(new NativeRegExp(text(list[1]), text(list[2])));
      case "x":
        return this.#keep(this.#bytes(list));
      case "o":
        return this.#members(this.#keep({}), list, 1);
      case "m":
        return this.#map(list);
      case "s":
        return this.#set(list);
      case "e":
        return this.#error(list);
      case "B":
        return this.#boxed(list);
      case "S":
        return this.#keep(this.#stream());
      case "H":
        return this.#keep(headersOf(text(list[1])));
      case "Q":
        return this.#keep(requestOf(texts(list, 4), this.#body(list[5])));
      case "P":
        return this.#keep(responseOf(texts(list, 3), this.#body(list[4])));
      default:
        return malformed();
    }
  }

  #keep<T>(value: T): T {
    append(this.#known, value as unknown);
    return value;
  }

  /** Names and values in turn, from a place of the list on. */
  #members<T extends object>(target: T, list: readonly unknown[], from: number): T {
    for (let at = from; at + 1 < list.length; at += 2) {
      defineMember(target, text(list[at]), this.read(list[at + 1]), true);
    }
    return target;
  }

  #bytes(list: readonly unknown[]): object {
    const length = list[3];
    // One after the other, as they are written: so no byte is kept twice.
    if (list[2] !== this.#bytesTaken || typeof length !== "number" || !(length >= 0)) return malformed();
    this.#bytesTaken += length;
    if (this.#bytesTaken > this.#beside.blobBytes) return malformed();
    const bytes = new NativeUint8Array(length);
    if (length > 0) append(this.buffers, bytes);
    const buffer = bytesBuffer(bytes);
    if (list[1] === "ArrayBuffer") return buffer;
    const View = VIEWS[text(list[1])];
    return View === undefined ? malformed() : new View(buffer);
  }

  #map(list: readonly unknown[]): Map<unknown, unknown> {
    const map = this.#keep(new NativeMap());
    for (let at = 1; at + 1 < list.length; at += 2) mapSet(map, this.read(list[at]), this.read(list[at + 1]));
    return map;
  }

  #set(list: readonly unknown[]): Set<unknown> {
    const set = this.#keep(new NativeSet());
    for (let at = 1; at < list.length; at++) setAdd(set, this.read(list[at]));
    return set;
  }

  /** With a stack of its own: that of the other app is the other app's. */
  #error(list: readonly unknown[]): Error {
    const name = text(list[2]);
    const message = text(list[3]);
    if (list[1] === true) return this.#keep(new NativeDOMException(message, name));
    const Known = ERRORS[name];
    const isAggregate = name === "AggregateError";
    const made = isAggregate ? new NativeAggregateError([], message) : new (Known ?? NativeError)(message);
    const error = this.#keep<Error>(made);
    if (Known === undefined && !isAggregate && name !== "Error") defineMember(error, "name", name);
    for (let at = 4; at + 1 < list.length; at += 2) {
      const member = text(list[at]);
      defineMember(error, member, this.read(list[at + 1]), member !== "cause" && member !== "errors");
    }
    return error;
  }

  /** Its place among what is known is its own, not that of what is in it: no object is. */
  #boxed(list: readonly unknown[]): unknown {
    return this.#keep(NativeObject(this.read(list[1])));
  }

  #stream(): ReadableStream<Uint8Array> {
    const { stream } = this.#beside;
    if (stream === null || this.#streamTaken) return malformed();
    this.#streamTaken = true;
    return stream();
  }

  /** What the writer gave no place among what is known. */
  #body(node: unknown): string | object | null {
    if (node === null || typeof node === "string") return node;
    const list = getMember(node as object, "");
    if (!isArray(list)) return malformed();
    return list[0] === "S" ? this.#stream() : list[0] === "x" ? this.#bytes(list) : malformed();
  }
}

function isHole(node: unknown): boolean {
  if (typeof node !== "object" || node === null || !hasOwn(node, "")) return false;
  const list = getMember(node, "");
  return isArray(list) && list[0] === "h";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : malformed();
}

function texts(list: readonly unknown[], count: number): string[] {
  const found: string[] = [];
  for (let at = 1; at <= count; at++) append(found, text(list[at]));
  return found;
}
