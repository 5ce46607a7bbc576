/**
 * Bounds on lists that V8 walks in one piece: what says that it has 2^53 elements, or is an array of holes, keeps a killed
 * thread for minutes or for years, and sorting it ends the process.
 */
import { types } from "node:util";
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  defineMember,
  defineProperty,
  getMember,
  getOwnPropertyDescriptor,
  hasOwn,
  isArray,
  NativeNumber,
  NativeProxy,
  NativeRangeError,
} from "../../protocol/primordials.ts";

/** Elements of one list, a gigabyte of an array: four seconds in the slowest of the walks. */
const MAX_LENGTH = 1 << 27;
/** V8 makes a list of that length first, and ends the process from 134,217,726 on. */
const MAX_COPIED_LENGTH = 1 << 26;

/**
 * Those that call nothing of the app's for a hole; beside them stand those with a function, which look at a kill for each
 * element that is there.
 */
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
/** Those that work on a copy. */
const COPIES = ["sort", "toReversed", "toSorted", "toSpliced", "with"] as const;

type Callable = (...given: unknown[]) => unknown;
interface List {
  readonly length: unknown;
}

const NativeObject = Object;
const { isProxy } = types;
const { set: setMember } = Reflect;

/** Puts the guards in the natives' place. @boot */
export function guardLongLists(): void {
  for (const name of WALKS) guard(name, MAX_LENGTH);
  for (const name of COPIES) guard(name, MAX_COPIED_LENGTH);
}

/** @boot */
function guard(name: typeof WALKS[number] | typeof COPIES[number], most: number): void {
  const native = Array.prototype[name] as Callable;
  // A method, so that it is no constructor, like the native one.
  const { guarded } = {
    guarded(this: unknown): unknown {
      if (isArray(this) && !isProxy(this) && this.length <= most) return apply(native, this, arguments);
      if (this === null || this === undefined) return apply(native, this, arguments);
      const list = NativeObject(this) as List;
      const length = NativeNumber(list.length);
      if (length > most) {
        throw new NativeRangeError(`Cannot walk through more than ${most} elements: it could not be stopped`);
      }
      if (isSteady(list)) return apply(native, list, arguments);
      const seen = asLongAs(list, length);
      const result = apply(native, seen, arguments);
      return result === seen ? list : result;
    },
  };
  defineProperty(guarded, "name", bare({ value: name, configurable: true }));
  defineProperty(guarded, "length", bare({ value: native.length, configurable: true }));
  defineMember(Array.prototype, name, guarded);
}

/** Whether the native will read the same length: what only looks like an array may say another at the second look. */
function isSteady(list: List): boolean {
  if (isProxy(list)) return false;
  const found = getOwnPropertyDescriptor(list, "length");
  return found !== undefined && hasOwn(found, "value") && typeof found.value === "number";
}

/** The same list, with a length that stays what it was. */
function asLongAs(list: List, length: number): object {
  const handler = bare({
    get: (target: object, key: PropertyKey) => key === "length" ? length : getMember(target, key),
    set: (target: object, key: PropertyKey, value: unknown) => setMember(target, key, value),
  });
  return new NativeProxy(list, handler as ProxyHandler<List>);
}
