/** What apps find among their globals, and could have patched: its names, and those of the methods it hands out. */
import { ALLOWED_GLOBALS } from "../../runtime/isolate/sandbox/allowed_globals.ts";

/** Globals that nobody can replace: they are neither writable nor configurable. */
const FIXED = new Set(["undefined", "NaN", "Infinity"]);

/** Names on globalThis that an app may have replaced. */
export const GLOBAL_NAMES: ReadonlySet<string> = new Set([...ALLOWED_GLOBALS].filter((name) => !FIXED.has(name)));

/**
 * Types that name native objects beside the classes themselves. The last two are ours, and stand for lists.
 */
const NATIVE_TYPES = "Readonly Required Partial Record Iterable AsyncIterable ArrayLike PromiseLike IterableIterator " +
  "ReadonlyArray ReadonlyMap ReadonlySet Uint8Array RequestInfo BodyInit HeadersInit ByteParts HeaderList";

/** Whether a type of this name is native: what it refers to has methods that an app may have patched. */
export function isNativeType(name: string): boolean {
  return GLOBAL_NAMES.has(name) || NATIVE_TYPES.split(" ").includes(name);
}

/** Getters whose names are nobody else's; those of others (`size`, `headers`) are also fields of our own. */
const GETTERS = ["byteLength", "byteOffset", "bodyUsed", "detached", "aborted", "desiredSize", "byobRequest"];

/** Names of getters on prototypes. */
export const GETTER_NAMES: ReadonlySet<string> = new Set(GETTERS);

/** Names of all methods on the prototypes of what apps find. */
export const METHOD_NAMES: ReadonlySet<string> = new Set(prototypes().flatMap(methodsOf));

function prototypes(): object[] {
  const found: object[] = [Object.getPrototypeOf(Uint8Array.prototype)];
  for (const name of ALLOWED_GLOBALS) {
    const prototype = (Reflect.get(globalThis, name) as { prototype?: unknown } | null | undefined)?.prototype;
    if (typeof prototype === "object" && prototype !== null || typeof prototype === "function") found.push(prototype);
  }
  return found;
}

function methodsOf(prototype: object): string[] {
  return Object.entries(Object.getOwnPropertyDescriptors(prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name);
}
