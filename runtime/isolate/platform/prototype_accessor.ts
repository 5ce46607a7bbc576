/** `Object.prototype.__proto__`, of which Deno leaves a getter that tells nothing: packages set prototypes by it. */
import { defineProperty, NativeTypeError } from "../../protocol/primordials.ts";

const { getPrototypeOf, setPrototypeOf } = Reflect;
const toObject = Object as (value: unknown) => object;

/**
 * As ECMA-262 has it (B.2.2.1), and Node and Workers: old classes extend others by it (colors, mammoth).
 * @boot
 */
export function installPrototypeAccessor(): void {
  const { get, set } = Object.getOwnPropertyDescriptor(accessor, "__proto__")!;
  defineProperty(
    Object.prototype,
    "__proto__",
    { __proto__: null, get, set, configurable: true } as PropertyDescriptor,
  );
}

const accessor = {
  get __proto__(): object | null {
    if (this === undefined || this === null) throw new NativeTypeError("Cannot convert undefined or null to object");
    return getPrototypeOf(toObject(this));
  },
  set __proto__(given: unknown) {
    if (this === undefined || this === null) throw new NativeTypeError("Cannot convert undefined or null to object");
    if (!isObject(given) && given !== null || !isObject(this)) return;
    if (!setPrototypeOf(this, given)) throw new NativeTypeError("Cannot set the prototype of this object");
  },
};

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null || typeof value === "function";
}
