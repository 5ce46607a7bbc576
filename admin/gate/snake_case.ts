/** Rewrites a value of the runtime in the spelling of JSON documents: keys in snake case, as in nano.json. */

/** Keys whose own keys are data and stay as they are. */
const VERBATIM: ReadonlySet<string> = new Set(["env", "restarts"]);

/** A copy whose keys are in snake case, at every depth; `memoryMb` becomes `memory_mb`. */
export function snakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCase);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase()),
      VERBATIM.has(key) ? inner : snakeCase(inner),
    ]),
  );
}
