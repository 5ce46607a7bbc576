/**
 * How many objects Deno would walk to show some values: it does so in native code that no kill can stop, and tells the
 * function that could end the walk of keys and primitive values only, never of an object that has none.
 */
import { types } from "node:util";
import {
  apply,
  floor,
  getOwnPropertyDescriptor,
  getterOf,
  hasOwn,
  isArray,
  max,
  min,
  ownKeys,
  stringIndexOf,
} from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";

/** What of the options decides how far is walked. */
export interface WalkOptions {
  /** How many objects deep; null: without end. */
  readonly depth: number | null;
  /** Members that are shown of a list, a map, a set; null: all. */
  readonly maxArrayLength: number | null;
  /** Whether what is not enumerable is shown as well. */
  readonly showHidden: boolean;
}

/** As deep as Node looks when nobody says how deep. */
const DEFAULT_DEPTH = 2;
/** As deep as it looks for `%o`, at what is hidden too. */
const DEPTH_OF_O = 4;
/** Members of a list that it shows when nobody says how many. */
const DEFAULT_MEMBERS = 100;

/** How far `format` walks. @param first its first parameter, perhaps a template @param depth null when nobody says */
export function walkOf(
  first: unknown,
  depth: number | null,
  maxArrayLength: number | null = DEFAULT_MEMBERS,
): WalkOptions {
  const given = depth ?? DEFAULT_DEPTH;
  const hasO = typeof first === "string" && stringIndexOf(first, "%o") !== -1;
  return { depth: hasO ? max(DEPTH_OF_O, given) : given, maxArrayLength, showHidden: hasO };
}

/** To list as many keys takes as long as to show an object that has none: 8 us. */
const KEYS_OF_AN_OBJECT = 32;

/** Looking for keys beside the numbers of a longer list would cost more than showing it. */
const MAX_KEYED_LENGTH = 10_000;

const { isProxy, isPromise, isNativeError, isMap, isSet, isTypedArray } = types;
const { forEach: eachOfMap } = Map.prototype;
const { forEach: eachOfSet } = Set.prototype;
const sizeOfMap: (map: Map<unknown, unknown>) => number = getterOf(Map.prototype, "size");
const sizeOfSet: (set: Set<unknown>) => number = getterOf(Set.prototype, "size");
const lengthOf: (list: Uint8Array) => number = getterOf(
  Object.getPrototypeOf(Uint8Array.prototype) as Uint8Array,
  "length",
);

/** What this needs of Deno's inside: what lies behind a proxy, and in a promise. */
interface DetailsCore {
  readonly getProxyDetails: (proxy: unknown) => readonly [target: unknown, handler: unknown] | null;
  readonly getPromiseDetails: (promise: unknown) => readonly [state: number, value?: unknown];
}

const { core } = (Deno as unknown as Record<symbol, { core: DetailsCore }>)[
  (Deno as unknown as { internal: symbol }).internal
]!;
const { getProxyDetails, getPromiseDetails } = core;

/** Whether more objects than `most` would be walked; runs no code of the app, and can itself be stopped. */
export function walksMoreThan(most: number, values: readonly unknown[], options: WalkOptions): boolean {
  const waiting: object[] = [];
  const depths: number[] = [];
  const deepest = options.depth ?? Infinity;
  const shown = options.maxArrayLength ?? Infinity;
  let walked = 0;
  const note = (value: unknown, depth: number) => {
    if (typeof value !== "object" && typeof value !== "function" || value === null || walked > most) return;
    walked++;
    append(waiting, value);
    append(depths, depth);
  };
  for (let at = 0; at < values.length; at++) note(values[at], 0);
  while (waiting.length > 0 && walked <= most) {
    const value = waiting[waiting.length - 1]!;
    const depth = depths[depths.length - 1]!;
    waiting.length--;
    depths.length--;
    if (isProxy(value)) {
      note(getProxyDetails(value)?.[0], depth);
      continue;
    }
    // Of what lies deeper only the name is shown; Deno lists its keys all the same.
    if (depth > deepest) {
      walked += floor(keysOf(value).length / KEYS_OF_AN_OBJECT);
      continue;
    }
    noteMembers(value, shown, (member) => note(member, depth + 1));
    noteProperties(value, { shown, showHidden: options.showHidden }, (member) => note(member, depth + 1));
  }
  return walked > most;
}

type Note = (member: unknown) => void;

/** Its keys, those of a longer list aside. */
function keysOf(value: object): readonly PropertyKey[] {
  return lengthOfList(value) > MAX_KEYED_LENGTH ? [] : ownKeys(value);
}

function lengthOfList(value: object): number {
  return isArray(value) ? value.length : isTypedArray(value) ? lengthOf(value as Uint8Array) : 0;
}

/** Of a map, a set, a promise, an error: what is no property, or shown though it is hidden. */
function noteMembers(value: object, shown: number, note: Note): void {
  if (isMap(value)) {
    let left = min(shown, sizeOfMap(value as Map<unknown, unknown>));
    apply(eachOfMap, value, [(member: unknown, key: unknown) => {
      if (left-- <= 0) return;
      note(key);
      note(member);
    }]);
  } else if (isSet(value)) {
    let left = min(shown, sizeOfSet(value as Set<unknown>));
    apply(eachOfSet, value, [(member: unknown) => {
      if (left-- > 0) note(member);
    }]);
  } else if (isPromise(value)) {
    note(getPromiseDetails(value)[1]);
  } else if (isNativeError(value)) {
    note(getOwnPropertyDescriptor(value, "cause")?.value);
    note(getOwnPropertyDescriptor(value, "errors")?.value);
  }
}

/** Own properties that hold values. */
function noteProperties(
  value: object,
  { shown, showHidden }: { shown: number; showHidden: boolean },
  note: Note,
): void {
  const length = lengthOfList(value);
  if (isArray(value)) {
    const end = min(length, shown);
    for (let at = 0; at < end; at++) {
      const found = getOwnPropertyDescriptor(value, at);
      if (found !== undefined && hasOwn(found, "value")) note(found.value);
    }
  }
  const names = keysOf(value);
  for (let at = length; at < names.length; at++) {
    const found = getOwnPropertyDescriptor(value, names[at]!);
    if (found !== undefined && hasOwn(found, "value") && (found.enumerable || showHidden)) note(found.value);
  }
}
