/** Collections beside an app: their methods are their own, and no prototype stands behind them. */
import { defineProperty, freeze, getOwnPropertyDescriptor, ownKeys, setPrototypeOf, uncurry } from "./primordials.ts";

/**
 * Gives a class of ours the members of a native one, and no prototype behind them: calls of its objects' methods reach
 * no patch. @boot
 */
function shield(safe: object, native: object): void {
  for (const key of ownKeys(native)) {
    if (key !== "constructor") defineProperty(safe, key, getOwnPropertyDescriptor(native, key)!);
  }
  setPrototypeOf(safe, null);
  freeze(safe);
}

/** A Map whose methods are its own; walked with `forEach`, for its iterators are native. */
export class SafeMap<Key, Value> extends Map<Key, Value> {}
shield(SafeMap.prototype, Map.prototype);

const mapKeys = uncurry(Map.prototype.keys);
const nextOfMap = uncurry(new Map().keys().next) as (iterator: unknown) => IteratorResult<unknown>;

/** The key that was set first; undefined when there is none. */
export function firstKey<Key>(map: SafeMap<Key, unknown>): Key | undefined {
  return nextOfMap(mapKeys(map)).value as Key | undefined;
}

/** The same of a Set. */
export class SafeSet<Value> extends Set<Value> {}
shield(SafeSet.prototype, Set.prototype);

/** The same of a WeakMap. */
export class SafeWeakMap<Key extends WeakKey, Value> extends WeakMap<Key, Value> {}
shield(SafeWeakMap.prototype, WeakMap.prototype);

/** The same of a WeakSet. */
export class SafeWeakSet<Value extends WeakKey> extends WeakSet<Value> {}
shield(SafeWeakSet.prototype, WeakSet.prototype);
