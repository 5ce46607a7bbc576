/** What `$` means in the text that replaces a match, as a function: V8 makes the text from it match by match. */
import { append } from "../../protocol/safe_lists.ts";
import { getMember, NativeString, stringCharCodeAt, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";

const DOLLAR = 0x24;
const BACKTICK = 0x60;
const AMPERSAND = 0x26;
const APOSTROPHE = 0x27;
const LESS = 0x3c;
const ZERO = 0x30;

/** A text as it is, a capture by its number, one by its name, or a piece of what is searched. */
type Part = string | number | { readonly name: string } | typeof BEFORE | typeof MATCHED | typeof AFTER;
const BEFORE = Symbol("before");
const MATCHED = Symbol("matched");
const AFTER = Symbol("after");

/** How many `$` a text has. */
export function dollarsIn(text: string): number {
  let count = 0;
  for (let at = stringIndexOf(text, "$"); at !== -1; at = stringIndexOf(text, "$", at + 1)) count++;
  return count;
}

/**
 * A function that gives for a match what the text stands for (https://tc39.es/ecma262/#sec-getsubstitution).
 * @param template replaces a match
 * @returns takes the match, its captures, its position, the text that is searched, and the named groups if there are any
 */
export function substitution(template: string): (...match: unknown[]) => string {
  let parts: readonly Part[] | null = null;
  return function (): string {
    const match = arguments;
    let last = match.length - 1;
    const groups = typeof match[last] === "string" ? undefined : match[last--] as object;
    const searched = match[last] as string;
    const position = match[last - 1] as number;
    // The captures of an expression are as many at each match.
    parts ??= partsOf(template, { captures: last - 2, isNamed: groups !== undefined });
    let text = "";
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at]!;
      if (typeof part === "string") text += part;
      else if (typeof part === "number") text += match[part] ?? "";
      else if (part === MATCHED) text += match[0];
      else if (part === BEFORE) text += stringSlice(searched, 0, position);
      else if (part === AFTER) text += stringSlice(searched, position + (match[0] as string).length);
      else {
        const value = getMember(groups!, (part as { name: string }).name);
        if (value !== undefined) text += NativeString(value);
      }
    }
    return text;
  };
}

function partsOf(template: string, { captures, isNamed }: { captures: number; isNamed: boolean }): Part[] {
  const parts: Part[] = [];
  let from = 0;
  for (let at = stringIndexOf(template, "$"); at !== -1;) {
    const found = partAt(template, at, { captures, isNamed });
    if (found !== null) {
      append(parts, stringSlice(template, from, at));
      append(parts, found.part);
      from = at + found.length;
    }
    at = stringIndexOf(template, "$", found === null ? at + 1 : from);
  }
  append(parts, stringSlice(template, from));
  return parts;
}

/** What a `$` begins, or null when it is one like any other character. */
function partAt(
  template: string,
  at: number,
  { captures, isNamed }: { captures: number; isNamed: boolean },
): { part: Part; length: number } | null {
  switch (stringCharCodeAt(template, at + 1)) {
    case DOLLAR:
      return { part: "$", length: 2 };
    case BACKTICK:
      return { part: BEFORE, length: 2 };
    case AMPERSAND:
      return { part: MATCHED, length: 2 };
    case APOSTROPHE:
      return { part: AFTER, length: 2 };
    case LESS: {
      const end = isNamed ? stringIndexOf(template, ">", at) : -1;
      return end === -1 ? null : { part: { name: stringSlice(template, at + 2, end) }, length: end + 1 - at };
    }
  }
  const first = digitAt(template, at + 1);
  if (first === null) return null;
  const second = digitAt(template, at + 2);
  // Two digits if there is such a capture, else the first alone.
  if (second !== null && first * 10 + second <= captures && first * 10 + second > 0) {
    return { part: first * 10 + second, length: 3 };
  }
  return first > 0 && first <= captures ? { part: first, length: 2 } : null;
}

function digitAt(template: string, at: number): number | null {
  const digit = stringCharCodeAt(template, at) - ZERO;
  return digit >= 0 && digit <= 9 ? digit : null;
}
