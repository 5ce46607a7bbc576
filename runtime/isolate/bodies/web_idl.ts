/** Conversions and shapes of WebIDL for the interfaces that NANO has of its own: Blob, File, FormData. */
import { NativeNumber, NativeTypeError } from "../../protocol/primordials.ts";

const NativeBigInt = BigInt;
const { asIntN } = BigInt;
const { apply, ownKeys } = Reflect;
const { defineProperty, getOwnPropertyDescriptor } = Object;
const { toWellFormed } = String.prototype;
const { trunc } = Math;

/** A text of any value; throws for symbols. */
export function toDomString(value: unknown): string {
  return typeof value === "string" ? value : `${value}`;
}

/** A text without lone surrogates. */
export function toUsvString(value: unknown): string {
  return apply(toWellFormed, toDomString(value), []) as string;
}

/** `[Clamp] long long`, inside what a double holds exactly. */
export function toClampedLongLong(value: unknown): number {
  const number = NativeNumber(value);
  if (number !== number) return 0;
  if (number > 9007199254740991) return 9007199254740991;
  if (number < -9007199254740991) return -9007199254740991;
  // Clamping rounds to the nearest, halves to the even one.
  const floor = trunc(number);
  const rest = number - floor;
  const isOver = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  const isUnder = rest < -0.5 || (rest === -0.5 && floor % 2 !== 0);
  return (isOver ? floor + 1 : isUnder ? floor - 1 : floor) + 0;
}

/** `long long` without a clamp: what is no finite number becomes 0, and what is too long wraps around. */
export function toLongLong(value: unknown): number {
  const number = NativeNumber(value);
  if (number !== number || number === Infinity || number === -Infinity) return 0;
  const whole = trunc(number) + 0;
  if (whole <= 9007199254740991 && whole >= -9007199254740991) return whole;
  return NativeNumber(asIntN(64, NativeBigInt(whole)));
}

/** A dictionary argument; null and undefined stand for an empty one. */
export function toDictionary(value: unknown, action: string): Record<string, unknown> | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== "object" && typeof value !== "function") {
    throw new NativeTypeError(`Failed to ${action}: the options are no object`);
  }
  return value as Record<string, unknown>;
}

/** @throws {TypeError} when fewer arguments were given than the operation needs */
export function requireArguments(given: number, needed: number, action: string): void {
  if (given >= needed) return;
  const noun = needed === 1 ? "argument" : "arguments";
  throw new NativeTypeError(`Failed to ${action}: ${needed} ${noun} required, but only ${given} present`);
}

/** Gives a class the descriptors of an interface: enumerable members, its tag, its `name` and `length`. @boot */
export function defineInterface(interfaceClass: { readonly prototype: object }, name: string, length: number): void {
  const { prototype } = interfaceClass;
  for (const key of ownKeys(prototype)) {
    if (key === "constructor" || typeof key === "symbol") continue;
    const descriptor = getOwnPropertyDescriptor(prototype, key)!;
    defineProperty(prototype, key, { ...descriptor, enumerable: true });
  }
  defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  defineProperty(interfaceClass, "name", { value: name, configurable: true });
  defineProperty(interfaceClass, "length", { value: length, configurable: true });
}

/** Key under which Deno's `inspect` asks an object how it shows itself. */
const INSPECT = Symbol.for("Deno.privateCustomInspect");

/** Shows an object by some of its attributes, as Deno shows its own. @boot */
export function defineInspection<Self extends object>(prototype: Self, show: (self: Self) => object | null): void {
  defineProperty(prototype, INSPECT, {
    value(this: Self, inspect: (shown: unknown, options: unknown) => string, options: unknown): string {
      const name = (this.constructor as { name?: unknown } | undefined)?.name;
      return `${typeof name === "string" ? name : "Object"} ${inspect(show(this) ?? {}, options)}`;
    },
    writable: true,
    configurable: true,
  });
}
