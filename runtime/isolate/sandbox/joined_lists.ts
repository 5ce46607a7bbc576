/**
 * `concat` and `flat`, in steps between which a kill is seen: V8 walks all lists in one piece, and any of them may become
 * longer meanwhile, by a getter of another. A killed thread went on for hours, and a list of bytes that says that it is to
 * be spread ended the process: V8 keeps its elements in a table, which may have 22 million.
 */
import {
  apply,
  defineMember,
  getMember,
  getPrototypeOf,
  isArray,
  min,
  NativeNumber,
  NativeObject,
  NativeTypeError,
  trunc,
} from "../../protocol/primordials.ts";
import { asLongAs, MAX_LENGTH, tooLong } from "./long_lists.ts";
import { isProxiedList } from "./proxied_lists.ts";
import { putInPlace } from "./put_in_place.ts";

type Callable = (...given: unknown[]) => unknown;
type List = { length: unknown } & Record<number, unknown>;

/** From so many on a list is taken over by natives, which takes a fifth of the time. */
const MIN_CHUNK = 32;
/** Elements of one step, each an argument of `push`: 128 KiB of the stack of a megabyte. */
const MAX_CHUNK = 1 << 14;

const { isConcatSpreadable: SPREAD } = Symbol;
const plainPrototype = Array.prototype as object;
const NativeArray = Array;
const nativeSlice = Array.prototype.slice as Callable;
const nativePush = Array.prototype.push as Callable;
const nativeIncludes = Array.prototype.includes as Callable;

/** What is made of lists, and how far it has come. */
interface Made {
  readonly list: List;
  /** Whether it is an array that nobody else knows. */
  readonly isPlain: boolean;
  length: number;
}

/** Puts them in the natives' place. @boot */
export function joinLists(): void {
  // Methods, so that they are no constructors, like the native ones.
  const { concat, flat } = {
    concat(this: unknown): unknown {
      const self = objectOf(this);
      const made = madeFor(self);
      join(made, self);
      for (let at = 0; at < arguments.length; at++) join(made, arguments[at]);
      return ended(made);
    },
    flat(this: unknown, depth?: unknown): unknown {
      const self = objectOf(this);
      const length = lengthOf(self);
      const levels = depth === undefined ? 1 : trunc(NativeNumber(depth));
      const made = madeFor(self);
      // What is no number is no level.
      flatten(made, self, { length, levels: levels >= 1 ? levels : 0 });
      return made.list;
    },
  };
  putInPlace(Array.prototype, "concat", concat);
  putInPlace(Array.prototype, "flat", flat);
}

function objectOf(self: unknown): List {
  if (self === null || self === undefined) throw new NativeTypeError("Cannot convert undefined or null to object");
  return NativeObject(self) as List;
}

/** An array, or what the class of this one makes of its results. */
function madeFor(self: List): Made {
  if (!isArray(self)) return { list: [] as unknown as List, isPlain: true, length: 0 };
  const isProxy = isProxiedList(self);
  if (!isProxy && getPrototypeOf(self) === plainPrototype && getMember(self, "constructor") === NativeArray) {
    return { list: [] as unknown as List, isPlain: true, length: 0 };
  }
  // An empty part of a list is made by its class as well; a list that says another length each time is not asked.
  const list = apply(nativeSlice, isProxy ? asLongAs(self, 0) : self, [0, 0]) as List;
  return { list, isPlain: false, length: 0 };
}

/** Adds the elements of what is to be spread, and whatever else as an element. */
function join(made: Made, one: unknown): void {
  if ((typeof one !== "object" && typeof one !== "function") || one === null) return add(made, one);
  const told = getMember(one, SPREAD);
  if (told === undefined ? isArray(one) : told) addAll(made, one as List, { length: lengthOf(one as List) });
  else add(made, one);
}

/** Adds what is not in lists, or in as many of them as are opened. */
function flatten(made: Made, list: List, { length, levels }: { readonly length: number; readonly levels: number }) {
  if (levels === 0) return addAll(made, list, { length, skipsHoles: true });
  for (let at = 0; at < length; at++) {
    if (!(at in list)) continue;
    const inner = list[at];
    if (isArray(inner)) flatten(made, inner as List, { length: lengthOf(inner), levels: levels - 1 });
    else add(made, inner);
  }
}

function add(made: Made, value: unknown): void {
  const at = made.length++;
  // What an app has put on the prototypes of lists may take it; that is the app's own.
  if (made.isPlain) made.list[at] = value;
  else defineMember(made.list, at as unknown as string, value, true);
}

/** Adds all elements of a list, and holes as holes. */
function addAll(
  made: Made,
  list: List,
  { length, skipsHoles = false }: { readonly length: number; readonly skipsHoles?: boolean },
): void {
  const isQuick = made.isPlain && length >= MIN_CHUNK && isArray(list) && !isProxiedList(list);
  for (let from = 0; from < length;) {
    const to = min(length, from + MAX_CHUNK);
    if (!isQuick || !pushed(made, list, { from, to })) {
      for (let at = from; at < to; at++) {
        if (at in list) add(made, list[at]);
        else if (!skipsHoles) made.length++;
      }
    }
    from = to;
  }
}

/** Adds a part of an array by natives. @returns whether it could: not what has a hole, or whose class makes odd parts */
function pushed(made: Made, list: List, { from, to }: { readonly from: number; readonly to: number }): boolean {
  if (getPrototypeOf(list) !== plainPrototype || made.list.length !== made.length) return false;
  const part = apply(nativeSlice, list, [from, to]) as unknown[];
  if (!isArray(part) || isProxiedList(part) || part.length !== to - from) return false;
  // A hole is found as well.
  if (apply(nativeIncludes, part, [undefined])) return false;
  apply(nativePush, made.list, part);
  made.length += to - from;
  return true;
}

/** The list, as long as it is with the holes at its end. */
function ended({ list, length }: Made): List {
  list.length = length;
  return list;
}

/** @throws RangeError when it is longer than anything that is walked through */
function lengthOf(list: object): number {
  const told = (list as List).length;
  const length = trunc(typeof told === "number" ? told : NativeNumber(told));
  if (length > MAX_LENGTH) throw tooLong(MAX_LENGTH);
  return length > 0 ? length : 0;
}
