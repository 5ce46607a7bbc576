/**
 * Bounds on the keys of texts and typed arrays, one for each character and element: V8 lists them without a look at
 * whether it is to stop. Two hundred million took a killed thread minutes and gigabytes.
 */
import { types } from "node:util";
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  defineProperty,
  getPrototypeOf,
  getterOf,
  NativeRangeError,
  uncurry,
} from "../../protocol/primordials.ts";
import { behindProxy } from "./proxied_lists.ts";
import { putInPlace } from "./put_in_place.ts";

/** At 0.7 us a key, less than a second. */
const MAX_KEYED = 1 << 20;
/** Of what becomes a text of JSON, which is made of larger arrays by honest mistake: 3 s. */
const MAX_WRITTEN = 1 << 22;

type Callable = (...given: unknown[]) => unknown;

const { isStringObject, isTypedArray } = types;
const { isView } = ArrayBuffer;
const typedArrays = getPrototypeOf(Uint8Array.prototype) as Uint8Array;
const elementsOf: (view: ArrayBufferView) => number = getterOf(typedArrays, "length") as never;
const valueOfText = uncurry(String.prototype.valueOf) as (text: unknown) => string;

/**
 * Puts the guards in the natives' place, after `watchProxies`. Those that are called most do not look for texts as
 * objects, which would double their cost: 35 ns.
 * @boot
 */
export function guardTextKeys(): void {
  for (const name of ["keys", "values", "entries"]) guard(Object, name, { isLong: isLongText });
  for (const name of ["getOwnPropertyNames", "getOwnPropertyDescriptors"]) {
    guard(Object, name, { isLong: isLongTextOrObject });
  }
  guard(Reflect, "ownKeys", { isLong: isLongTextOrObject });
  for (const name of ["defineProperties", "create"]) guard(Object, name, { isLong: isLongTextOrObject, at: 1 });
  guardSources();
  guardJson();
}

interface Guard {
  readonly isLong: (subject: unknown) => boolean;
  /** Which argument's keys are listed: the first, unless told. */
  readonly at?: 0 | 1;
}

/** @boot */
function guard(holder: object, name: string, { isLong, at = 0 }: Guard): void {
  const native = (holder as Record<string, Callable>)[name]!;
  // Methods, so that they are no constructors, like the native ones.
  const { first, second } = {
    first(subject: unknown): unknown {
      if (isLong(subject)) throw tooLong();
      return native(subject);
    },
    second(_target: unknown, subject: unknown): unknown {
      if (isLong(subject)) throw tooLong();
      return apply(native, undefined, arguments);
    },
  };
  putInPlace(holder, name, at === 0 ? first : second);
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

/**
 * `JSON.stringify` lists the keys of typed arrays too, wherever they lie in what it is given. It asks each for this
 * method first: there is none.
 * @boot
 */
function guardJson(): void {
  const { get } = Object.getOwnPropertyDescriptor({
    get toJSON(): undefined {
      if (isLongText(this, MAX_WRITTEN)) throw tooLong(MAX_WRITTEN);
      return undefined;
    },
  }, "toJSON")!;
  // What an app gives its own arrays of that name stands before it, as it would without it.
  const set = function (this: unknown, value: unknown): void {
    if (this === typedArrays || typeof this !== "object" || this === null) return;
    defineProperty(this, "toJSON", bare({ value, writable: true, enumerable: true, configurable: true }));
  };
  defineProperty(typedArrays, "toJSON", bare({ get: get!, set, enumerable: false, configurable: true }));
}

function isLongText(subject: unknown, most = MAX_KEYED): boolean {
  if (typeof subject === "string") return subject.length > most;
  if (isView(subject)) return isLongView(subject, most);
  return typeof subject === "object" && subject !== null && isLongBehind(subject, most);
}

/** Whether a typed array has many elements; a DataView has none. */
function isLongView(view: ArrayBufferView, most: number): boolean {
  return isTypedArray(view) && elementsOf(view) > most;
}

/** Whether it is a proxy of what has many; what its handler says of keys is listed as well. */
function isLongBehind(subject: object, most: number): boolean {
  const behind = behindProxy(subject);
  return behind !== undefined && isLongTextOrObject(behind, most);
}

function isLongTextOrObject(subject: unknown, most = MAX_KEYED): boolean {
  if (typeof subject !== "object" || subject === null || isView(subject)) return isLongText(subject, most);
  return isStringObject(subject) ? valueOfText(subject).length > most : isLongBehind(subject, most);
}

function tooLong(most = MAX_KEYED): RangeError {
  return new NativeRangeError(`Cannot list the keys of a text or typed array of more than ${most} elements`);
}
