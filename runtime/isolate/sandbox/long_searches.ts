/**
 * Bounds on searches for a text in a text, and on texts that are made of many pieces: V8 does either in one piece, and
 * a killed thread went on for hours. What could take seconds is done in steps, between which a kill is seen.
 */
import { types } from "node:util";
import {
  apply,
  getMember,
  max,
  min,
  NativeNumber,
  NativeObject,
  NativeString,
  NativeTypeError,
  stringIndexOf,
  stringLastIndexOf,
  stringSlice,
  trunc,
} from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import { dollarsIn, substitution } from "./substitution.ts";
import { putInPlace } from "./put_in_place.ts";

/** Texts of so many characters are searched in less than a second, whatever is sought: half a billion comparisons. */
const MAX_SHORT_CHARS = 1 << 15;
/** Comparisons of one step, the characters of both texts multiplied: 0.1 s at the worst. */
const MAX_COMPARED = 1 << 28;

type Callable = (...given: unknown[]) => unknown;
interface Template {
  readonly raw: ArrayLike<unknown>;
}

const { isRegExp } = types;
const { match: MATCH, replace: REPLACE, split: SPLIT } = Symbol;

/** With its own bound, as `guardLongTexts` has put it there. */
let nativeSplit: Callable;

/** Puts the guards in the natives' place. @boot */
export function guardLongSearches(): void {
  nativeSplit = String.prototype.split as Callable;
  guard("indexOf", (text, given) => indexFrom(text, `${given[0]}`, place(given[1])));
  guard(
    "includes",
    (text, given) => isPattern(given[0]) ? null : indexFrom(text, `${given[0]}`, place(given[1])) !== -1,
  );
  guard("lastIndexOf", (text, given) => lastIndexFrom(text, `${given[0]}`, NativeNumber(given[1])));
  guard("replace", (text, given) => replaced(text, given, false));
  guard("replaceAll", (text, given) => replaced(text, given, true));
  guard("split", split);
  guardRaw();
}

/**
 * @param search does for a long text what the native does, or gives null when that may do it
 * @boot
 */
function guard(
  name: "indexOf" | "includes" | "lastIndexOf" | "replace" | "replaceAll" | "split",
  search: (text: string, given: ArrayLike<unknown>) => unknown,
): void {
  const native = String.prototype[name] as Callable;
  // A method, so that it is no constructor, like the native one.
  const { guarded } = {
    guarded(this: unknown, _sought: unknown): unknown {
      if (typeof this === "string" && this.length <= MAX_SHORT_CHARS) return apply(native, this, arguments);
      if (this === null || this === undefined) return apply(native, this, arguments);
      const text = `${this}`;
      const found = text.length <= MAX_SHORT_CHARS ? null : search(text, arguments);
      return found === null ? apply(native, text, arguments) : found;
    },
  };
  putInPlace(String.prototype, name, guarded);
}

/** How many places of a text are searched in a step. */
function stepOf(sought: string): number {
  return max(1, trunc(MAX_COMPARED / (sought.length + 1)));
}

function indexFrom(text: string, sought: string, from: number): number {
  const step = stepOf(sought);
  const last = text.length - sought.length;
  if (last - from <= step) return stringIndexOf(text, sought, from);
  for (let at = from; at <= last; at += step) {
    const found = stringIndexOf(stringSlice(text, at, min(at + step, last + 1) + sought.length - 1), sought);
    if (found !== -1) return at + found;
  }
  return -1;
}

function lastIndexFrom(text: string, sought: string, from: number): number {
  const step = stepOf(sought);
  const last = text.length - sought.length;
  if (last <= step) return stringLastIndexOf(text, sought, from);
  // NaN is the end; what is no whole number lies behind the one below it.
  for (let at = from === from ? min(max(trunc(from), 0), last) : last; at >= 0; at -= step) {
    const first = max(0, at - step + 1);
    const found = stringLastIndexOf(stringSlice(text, first, at + sought.length), sought);
    if (found !== -1) return first + found;
  }
  return -1;
}

