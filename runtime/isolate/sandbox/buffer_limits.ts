/**
 * Refuses buffers longer than the app may hold outside its heap, with the RangeError that a failed allocation is
 * everywhere: in a worker with a heap cap, V8 treats it as out of memory and ends the isolate. Counts SharedArrayBuffers.
 */
import { Buffer } from "node:buffer";
import { chargeShared } from "./shared_bytes.ts";

// The guards run while the app runs: they may only use what the app cannot replace.
const { apply, construct, ownKeys } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf, setPrototypeOf } = Object;
const ObjectPrototype = Object.prototype;
const { isArray } = Array;
const NativeNumber = Number;
const NativeRangeError = RangeError;
const NativeTypeError = TypeError;

type Method = (this: unknown, ...given: unknown[]) => unknown;
// deno-lint-ignore no-explicit-any
type Constructor = new (...given: any[]) => object;

const TYPED_ARRAYS = [
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float16Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/** Guards every way to ask for a length. @param maxBytes of one buffer @boot */
export function limitBuffers(maxBytes: number): void {
  for (const name of TYPED_ARRAYS) limitTypedArray(name, maxBytes);
  limitArrayBuffer(maxBytes);
  limitSharedArrayBuffer(maxBytes);
  limitNodeBuffer(maxBytes);
}

function refuse(what: string, bytes: number, maxBytes: number): never {
  const text =
    `Array buffer allocation failed: ${what} of ${bytes} bytes, the app may hold ${maxBytes} outside its heap`;
  throw new NativeRangeError(text);
}

/** @boot */
function limitTypedArray(name: typeof TYPED_ARRAYS[number], maxBytes: number): void {
  const Native = Reflect.get(globalThis, name) as Constructor & { BYTES_PER_ELEMENT: number };
  const width = Native.BYTES_PER_ELEMENT;
  const maxLength = Math.floor(maxBytes / width);
  // Fast where it matters: a length that is a number, and no subclass.
  function Limited(this: unknown, length: unknown, byteOffset: unknown, count: unknown): object {
    if (new.target === undefined) throw new NativeTypeError(`Constructor ${name} requires 'new'`);
    if (typeof length === "number" ? length > maxLength : askedLength(length) > maxLength) {
      refuse(`a ${name}`, askedLength(length) * width, maxBytes);
    }
    return new.target === Limited as unknown
      ? new Native(length, byteOffset, count)
      : construct(Native, [length, byteOffset, count], new.target as unknown as Constructor);
  }
  replace(name, Native, Limited as unknown as Constructor);
}

/** The length that a typed array's first argument stands for, as far as it can be told without running the app's code. */
function askedLength(given: unknown): number {
  if (typeof given === "number") return given;
  if (typeof given === "string") return NativeNumber(given);
  if (typeof given !== "object" || given === null) return 0;
  if (isArray(given)) return given.length;
  // A plain object with a length; buffers, views and iterables have prototypes of their own.
  if (getPrototypeOf(given) !== ObjectPrototype) return 0;
  const length = getOwnPropertyDescriptor(given, "length")?.value;
  return typeof length === "number" ? length : 0;
}

/** @boot */
function limitArrayBuffer(maxBytes: number): void {
  const Native = ArrayBuffer;
  function Limited(this: unknown, length: unknown, _options?: unknown): object {
    if (new.target === undefined) throw new NativeTypeError("Constructor ArrayBuffer requires 'new'");
    const bytes = typeof length === "object" ? 0 : NativeNumber(length);
    if (bytes > maxBytes) refuse("an ArrayBuffer", bytes, maxBytes);
    const target = new.target as unknown as Constructor;
    if (arguments.length < 2) {
      return target === Limited as unknown ? new Native(length as number) : construct(Native, [length], target);
    }
    return construct(Native, arguments, target);
  }
  defineProperty(Limited, "length", { value: 1, configurable: true });
  replace("ArrayBuffer", Native, Limited as unknown as Constructor);
  for (const name of ["resize", "transfer", "transferToFixedLength"]) {
    limitMethod(Native.prototype, name, maxBytes, (native, self, given) => apply(native, self, given));
  }
}

/** @boot */
function limitSharedArrayBuffer(maxBytes: number): void {
  const Native = SharedArrayBuffer;
  const lengthOf = getOwnPropertyDescriptor(Native.prototype, "byteLength")!.get!;
  function Limited(this: unknown, length: unknown, _options?: unknown): object {
    if (new.target === undefined) throw new NativeTypeError("Constructor SharedArrayBuffer requires 'new'");
    const bytes = typeof length === "object" ? 0 : NativeNumber(length);
    if (bytes > maxBytes) refuse("a SharedArrayBuffer", bytes, maxBytes);
    const buffer = construct(Native, arguments, new.target as unknown as Constructor) as object;
    chargeShared(buffer, apply(lengthOf, buffer, []) as number);
    return buffer;
  }
  defineProperty(Limited, "length", { value: 1, configurable: true });
  replace("SharedArrayBuffer", Native, Limited as unknown as Constructor);
  limitMethod(Native.prototype, "grow", maxBytes, (native, self, given) => {
    const before = apply(lengthOf, self, []) as number;
    const result = apply(native, self, given);
    chargeShared(self as object, (apply(lengthOf, self, []) as number) - before);
    return result;
  });
}

/** Node's buffers come from natives of their own. @boot */
function limitNodeBuffer(maxBytes: number): void {
  for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"]) {
    limitMethod(Buffer, name, maxBytes, (native, self, given) => apply(native, self, given));
  }
  limitMethod(Buffer, "concat", maxBytes, (native, self, given) => apply(native, self, given), 1);
  limitMethod(Buffer, "from", maxBytes, (native, self, given) => {
    const bytes = typeof given[0] === "string" ? 0 : askedLength(given[0]);
    if (bytes > maxBytes) refuse("a Buffer", bytes, maxBytes);
    return apply(native, self, given);
  }, -1);
}

