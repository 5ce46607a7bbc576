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

/** One patch that does what two do, one after the other. */
export function joinPatches(first: unknown, second: unknown): unknown {
  if (!isObject(first) || !isObject(second)) return second;
  const joined: Record<string, unknown> = { ...first };
  for (const [key, change] of Object.entries(second)) {
    define(joined, key, Object.hasOwn(joined, key) ? joinPatches(joined[key], change) : change);
  }
  return joined;
}

/** As an own key, also for `__proto__`. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
