/** What kind of object a value is: by its prototypes, proven by what only a genuine one has. */
import {
  apply,
  bufferLength,
  getMember,
  getPrototypeOf,
  getterOf,
  headersHas,
  NativeArrayBuffer,
  NativeHeaders,
  NativeReadableStream,
  NativeRequest,
  NativeResponse,
  requestUrl,
  responseStatus,
  streamLocked,
  uncurry,
} from "../../protocol/primordials.ts";
import { SafeMap } from "../../protocol/safe_collections.ts";
import { isView, viewType } from "../../protocol/views.ts";

/** Objects that cross, beside lists and records. */
export type ValueKind =
  | "view"
  | "data_view"
  | "buffer"
  | "date"
  | "pattern"
  | "map"
  | "set"
  | "error"
  | "dom_exception"
  | "boxed"
  | "headers"
  | "request"
  | "response"
  | "stream";

/** Throws for what is not of its kind. */
type Proof = (value: never) => unknown;

const errorProof = Reflect.get(Error, "isError") as ((value: unknown) => boolean) | undefined;
export const dateTime: (date: Date) => number = uncurry(Date.prototype.getTime);
export const mapEach = uncurry(Map.prototype.forEach) as unknown as (
  map: Map<unknown, unknown>,
  each: (value: unknown, key: unknown) => void,
) => void;
export const setEach = uncurry(Set.prototype.forEach) as unknown as (
  set: Set<unknown>,
  each: (value: unknown) => void,
) => void;
const mapSize = getterOf(Map.prototype, "size");
const setSize = getterOf(Set.prototype, "size");
export const patternSource: (pattern: RegExp) => string = getterOf(RegExp.prototype, "source");
export const patternFlags: (pattern: RegExp) => string = getterOf(RegExp.prototype, "flags");
const domExceptionCode = getterOf(DOMException.prototype, "code");
const boxes = [Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype] as const;
const unboxers = boxes.map(({ valueOf }) => valueOf);

const KINDS = new SafeMap<object, { readonly kind: ValueKind; readonly prove: Proof }>();
const KNOWN: readonly (readonly [object, ValueKind, Proof])[] = [
  [NativeArrayBuffer.prototype, "buffer", bufferLength],
  [Date.prototype, "date", dateTime],
  [RegExp.prototype, "pattern", patternSource],
  [Map.prototype, "map", mapSize],
  [Set.prototype, "set", setSize],
  [DOMException.prototype, "dom_exception", domExceptionCode],
  [Error.prototype, "error", proveError],
  ...boxes.map((prototype) => [prototype, "boxed", unboxed] as const),
  [NativeHeaders.prototype, "headers", (headers: Headers) => headersHas(headers, "x")],
  [NativeRequest.prototype, "request", requestUrl],
  [NativeResponse.prototype, "response", responseStatus],
  [NativeReadableStream.prototype, "stream", streamLocked],
];
for (const [prototype, kind, prove] of KNOWN) KINDS.set(prototype, { kind, prove });

function proveError(value: unknown): void {
  if (errorProof !== undefined && !errorProof(value)) throw NOT_IT;
}

const NOT_IT = new TypeError("not of its kind");

/** The primitive in a box such as `Object(1)`. @throws for what is none */
export function unboxed(value: unknown): string | number | boolean | bigint {
  for (let at = 0; at < unboxers.length; at++) {
    try {
      return apply(unboxers[at]!, value, []) as string | number | boolean | bigint;
    } catch {
      // Of another kind.
    }
  }
  throw NOT_IT;
}

/** The kind of an object that is neither list nor record; null for what cannot cross. */
export function kindOf(value: object): ValueKind | null {
  if (isView(value)) return viewType(value) === undefined ? "data_view" : "view";
  for (let level = getPrototypeOf(value); level !== null; level = getPrototypeOf(level)) {
    const known = KINDS.get(level);
    if (known === undefined) continue;
    try {
      known.prove(value as never);
      return known.kind;
    } catch {
      return null;
    }
  }
  return isForeignStream(value) ? "stream" : null;
}

/** A stream of a polyfill is known by what one does with it. */
function isForeignStream(value: object): boolean {
  return typeof getMember(value, "getReader") === "function" && typeof getMember(value, "pipeTo") === "function";
}
