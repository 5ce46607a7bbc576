/** Guards the natives that end the process, or cannot be stopped, when their text is longer than V8 can work on. */
import { apply, defineMember, hasOwn, matches, NativeRangeError } from "../../protocol/primordials.ts";
import { putInPlace } from "./put_in_place.ts";
import { dollarsIn, substitution } from "./substitution.ts";

/** Strings longer than this make some of V8's natives abort the whole process instead of throwing. */
const MAX_NATIVE_CHARS = 1 << 26;
/**
 * V8 lists the pieces that all the `$` of all matches stand for before it makes the text, without a look at whether it is
 * to stop: 134,217,728 of them end the process. Beyond this many, at 8 bytes each, they are asked for match by match.
 */
const MAX_LISTED_PIECES = 1 << 22;

/** What is put in order for its signs costs as much as the text is long, times the signs on one letter. */
const MAX_SIGNS = 256;
/** Shorter texts are put in order in a tenth of a second, whatever they hold. */
const MAX_PLAIN_CHARS = 1 << 13;
/** A run of letters without blanks is taken apart in one piece: a second for so many. */
const MAX_SEGMENTED_CHARS = 1 << 22;

type Callable = (...given: unknown[]) => unknown;

/** Puts the guards in the natives' place. @param heapLimitBytes what the app may hold in its heap @boot */
export function guardLongTexts(heapLimitBytes: number): void {
  guard(String.prototype, "split", { at: -1, max: MAX_NATIVE_CHARS });
  for (const method of [Symbol.match, Symbol.split]) guard(RegExp.prototype, method, { at: 0, max: MAX_NATIVE_CHARS });
  guard(RegExp.prototype, Symbol.replace, { at: 0, max: MAX_NATIVE_CHARS, isCheap, prepare: matchByMatch });
  guard(String.prototype, "normalize", { at: -1, max: MAX_NATIVE_CHARS, isCheap: isPlain, prepare: refuseSigns });
  guard(Intl.Segmenter.prototype, "segment", { at: 0, max: MAX_SEGMENTED_CHARS });
  // What it builds is many times as large as the text, and it aborts rather than stop at the cap.
  guard(JSON, "parse", { at: 0, max: Math.min(MAX_NATIVE_CHARS, heapLimitBytes / 4) });
}

const SIGNS = new RegExp(`\\p{M}{${MAX_SIGNS},}`, "u");

interface Guard {
  /** Which argument the text is; -1 is the receiver. */
  readonly at: number;
  /** Characters that it may have. */
  readonly max: number;
  /** Whether nothing has to be prepared, as with nearly all calls. */
  readonly isCheap?: (text: string, given: ArrayLike<unknown>) => boolean;
  /** Changes what the native is given. */
  readonly prepare?: (given: unknown[], text: string) => void;
}

/** @boot */
function guard(holder: object, key: PropertyKey, { at, max, isCheap, prepare }: Guard): void {
  const native = (holder as Record<PropertyKey, Callable>)[key]!;
  // A method, so that it is no constructor, like the native one.
  const { guarded } = {
    guarded(this: unknown): unknown {
      const subject = at === -1 ? this : arguments[at];
      const isText = typeof subject === "string";
      if (isText && subject.length <= max && (isCheap === undefined || isCheap(subject, arguments))) {
        return apply(native, this, arguments);
      }
      // What makes a text of itself is asked once, so that the native works on the text that was looked at.
      if (!isText && (typeof subject !== "object" && typeof subject !== "function" || subject === null)) {
        return apply(native, this, arguments);
      }
      const text = isText ? subject : `${subject}`;
      if (text.length > max) {
        throw new NativeRangeError(`Cannot process a text of more than ${max} characters at once`);
      }
      const given: unknown[] = [];
      for (let index = 0; index < arguments.length; index++) {
        defineMember(given, index as unknown as string, index === at ? text : arguments[index], true);
      }
      prepare?.(given, text);
      return apply(native, at === -1 ? text : this, given);
    },
  };
  putInPlace(holder, key, guarded);
}

function isCheap({ length }: string, given: ArrayLike<unknown>): boolean {
  const template = given[1];
  return typeof template === "function" ||
    typeof template === "string" && template.length * (length + 1) <= MAX_LISTED_PIECES;
}

function isPlain({ length }: string): boolean {
  return length <= MAX_PLAIN_CHARS;
}

/** V8 sorts the signs on a letter by insertion, and looks at no kill: a hundred thousand took minutes. */
function refuseSigns(_given: unknown[], text: string): void {
  if (matches(SIGNS, text)) {
    throw new NativeRangeError(`Cannot normalize a text with more than ${MAX_SIGNS} combining marks in a row`);
  }
}

/** Of a replacement that stands for more pieces than V8 should list it makes a function. */
function matchByMatch(given: unknown[], text: string): void {
  if (!hasOwn(given, "1") || typeof given[1] === "function") return;
  const template = `${given[1]}`;
  const isLong = dollarsIn(template) * (text.length + 1) > MAX_LISTED_PIECES;
  defineMember(given, "1", isLong ? substitution(template) : template, true);
}
