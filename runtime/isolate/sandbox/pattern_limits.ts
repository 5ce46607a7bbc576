/**
 * Bounds on URL patterns: Deno takes them apart in native code that no kill can stop, in a time that grows with the
 * square of their parts and the third power of their groups (four hundred take a second, ten thousand hours).
 */
import { bare } from "../../protocol/bare.ts";
import {
  apply,
  construct,
  defineMember,
  defineProperty,
  global,
  NativeRangeError,
  NativeTypeError,
  stringIndexOf,
} from "../../protocol/primordials.ts";

/** Characters of all components: in as many parts as these can be they take a tenth of a second. */
const MAX_CHARS = 8192;
/** Groups of all components: as long. */
const MAX_GROUPS = 100;

const COMPONENTS = [
  "protocol",
  "username",
  "password",
  "hostname",
  "port",
  "pathname",
  "search",
  "hash",
  "baseURL",
] as const;

type Constructor = (new (...given: unknown[]) => URLPattern) & { readonly prototype: URLPattern };

/** Puts the bounds on the global, once it is asked for: Deno makes it then, which would cost every boot. @boot */
export function limitPatterns(): void {
  const native = Object.getOwnPropertyDescriptor(globalThis, "URLPattern")!;
  const define = (value: unknown) => defineMember(global, "URLPattern", value);
  Object.defineProperty(globalThis, "URLPattern", {
    get() {
      const limited = limit((native.get === undefined ? native.value : apply(native.get, global, [])) as Constructor);
      define(limited);
      return limited;
    },
    set: define,
    configurable: true,
    enumerable: false,
  });
}

/** A constructor with bounds; the prototype stays the native one. */
function limit(Native: Constructor): Constructor {
  function Limited(this: unknown, ...given: unknown[]): URLPattern {
    if (new.target === undefined) throw new NativeTypeError("Constructor URLPattern requires 'new'");
    // Each is read once, so that the native code works on what was looked at.
    const bounds = { chars: 0, groups: 0 };
    if (given.length > 0) given[0] = bounded(given[0], bounds);
    if (given.length === 2 && isObject(given[1])) given[1] = bare({ ...(given[1] as object) });
    else if (given[1] !== undefined) given[1] = note(`${given[1]}`, bounds);
    return construct(Native, given, new.target as unknown as Constructor);
  }
  defineProperty(Limited, "name", bare({ value: "URLPattern", configurable: true }));
  defineProperty(Limited, "length", bare({ value: Native.length, configurable: true }));
  defineProperty(Limited, "prototype", bare({ value: Native.prototype, writable: false }));
  defineMember(Native.prototype, "constructor", Limited);
  return Limited as unknown as Constructor;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null || typeof value === "function";
}

interface Bounds {
  chars: number;
  groups: number;
}

/** A text, or an object of texts, that is short enough. */
function bounded(input: unknown, bounds: Bounds): unknown {
  if (!isObject(input)) return input === undefined || input === null ? input : note(`${input}`, bounds);
  const copy: Record<string, unknown> = bare({});
  for (let at = 0; at < COMPONENTS.length; at++) {
    const name = COMPONENTS[at]!;
    const value = (input as Record<string, unknown>)[name];
    if (value !== undefined) copy[name] = note(`${value}`, bounds);
  }
  return copy;
}

function note(text: string, bounds: Bounds): string {
  bounds.chars += text.length;
  if (bounds.chars > MAX_CHARS) refuse(`${MAX_CHARS} characters`);
  for (let at = stringIndexOf(text, "("); at !== -1; at = stringIndexOf(text, "(", at + 1)) {
    if (++bounds.groups > MAX_GROUPS) refuse(`${MAX_GROUPS} groups`);
  }
  return text;
}

function refuse(what: string): never {
  throw new NativeRangeError(`Cannot take a URL pattern of more than ${what} apart: it could not be stopped`);
}
