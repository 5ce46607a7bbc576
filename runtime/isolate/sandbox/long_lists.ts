/**
 * Bounds on lists that V8 walks in one piece: what says that it has 2^53 elements, or is an array of holes, keeps a killed
 * thread for minutes or for years, and sorting it ends the process.
 */
import { bare } from "../../protocol/bare.ts";
import { apply, defineMember, defineProperty, NativeRangeError } from "../../protocol/primordials.ts";

/** Elements of one list, a gigabyte of an array: four seconds in the slowest of the walks. */
const MAX_LENGTH = 1 << 27;
/** Sorted ones V8 copies first. */
const MAX_SORTED_LENGTH = 1 << 26;

/** Those that call nothing of the app's for a hole; beside them stand those with a function, which look at a kill for each element that is there. */
const WALKS = [
  "indexOf",
  "lastIndexOf",
  "includes",
  "reverse",
  "fill",
  "copyWithin",
  "splice",
  "shift",
  "unshift",
] as const;

type Callable = (...given: unknown[]) => unknown;

/** Puts the guards in the natives' place. @boot */
export function guardLongLists(): void {
  for (const name of WALKS) guard(name, MAX_LENGTH);
  guard("sort", MAX_SORTED_LENGTH);
}

/** @boot */
function guard(name: typeof WALKS[number] | "sort", most: number): void {
  const native = Array.prototype[name] as Callable;
  // A method, so that it is no constructor, like the native one.
  const { guarded } = {
    guarded(this: { readonly length: number } | null | undefined): unknown {
      if (this !== null && this !== undefined && this.length > most) {
        throw new NativeRangeError(`Cannot walk through more than ${most} elements: it could not be stopped`);
      }
      return apply(native, this, arguments);
    },
  };
  defineProperty(guarded, "name", bare({ value: name, configurable: true }));
  defineProperty(guarded, "length", bare({ value: native.length, configurable: true }));
  defineMember(Array.prototype, name, guarded);
}