/** Guards a method that is given a length in bytes as its argument number `at`; none when `at` is -1. @boot */
function limitMethod(
  holder: object,
  name: string,
  maxBytes: number,
  run: (native: Method, self: unknown, given: unknown[]) => unknown,
  at = 0,
): void {
  const descriptor = getOwnPropertyDescriptor(holder, name);
  if (descriptor === undefined) return;
  const native = descriptor.value as Method;
  const guarded = (self: unknown, given: unknown[]): unknown => {
    const bytes = given[at];
    if (typeof bytes === "number" && bytes > maxBytes) refuse(`${name}()`, bytes, maxBytes);
    return run(native, self, given);
  };
  const { method } = {
    method(this: unknown, ...given: unknown[]): unknown {
      return guarded(this, given);
    },
  };
  // Node's are plain functions: form-data asks for a new Buffer.alloc(0).
  const limited = Object.hasOwn(native, "prototype")
    ? function (this: unknown, ...given: unknown[]): unknown {
      return guarded(this, given);
    }
    : method;
  defineProperty(limited, "length", { value: native.length, configurable: true });
  defineProperty(limited, "name", { value: native.name, configurable: true });
  defineProperty(holder, name, { ...descriptor, value: limited });
}

/** Puts a constructor in a native one's place: its statics, its prototype, its name. @boot */
function replace(name: string, Native: Constructor, Limited: Constructor): void {
  for (const key of ownKeys(Native)) {
    if (key === "prototype" || key === "length") continue;
    defineProperty(Limited, key, getOwnPropertyDescriptor(Native, key)!);
  }
  defineProperty(Limited, "prototype", { value: Native.prototype, writable: false });
  setPrototypeOf(Limited, getPrototypeOf(Native));
  const asBuiltIn = { writable: true, configurable: true, enumerable: false };
  defineProperty(Native.prototype, "constructor", { value: Limited, ...asBuiltIn });
  defineProperty(globalThis, name, { value: Limited, ...asBuiltIn });
}
