/**
 * Bounds on the keys of texts and typed arrays, one for each character and element: V8 lists them without a look at
 * whether it is to stop. Two hundred million took a killed thread minutes and gigabytes.
 */
import { types } from "node:util";
import { apply, getPrototypeOf, getterOf, NativeRangeError, uncurry } from "../../protocol/primordials.ts";
import { putInPlace } from "./put_in_place.ts";

/** At 0.7 us a key, less than a second. */
const MAX_KEYED = 1 << 20;

type Callable = (...given: unknown[]) => unknown;

const { isStringObject, isTypedArray } = types;
const { isView } = ArrayBuffer;
const elementsOf: (view: ArrayBufferView) => number = getterOf(
  getPrototypeOf(Uint8Array.prototype) as Uint8Array,
  "length",
) as never;
const valueOfText = uncurry(String.prototype.valueOf) as (text: unknown) => string;

/**
 * Puts the guards in the natives' place. Those that are called most do not look for texts as objects, which would double
 * their cost: 35 ns.
 * @boot
 */
export function guardTextKeys(): void {
  for (const name of ["keys", "values", "entries"]) guard(Object, name, isLongText);
  for (const name of ["getOwnPropertyNames", "getOwnPropertyDescriptors"]) guard(Object, name, isLongTextOrObject);
  guard(Reflect, "ownKeys", isLongTextOrObject);
  guardSources();
}

/** @boot */
function guard(holder: object, name: string, isLong: (subject: unknown) => boolean): void {
  const native = (holder as Record<string, Callable>)[name]!;
  // A method, so that it is no constructor, like the native one.
  const { guarded } = {
    guarded(subject: unknown): unknown {
      if (isLong(subject)) throw tooLong();
      return native(subject);
    },
  };
  putInPlace(holder, name, guarded);
}

/** @boot */
function guardSources(): void {
  const native = Object.assign as Callable;
  const { guarded } = {
    guarded(_target: unknown, _source: unknown): unknown {
      for (let at = 1; at < arguments.length; at++) if (isLongTextOrObject(arguments[at])) throw tooLong();
      return apply(native, undefined, arguments);
    },
  };
  putInPlace(Object, "assign", guarded);
}

function isLongText(subject: unknown): boolean {
  return typeof subject === "string" ? subject.length > MAX_KEYED : isView(subject) && isLongView(subject);
}

/** Whether a typed array has many elements; a DataView has none. */
function isLongView(view: ArrayBufferView): boolean {
  return isTypedArray(view) && elementsOf(view) > MAX_KEYED;
}

function isLongTextOrObject(subject: unknown): boolean {
  if (typeof subject !== "object" || isView(subject)) return isLongText(subject);
  return isStringObject(subject) && valueOfText(subject).length > MAX_KEYED;
}

function tooLong(): RangeError {
  return new NativeRangeError(`Cannot list the keys of a text or typed array of more than ${MAX_KEYED} elements`);
}
