/** JSON Merge Patch (RFC 7396): `null` takes a key away, objects merge, all else replaces. */

/** The value with the patch applied; neither is changed. */
export function mergePatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(value) ? { ...value } : {};
  for (const [key, change] of Object.entries(patch)) {
    if (change === null) delete merged[key];
    else define(merged, key, mergePatch(Object.hasOwn(merged, key) ? merged[key] : undefined, change));
  }
  return merged;
}

/**
 * One patch that does to a value what two do, one after the other.
 *
 * @param base the value: where the first patch takes an object away and the second brings one, a patch has to name what
 *   is not to come back
 */
export function joinPatches(first: unknown, second: unknown, base: unknown): unknown {
  if (!isObject(second)) return second;
  if (!isObject(first)) return inPlaceOf(base, second);
  const joined: Record<string, unknown> = { ...first };
  for (const [key, change] of Object.entries(second)) {
    define(joined, key, Object.hasOwn(joined, key) ? joinPatches(joined[key], change, memberOf(base, key)) : change);
  }
  return joined;
}

/** A patch that leaves nothing of the value but what it brings. */
function inPlaceOf(value: unknown, patch: unknown): unknown {
  if (!isObject(value) || !isObject(patch)) return patch;
  const whole: Record<string, unknown> = { ...patch };
  for (const key of Object.keys(value)) {
    define(whole, key, Object.hasOwn(patch, key) ? inPlaceOf(value[key], patch[key]) : null);
  }
  return whole;
}

function memberOf(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** As an own key, also for `__proto__`. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
