/**
 * Natives that take long in one piece are called by functions, each of which looks at its beginning whether its thread
 * is to end. A loop does so only every few hundred to thousand rounds until it is optimized, and V8 optimizes by rounds,
 * not by time: `for (;;) a.localeCompare(b)` with two texts of 10 MB computed on for minutes after its kill.
 */
import { bare } from "../../protocol/bare.ts";
import { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } from "../../protocol/primordials.ts";
import { SafeWeakMap } from "../../protocol/safe_collections.ts";
import { putInPlace } from "./put_in_place.ts";

type Callable = (...given: unknown[]) => unknown;

/** Of texts: 5 to 100 ns a character. */
const OF_TEXTS = ["localeCompare", "toLocaleLowerCase", "toLocaleUpperCase", "toLowerCase", "toUpperCase"] as const;
/** Of typed arrays: 0.1 to 50 ns an element. */
const OF_BYTES = [
  "fill",
  "sort",
  "reverse",
  "copyWithin",
  "indexOf",
  "includes",
  "lastIndexOf",
  "toSorted",
  "toReversed",
  "join",
] as const;
/** Of Uint8Array: 1 ns a byte. */
const OF_CODES = ["setFromBase64", "setFromHex", "toBase64", "toHex"] as const;

/** Puts them in the natives' place. @boot */
export function checkForKills(): void {
  const bytes = getPrototypeOf(Uint8Array.prototype) as object;
  for (const name of OF_TEXTS) check(String.prototype, name);
  for (const name of OF_BYTES) check(bytes, name);
  for (const name of OF_CODES) check(Uint8Array.prototype, name);
  for (const name of ["fromBase64", "fromHex"]) check(Uint8Array, name);
  checkComparing();
}

/** @boot */
function check(holder: object, name: string): void {
  const native = (holder as Record<string, Callable>)[name]!;
  // A method, so that it is no constructor, like the native one.
  const { checked } = {
    checked(this: unknown): unknown {
      return apply(native, this, arguments);
    },
  };
  putInPlace(holder, name, checked);
}

/** What a collator compares with is a function of its own, which it always gives the same. @boot */
function checkComparing(): void {
  const { get, ...rest } = getOwnPropertyDescriptor(Intl.Collator.prototype, "compare")!;
  const compareOf = get!;
  const made = new SafeWeakMap<object, Callable>();
  const accessors = {
    get compare(): Callable {
      const native = apply(compareOf, this, []) as Callable;
      let found = made.get(native);
      if (found === undefined) {
        found = (one: unknown, other: unknown): unknown => native(one, other);
        defineProperty(found, "name", bare({ value: "", configurable: true }));
        made.set(native, found);
      }
      return found;
    },
  };
  const checked = getOwnPropertyDescriptor(accessors, "compare")!.get!;
  Object.defineProperty(Intl.Collator.prototype, "compare", { ...rest, get: checked });
}