/** A position as the methods take it: a whole number from 0 on. */
function place(given: unknown): number {
  const index = trunc(NativeNumber(given));
  return index > 0 ? index : 0;
}

/** https://tc39.es/ecma262/#sec-isregexp */
function isPattern(sought: unknown): boolean {
  if (typeof sought !== "object" && typeof sought !== "function" || sought === null) return false;
  const matcher = getMember(sought, MATCH);
  return matcher === undefined ? isRegExp(sought) : !!matcher;
}

/** What a pattern or its kind makes of the text, or null when it is to be taken for a text. */
function byOwnMethod(text: string, given: ArrayLike<unknown>, symbol: symbol): { readonly made: unknown } | null {
  const sought = given[0];
  if (typeof sought !== "object" && typeof sought !== "function" || sought === null) return null;
  const method = getMember(sought, symbol);
  return method === undefined || method === null ? null : { made: apply(method as Callable, sought, [text, given[1]]) };
}

/** https://tc39.es/ecma262/#sec-string.prototype.replaceall, and `replace`, which looks for one. */
function replaced(text: string, given: ArrayLike<unknown>, all: boolean): unknown {
  const sought = given[0];
  const own = given[1];
  if (all && isPattern(sought)) {
    const { flags } = sought as RegExp;
    if (flags === undefined || flags === null || stringIndexOf(`${flags}`, "g") === -1) {
      throw new NativeTypeError("replaceAll must be called with a global RegExp");
    }
  }
  const byPattern = byOwnMethod(text, given, REPLACE);
  if (byPattern !== null) return byPattern.made;
  const piece = `${sought}`;
  const template = typeof own === "function" ? own as Callable : `${own}`;
  const by = typeof template === "string" && dollarsIn(template) > 0 ? substitution(template) : template;
  let made = "";
  let end = 0;
  for (let at = indexFrom(text, piece, 0); at !== -1;) {
    made += stringSlice(text, end, at) + (typeof by === "string" ? by : NativeString(by(piece, at, text)));
    end = at + piece.length;
    const next = max(end, at + 1);
    at = !all || next > text.length ? -1 : indexFrom(text, piece, next);
  }
  return made + stringSlice(text, end);
}

/** `split` by a text that is so long that the search takes seconds; others are the native's. */
function split(text: string, given: ArrayLike<unknown>): unknown {
  const byPattern = byOwnMethod(text, given, SPLIT);
  if (byPattern !== null) return byPattern.made;
  if (given[0] === undefined || typeof given[0] === "string" && given[0].length * text.length <= MAX_COMPARED) {
    return null;
  }
  const limit = given[1] === undefined ? 2 ** 32 - 1 : (given[1] as number) >>> 0;
  const piece = `${given[0]}`;
  if (piece.length * text.length <= MAX_COMPARED) return apply(nativeSplit, text, [piece, limit]);
  const pieces: string[] = [];
  let end = 0;
  for (let at = indexFrom(text, piece, 0); at !== -1 && pieces.length < limit; at = indexFrom(text, piece, end)) {
    append(pieces, stringSlice(text, end, at));
    end = at + piece.length;
  }
  if (pieces.length < limit) append(pieces, stringSlice(text, end));
  return pieces;
}

/** `String.raw`, which is a loop (https://tc39.es/ecma262/#sec-string.raw). @boot */
function guardRaw(): void {
  const { raw } = {
    raw(template: unknown): string {
      if (template === null || template === undefined) {
        throw new NativeTypeError("Cannot convert undefined or null to object");
      }
      const given = (template as Template).raw;
      if (given === null || given === undefined) {
        throw new NativeTypeError("Cannot convert undefined or null to object");
      }
      const pieces = NativeObject(given) as ArrayLike<unknown>;
      const length = trunc(NativeNumber(pieces.length));
      let text = "";
      for (let at = 0; at < length; at++) {
        text += `${pieces[at]}`;
        if (at + 1 < length && at + 1 < arguments.length) text += `${arguments[at + 1]}`;
      }
      return text;
    },
  };
  putInPlace(String, "raw", raw);
}
