/**
 * Bounds on lists that V8 walks in one piece: what says that it has 2^53 elements, or is an array of holes, keeps a killed
 * thread for minutes or for years, and sorting it ends the process.
 */
import { types } from "node:util";
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  defineMember,
  getMember,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  isArray,
  isNotANumber,
  ITERATOR,
  keys,
  max,
  NativeNumber,
  NativeObject,
  NativeProxy,
  NativeRangeError,
} from "../../protocol/primordials.ts";
import { isProxiedList, watchProxies } from "./proxied_lists.ts";
import { putInPlace } from "./put_in_place.ts";

/** Elements of one list, a gigabyte of an array: four seconds in the slowest of the walks. */
export const MAX_LENGTH = 1 << 27;
/** V8 makes a list of that length first, and ends the process from 134,217,726 on. */
export const MAX_COPIED_LENGTH = 1 << 26;

/** Those that call nothing of the app's. */
const WALKS = [
  "indexOf",
  "lastIndexOf",
  "includes",
  "reverse",
  "fill",
  "copyWithin",
  "splice",
  "shift",
  "unshift",
] as const;
/** Those that call a function of the app's, but not for a hole: which argument of that the list is. */
const CALLS = bare({ forEach: 2, map: 2, filter: 2, some: 2, every: 2, flatMap: 2, reduce: 3, reduceRight: 3 });
/** Those that work on a copy. */
const COPIES = ["sort", "toReversed", "toSorted", "toSpliced", "with"] as const;
/** Of those that make a text of each number by the rules of a language, which takes a microsecond or more. */
const MAX_FORMATTED = 1 << 20;

type Callable = (...given: unknown[]) => unknown;
interface List {
  readonly length: unknown;
}

type Name = typeof WALKS[number] | typeof COPIES[number] | keyof typeof CALLS | "toLocaleString" | "slice";

const { isProxy } = types;
const { set: setMember } = Reflect;
const { isView } = ArrayBuffer;
const typedPrototype = getPrototypeOf(Uint8Array.prototype) as object;
const typedLength = getOwnPropertyDescriptor(typedPrototype, "length")!.get;

/** Puts the guards in the natives' place. @boot */
export function guardLongLists(): void {
  watchProxies();
  for (const name of WALKS) guard(name, { most: MAX_LENGTH });
  for (const name of COPIES) guard(name, { most: MAX_COPIED_LENGTH });
  for (const name of keys(CALLS) as (keyof typeof CALLS)[]) guard(name, { most: MAX_LENGTH, listAt: CALLS[name] });
  guard("toLocaleString", { most: MAX_FORMATTED });
  guard("toLocaleString", { most: MAX_FORMATTED, holder: typedPrototype });
  guard("slice", { most: MAX_LENGTH, walked: slicedLength });
  guardMade();
  guardFrom();
}

interface Guarded {
  /** Elements that may be walked. */
  readonly most: number;
  /** Where the method stands, if not on Array.prototype. */
  readonly holder?: object;
  /** Which argument of the app's function the list is. */
  readonly listAt?: number;
  /** How many elements are walked, if not all. */
  readonly walked?: (length: number, given: ArrayLike<unknown>) => number;
}

/** @boot */
function guard(name: Name, { most, holder = Array.prototype, listAt, walked }: Guarded): void {
  const native = (holder as Record<string, Callable>)[name]!;
  // A method, so that it is no constructor, like the native one.
  const { guarded } = {
    guarded(this: unknown): unknown {
      if (isArray(this) && !isProxiedList(this) && this.length <= most) return apply(native, this, arguments);
      if (this === null || this === undefined) return apply(native, this, arguments);
      const list = NativeObject(this) as List;
      const length = NativeNumber(list.length);
      if (length > most && (walked === undefined || walked(length, arguments) > most)) throw tooLong(most);
      if (isSteady(list)) return apply(native, list, arguments);
      const seen = asLongAs(list, length);
      const given = listAt === undefined ? arguments : ofList({ given: arguments, seen, list, listAt });
      const result = apply(native, seen, given);
      return result === seen ? list : result;
    },
  };
  putInPlace(holder, name, guarded);
}

