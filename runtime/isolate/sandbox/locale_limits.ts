/**
 * Bounds on locales: V8 walks through a list that says that it has 2^53 of them in one piece, and keeps something of each
 * step: a killed thread went on for hours and took a gigabyte in a minute. A name of 100,000 characters takes seconds, and
 * ten times as many a hundred times as long.
 */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  construct,
  defineProperty,
  getOwnPropertyDescriptor,
  getOwnPropertyNames,
  NativeNumber,
  NativeProxy,
  NativeRangeError,
  trunc,
} from "../../protocol/primordials.ts";
import { append } from "../../protocol/safe_lists.ts";
import { putInPlace } from "./put_in_place.ts";

/** Locales of one call: each takes microseconds, and is compared with those before it. ECMA-402 gives about 700 names. */
const MAX_LOCALES = 1000;

/** Characters of one name: in variants, which are the slowest, they take 0.1 ms. Those in use have less than 40. */
const MAX_CHARS = 1024;

type Callable = (...given: unknown[]) => unknown;

/** Methods that take locales, by the place of that argument. */
const METHODS: readonly (readonly [holder: object, name: string, at: number])[] = [
  [Intl, "getCanonicalLocales", 0],
  [String.prototype, "localeCompare", 1],
  [String.prototype, "toLocaleLowerCase", 0],
  [String.prototype, "toLocaleUpperCase", 0],
  [Number.prototype, "toLocaleString", 0],
  [BigInt.prototype, "toLocaleString", 0],
  [Date.prototype, "toLocaleString", 0],
  [Date.prototype, "toLocaleDateString", 0],
  [Date.prototype, "toLocaleTimeString", 0],
];

/** What V8 says of a name that is none. */
const REFUSAL = "Incorrect locale information provided";

const localeOf = getOwnPropertyDescriptor(Intl.Locale.prototype, "baseName")!.get!;

/** Puts the bounds in the natives' place. @boot */
export function limitLocales(): void {
  for (const [holder, name, at] of METHODS) limit(holder, name, at);
  for (const name of getOwnPropertyNames(Intl)) {
    const Native = (Intl as unknown as Readonly<Record<string, unknown>>)[name];
    if (typeof Native !== "function" || !("supportedLocalesOf" in Native)) continue;
    limit(Native, "supportedLocalesOf", 0);
    limitClass(name, (given) => {
      if (given[0] !== undefined) given[0] = boundedList(given[0]);
    });
  }
  limitClass("Locale", boundedLocale);
  limit(Intl.DisplayNames.prototype, "of", 0, boundedName);
  for (const name of getOwnPropertyNames(Temporal)) {
    const one = (Temporal as unknown as Readonly<Record<string, unknown>>)[name];
    if (typeof one === "function") limit(one.prototype as object, "toLocaleString", 0);
  }
}

/** @boot */
function limit(holder: object, name: string, at: number, limited = boundedList): void {
  const native = (holder as Record<string, Callable>)[name]!;
  // A method, so that it is no constructor, like the native one.
  const { method } = {
    method(this: unknown): unknown {
      if (arguments[at] !== undefined) arguments[at] = limited(arguments[at]);
      return apply(native, this, arguments);
    },
  };
  putInPlace(holder, name, method);
}

/** @boot */
function limitClass(name: string, limited: (given: unknown[]) => void): void {
  const Native = (Intl as unknown as Record<string, Callable>)[name]!;
  const traps = bare({
    apply: (target: Callable, self: unknown, given: unknown[]) => {
      limited(given);
      return apply(target, self, given);
    },
    construct: (target: Callable, given: unknown[], newTarget: Callable) => {
      limited(given);
      return construct(target as never, given, newTarget as never) as object;
    },
  });
  const Limited = new NativeProxy(Native, traps as ProxyHandler<Callable>);
  const hidden = { writable: true, configurable: true, enumerable: false };
  defineProperty((Native as unknown as { prototype: object }).prototype, "constructor", { value: Limited, ...hidden });
  defineProperty(Intl, name, { value: Limited, ...hidden });
}

/** Its variants may stand in the options as well. */
function boundedLocale(given: unknown[]): void {
  given[0] = boundedName(given[0]);
  const options = given[1];
  if (!isObject(options)) return;
  const { variants } = options as { readonly variants?: unknown };
  if (variants !== undefined) given[1] = { __proto__: options, variants: boundedName(`${variants}`) };
}

/** A name, or a list that is short enough and stays as long as it said. @throws RangeError */
function boundedList(locales: unknown): unknown {
  if (!isObject(locales) || isLocale(locales)) return boundedName(locales);
  const list = locales as { readonly length: unknown } & ArrayLike<unknown>;
  const length = trunc(NativeNumber(list.length));
  if (length > MAX_LOCALES) throw new NativeRangeError(`Cannot look at more than ${MAX_LOCALES} locales`);
  const copy: unknown[] = [];
  for (let at = 0; at < length; at++) if (at in list) append(copy, boundedName(list[at]));
  return copy;
}

/** What is no name is refused by the native. @throws RangeError */
function boundedName(value: unknown): unknown {
  const name = isObject(value) && !isLocale(value) ? `${value}` : value;
  if (typeof name === "string" && name.length > MAX_CHARS) throw new NativeRangeError(REFUSAL);
  return name;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null || typeof value === "function";
}

function isLocale(value: object): boolean {
  try {
    apply(localeOf, value, []);
    return true;
  } catch {
    return false;
  }
}
