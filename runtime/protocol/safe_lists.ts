/**
 * Lists beside an app: plain arrays that are written and read by index. No iterator, no species, no setter that the app
 * has put on Array.prototype or Object.prototype comes between.
 */
import { defineProperty, ITERATOR, stringIndexOf, stringSlice, uncurry } from "./primordials.ts";

/** Appends to a list that no setter on Array.prototype or Object.prototype shall see. */
export function append<T>(list: T[], value: T): void {
  defineProperty(list, list.length, {
    __proto__: null,
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  } as PropertyDescriptor);
}

/**
 * Appends at a fiftieth of the price, for hot paths, to a list of what the app may see anyway: a setter that it put on an
 * index of Array.prototype sees the value and keeps it from the list.
 */
export const arrayPush = uncurry(Array.prototype.push) as <T>(list: T[], value: T) => number;

/** Takes the first one off. */
export const arrayShift = uncurry(Array.prototype.shift) as <T>(list: T[]) => T | undefined;

/** Takes the first ones off a list; `splice` makes the list of what it took by the app's idea of an array. */
export function dropFirst(list: unknown[], count: number): void {
  for (let at = count; at < list.length; at++) list[at - count] = list[at];
  list.length -= count;
}

/** What `map` gives. */
export function mapList<T, Result>(list: ArrayLike<T>, convert: (value: T, at: number) => Result): Result[] {
  const converted: Result[] = [];
  for (let at = 0; at < list.length; at++) append(converted, convert(list[at]!, at));
  return converted;
}

/** What `filter` gives. */
export function filterList<T>(list: ArrayLike<T>, isWanted: (value: T) => boolean): T[] {
  const kept: T[] = [];
  for (let at = 0; at < list.length; at++) if (isWanted(list[at]!)) append(kept, list[at]!);
  return kept;
}

/** What `find` gives. */
export function findInList<T>(list: ArrayLike<T>, isWanted: (value: T) => boolean): T | undefined {
  for (let at = 0; at < list.length; at++) if (isWanted(list[at]!)) return list[at];
  return undefined;
}

/** Whether a list holds a value. */
export function listHas<T>(list: ArrayLike<T>, value: T): boolean {
  for (let at = 0; at < list.length; at++) if (list[at] === value) return true;
  return false;
}

/** Takes a value out of a list, once. */
export function removeFromList<T>(list: T[], value: T): void {
  let at = 0;
  while (at < list.length && list[at] !== value) at++;
  if (at === list.length) return;
  // Each place is the list's own: no assignment here meets a setter.
  for (; at + 1 < list.length; at++) list[at] = list[at + 1]!;
  list.length--;
}

/** Sorts a list without holes in place; native code asks nothing of the prototypes. */
export const sortList = uncurry(Array.prototype.sort) as <T>(list: T[], compare: (one: T, other: T) => number) => T[];

/** What `join` gives for a list of texts. */
export function joinTexts(list: ArrayLike<string>, separator: string): string {
  let text = "";
  for (let at = 0; at < list.length; at++) text += at === 0 ? list[at]! : separator + list[at]!;
  return text;
}

/** Everything that an app's own iterable gives; running its iteration is what the caller wants. */
export function listOf<T>(iterable: Iterable<T>): T[] {
  const list: T[] = [];
  // deno-lint-ignore natives/iteration -- this is the one place that asks the app
  for (const value of iterable) append(list, value);
  return list;
}

/** The same list, which iterates by itself: native code goes by what may be an app's on Array.prototype. */
export function selfIterating<T>(list: T[]): T[] {
  defineProperty(list, ITERATOR, {
    __proto__: null,
    value: () => {
      let next = 0;
      return {
        __proto__: null,
        next: () =>
          next < list.length
            ? { __proto__: null, done: false, value: list[next++] }
            : { __proto__: null, done: true, value: undefined },
      };
    },
  } as PropertyDescriptor);
  return list;
}

/** A list with one more in front. */
export function behind(first: unknown, others: readonly unknown[]): unknown[] {
  const list = [first];
  for (let at = 0; at < others.length; at++) append(list, others[at]);
  return list;
}

/** The pieces of a text between separators, as `split` gives them. */
export function splitText(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let at = stringIndexOf(text, separator, 0); at >= 0; at = stringIndexOf(text, separator, from)) {
    append(pieces, stringSlice(text, from, at));
    from = at + separator.length;
  }
  append(pieces, stringSlice(text, from));
  return pieces;
}