/** `flatMap` walks the lists that the app's function makes. @boot */
function guardMade(): void {
  const bounded = Array.prototype.flatMap as Callable;
  const { guarded } = {
    guarded(this: unknown, own: unknown): unknown {
      if (typeof own !== "function") return apply(bounded, this, arguments);
      const making = function (this: unknown): unknown {
        const made = apply(own as Callable, this, arguments);
        if (!isArray(made)) return made;
        const length = NativeNumber(made.length);
        if (length > MAX_LENGTH) throw tooLong(MAX_LENGTH);
        return isProxiedList(made) ? asLongAs(made as unknown as List, length) : made;
      };
      return apply(bounded, this, [making, arguments[1]]);
    },
  };
  putInPlace(Array.prototype, "flatMap", guarded);
}

/** `Array.from` of what has a length; what is iterated asks the iterator for each element. @boot */
function guardFrom(): void {
  const native = Array.from as Callable;
  const { guarded } = {
    guarded(this: unknown, items: unknown): unknown {
      if (typeof items !== "object" && typeof items !== "function" || items === null) {
        return apply(native, this, arguments);
      }
      const isShort = isArray(items) && !isProxiedList(items) && items.length <= MAX_LENGTH;
      if (isShort || !isArray(items) && isIterable(items)) return apply(native, this, arguments);
      const length = NativeNumber((items as List).length);
      if (length > MAX_LENGTH) throw tooLong(MAX_LENGTH);
      const list = isSteady(items as List) ? items : asLongAs(items as List, length);
      return apply(native, this, [list, arguments[1], arguments[2]]);
    },
  };
  putInPlace(Array, "from", guarded);
}

function isIterable(items: object): boolean {
  const method = getMember(items, ITERATOR);
  return method !== undefined && method !== null;
}

/** Thrown by whoever is given a longer list. */
export function tooLong(most: number): RangeError {
  return new NativeRangeError(`Cannot walk through more than ${most} elements: it could not be stopped`);
}

/** Elements between two numbers as `slice` takes them; of what has to be made a number first, all. */
function slicedLength(length: number, given: ArrayLike<unknown>): number {
  const from = placeIn(length, given[0] ?? 0);
  const to = placeIn(length, given[1] ?? length);
  return from === null || to === null ? length : to - from;
}

function placeIn(length: number, index: unknown): number | null {
  if (typeof index !== "number" || isNotANumber(index)) return null;
  return index < 0 ? max(0, length + index) : index <= length ? index : length;
}

/** The app's function, told of the list that the app knows. */
function ofList(
  { given, seen, list, listAt }: {
    readonly given: ArrayLike<unknown>;
    readonly seen: object;
    readonly list: object;
    readonly listAt: number;
  },
): unknown[] {
  const changed: unknown[] = [];
  for (let at = 0; at < given.length; at++) defineMember(changed, at as unknown as string, given[at], true);
  const own = given[0];
  if (typeof own !== "function") return changed;
  const told = function (this: unknown): unknown {
    if (arguments[listAt] === seen) arguments[listAt] = list;
    return apply(own as Callable, this, arguments);
  };
  defineMember(changed, "0", told, true);
  return changed;
}

/** Whether the native will read the same length: what only looks like an array may say another at the second look. */
function isSteady(list: List): boolean {
  if (isProxy(list)) return false;
  const found = getOwnPropertyDescriptor(list, "length");
  if (found !== undefined) return hasOwn(found, "value") && typeof found.value === "number";
  if (!isView(list)) return false;
  const own = getPrototypeOf(list) as object;
  return getPrototypeOf(own) === typedPrototype && getOwnPropertyDescriptor(own, "length") === undefined &&
    getOwnPropertyDescriptor(typedPrototype, "length")?.get === typedLength;
}

/** The same list, with a length that stays what it was. */
export function asLongAs(list: List, length: number): object {
  const handler = bare({
    get: (target: object, key: PropertyKey) => key === "length" ? length : getMember(target, key),
    set: (target: object, key: PropertyKey, value: unknown) => setMember(target, key, value),
  });
  return new NativeProxy(list, handler as ProxyHandler<List>);
}
