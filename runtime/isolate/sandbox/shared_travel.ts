/**
 * What an app shares with itself by messages of ports and by clones: shared buffers and modules of WebAssembly. Deno puts
 * them into stores of the whole process, from which only the reading of that message takes them: of an isolate that is
 * killed, and of a message that fails halfway, they stay for good. All ports of an app end in its own isolate, so they
 * wait here, and a number travels for them.
 */
import { types } from "node:util";
import { bare } from "../../protocol/bare.ts";
import {
  construct,
  defineProperty,
  getMember,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  getterOf,
  isArray,
  ownKeys,
  TO_STRING_TAG,
  uncurry,
} from "../../protocol/primordials.ts";
import { SafeMap, SafeWeakMap } from "../../protocol/safe_collections.ts";
import { append } from "../../protocol/safe_lists.ts";

/** The name under which one travels; the guard of clones takes no such record from an app. */
export const SHARED_TYPE = "NanoShared";

interface Row {
  readonly from: object;
  readonly to: object;
}

const { isDataView, isMap, isProxy, isSet, isSharedArrayBuffer } = types;
const { isView } = ArrayBuffer;
const NativeMap = Map;
const NativeSet = Set;
const NativeDataView = DataView;
const plain = Object.prototype;
const modules: unknown = WebAssembly.Module.prototype;
const mapForEach = uncurry(Map.prototype.forEach);
const mapSet = uncurry(Map.prototype.set);
const setForEach = uncurry(Set.prototype.forEach);
const setAdd = uncurry(Set.prototype.add);
const typedArrays = getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const kindOf: (view: object) => string = getterOf(typedArrays, TO_STRING_TAG) as never;
const READ = { typed: readersOf(typedArrays, "length"), data: readersOf(DataView.prototype, "byteLength") };
const makers: Record<string, unknown> = bare({});
for (
  const maker of [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float16Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ]
) makers[maker.name] = maker;

/** @boot */
function readersOf(prototype: object, length: string) {
  const reader = (name: string) => getterOf(prototype, name) as (view: object) => unknown;
  return { buffer: reader("buffer"), offset: reader("byteOffset"), length: reader(length) };
}

/** What is in messages that nobody has read, by its number. */
const waiting = new SafeMap<number, object>();
let last = 0;
/** As long as a copy lives so does what it is a copy of, to which the memory is charged (shared_bytes.ts). */
const origins = new SafeWeakMap<object, object>();

/** Builds what was shared from the record that has travelled; Deno calls it as a message is read. */
export function readShared(record: Record<string, unknown>): object {
  const id = record.id as number;
  const shared = waiting.get(id)!;
  waiting.delete(id);
  return shared;
}

/** How {@linkcode copySharing} does what it cannot do by itself. */
export interface SharingCopy {
  /** Deno's symbol, when what is shared is to travel in a message; null when the copy is for the app. */
  readonly brand: symbol | null;
  /** Whether something stays as it is, since it is handed over. */
  isLeft(value: object): boolean;
  /** Copies what neither is shared nor holds others. @throws DataCloneError for what cannot be copied */
  copyLeaf(value: unknown): unknown;
  /** `structuredClone` as Deno has it, for one buffer or module alone, which it puts into its store and takes out again. */
  cloneOne(value: object): object;
}

/**
 * Copies a value that shares memory or modules: lists, maps, sets and plain objects, and what lies in them.
 * @returns the copy, and the numbers of what now waits to be read
 */
export function copySharing(root: unknown, how: SharingCopy): { copy: unknown; ids: readonly number[] } {
  const copies = new SafeMap<object, unknown>();
  const buffers = new SafeMap<object, object>();
  const open: Row[] = [];
  const ids: number[] = [];

  function bufferOf(shared: object): object {
    const known = buffers.get(shared);
    if (known !== undefined) return known;
    const copy = how.cloneOne(shared);
    origins.set(copy, shared);
    buffers.set(shared, copy);
    return copy;
  }
  function handedOn(copy: object): object {
    if (how.brand === null) return copy;
    const id = ++last;
    waiting.set(id, copy);
    append(ids, id);
    const carrier = bare({});
    defineProperty(carrier, how.brand, bare({ value: () => bare({ type: SHARED_TYPE, id }) }));
    return carrier;
  }
  function made(value: object): unknown {
    if (how.isLeft(value)) return value;
    if (isSharedArrayBuffer(value) || isModule(value)) return handedOn(bufferOf(value));
    if (isView(value)) {
      const read = isDataView(value) ? READ.data : READ.typed;
      const buffer = read.buffer(value) as object;
      if (!isSharedArrayBuffer(buffer)) return how.copyLeaf(value);
      const Maker = isDataView(value) ? NativeDataView : makers[kindOf(value)];
      return handedOn(construct(Maker as never, [bufferOf(buffer), read.offset(value), read.length(value)]));
    }
    if (isProxy(value)) return how.copyLeaf(value);
    const prototype = getPrototypeOf(value);
    const isHolder = isArray(value) || isMap(value) || isSet(value) || prototype === plain || prototype === null;
    if (!isHolder) return how.copyLeaf(value);
    const copy = isArray(value) ? [] : isMap(value) ? new NativeMap() : isSet(value) ? new NativeSet() : {};
    append(open, { from: value, to: copy });
    return copy;
  }
  function copyOf(value: unknown): unknown {
    // Functions and symbols are refused as anywhere.
    if (typeof value === "function" || typeof value === "symbol") return how.copyLeaf(value);
    if (typeof value !== "object" || value === null) return value;
    const known = copies.get(value);
    if (known !== undefined) return known;
    const copy = made(value);
    copies.set(value, copy);
    return copy;
  }

  try {
    const copy = copyOf(root);
    for (let at = 0; at < open.length; at++) fill(open[at]!, copyOf);
    return { copy, ids };
  } catch (error) {
    forgetShared(ids);
    throw error;
  }
}

/** By what Deno makes of it: no app can have another object of that prototype cloned. */
function isModule(value: object): boolean {
  return !isProxy(value) && getPrototypeOf(value) === modules;
}

/** Of a message that did not go. */
export function forgetShared(ids: readonly number[]): void {
  for (let at = 0; at < ids.length; at++) waiting.delete(ids[at]!);
}

function fill({ from, to }: Row, copyOf: (value: unknown) => unknown): void {
  if (isMap(from)) {
    mapForEach(from, (value, key) => void mapSet(to as Map<unknown, unknown>, copyOf(key), copyOf(value)));
  } else if (isSet(from)) setForEach(from, (value) => void setAdd(to as Set<unknown>, copyOf(value)));
  else {
    if (isArray(from)) (to as unknown[]).length = from.length;
    const names = ownKeys(from);
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!;
      if (typeof name === "symbol" || getOwnPropertyDescriptor(from, name)?.enumerable !== true) continue;
      const value = copyOf(getMember(from, name));
      defineProperty(to, name, bare({ value, writable: true, enumerable: true, configurable: true }));
    }
  }
}
