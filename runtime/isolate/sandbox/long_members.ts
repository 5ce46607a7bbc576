/**
 * Bounds what V8 compares in one piece when the members of a list are long: sorting a hundred thousand references to two
 * texts that differ in their last character, or seeking one among the other, keeps a killed thread for hours. Then a
 * function of ours compares, or a loop, in which a kill is seen.
 */
import { apply, isArray, max, min, NativeNumber, NativeObject, trunc, uncurry } from "../../protocol/primordials.ts";
import { MAX_COPIED_LENGTH } from "./long_lists.ts";
import { putInPlace } from "./put_in_place.ts";

/** Shorter lists are sorted natively: some 400 comparisons. */
const MAX_SHORT_LIST = 64;
/** Longer texts are compared by a function of ours; of shorter ones 2^20 are sorted in seconds. */
const MAX_SHORT_CHARS = 1 << 10;
/** Characters that one native search may compare: 0.1 s. */
const MAX_COMPARED = 1 << 30;
/** A number that is longer counts as one of that many characters. */
const LONG_NUMBER = 1n << 8192n;
const LONG_NUMBER_CHARS = 1 << 27;

type Callable = (...given: unknown[]) => unknown;
type List = ArrayLike<unknown>;

/** Puts the guards in the place of those of `guardLongLists`, whose bounds stay. @boot */
export function guardLongMembers(): void {
  for (const name of ["sort", "toSorted"] as const) guardOrder(name);
  guardSearch("indexOf", (list, sought, from) => forwards(list, sought, from, true));
  guardSearch("includes", (list, sought, from) => forwards(list, sought, from, false) !== -1);
  guardSearch("lastIndexOf", backwards);
}

/** @boot */
function guardOrder(name: "sort" | "toSorted"): void {
  const native = Array.prototype[name] as Callable;
  // Methods, so that they are no constructors, like the native ones.
  const { guarded } = {
    guarded(this: unknown, compare: unknown): unknown {
      const isNative = compare !== undefined || isArray(this) && hasShortMembers(this);
      return isNative ? apply(native, this, arguments) : apply(native, this, [byText]);
    },
  };
  putInPlace(Array.prototype, name, guarded);
}

/** Whether none of its members is a text, a number or an object that may take long to compare. */
function hasShortMembers(list: readonly unknown[]): boolean {
  // One of 2^32 holes is refused by its length, without a walk.
  if (list.length <= MAX_SHORT_LIST || list.length > MAX_COPIED_LENGTH) return true;
  for (let at = 0; at < list.length; at++) {
    const member = list[at];
    const kind = typeof member;
    if (kind === "number" || kind === "undefined" || kind === "boolean" || member === null) continue;
    if (typeof member !== "string" || member.length > MAX_SHORT_CHARS) return false;
  }
  return true;
}

/** https://tc39.es/ecma262/#sec-comparearrayelements */
function byText(one: unknown, other: unknown): number {
  const text = `${one}`;
  const otherText = `${other}`;
  return text < otherText ? -1 : otherText < text ? 1 : 0;
}

/** @boot */
function guardSearch(
  name: "indexOf" | "includes" | "lastIndexOf",
  search: (list: List, sought: unknown, from: unknown, given: number) => unknown,
): void {
  const native = Array.prototype[name] as Callable;
  const { guarded } = {
    guarded(this: unknown, sought: unknown, from: unknown): unknown {
      // What is no array has had its bounds looked at; to compare long members of it takes a loop as well.
      const chars = charsOf(sought);
      if (chars <= 1 || this === null || this === undefined) return apply(native, this, arguments);
      const length = NativeNumber((NativeObject(this) as List).length);
      return length * chars <= MAX_COMPARED
        ? apply(native, this, arguments)
        : search(NativeObject(this), sought, from, arguments.length);
    },
  };
  putInPlace(Array.prototype, name, guarded);
}

const nativeSort = uncurry(Array.prototype.sort) as (list: unknown[], compare: () => number) => unknown;
const nothing = (): number => 0;

/**
 * Lets V8 see a kill: a loop that compares and calls nothing is not looked at. What a native calls is no part of the
 * loop, whatever V8 puts into it.
 */
function pause(): void {
  nativeSort([0, 0], nothing);
}

function charsOf(sought: unknown): number {
  if (typeof sought === "string") return sought.length;
  if (typeof sought !== "bigint") return 0;
  return sought > LONG_NUMBER || sought < -LONG_NUMBER ? LONG_NUMBER_CHARS : 1;
}

function forwards(list: List, sought: unknown, given: unknown, skipsHoles: boolean): number {
  const length = trunc(NativeNumber(list.length));
  const from = whole(given);
  for (let at = from < 0 ? max(length + from, 0) : from; at < length; at++) {
    pause();
    if ((!skipsHoles || at in list) && list[at] === sought) return at;
  }
  return -1;
}

function backwards(list: List, sought: unknown, given: unknown, count: number): number {
  const length = trunc(NativeNumber(list.length));
  const from = count > 1 ? whole(given) : length - 1;
  for (let at = from < 0 ? length + from : min(from, length - 1); at >= 0; at--) {
    pause();
    if (at in list && list[at] === sought) return at;
  }
  return -1;
}

/** https://tc39.es/ecma262/#sec-tointegerorinfinity */
function whole(given: unknown): number {
  const index = trunc(NativeNumber(given));
  return index === index ? index : 0;
}
