/**
 * What functions of an app say of themselves: servers send their text to browsers, which lack what the bundle put into
 * it.
 */
import { apply, defineMember, stringIndexOf, stringSlice } from "../../protocol/primordials.ts";

type Callable = (...given: unknown[]) => unknown;

/** esbuild keeps names of functions by calls of this helper of its own, around functions and after them. */
const HELPER = "__name(";
/** Gives the function back, as the helper does, and runs anywhere. */
const PLAIN = "((f) => f)(";

/** @boot */
export function installFunctionTexts(): void {
  const native = Function.prototype.toString as Callable;
  const { toString } = {
    toString(this: unknown): string {
      const text = apply(native, this === toString ? native : this, []) as string;
      return withoutHelper(text);
    },
  };
  defineMember(Function.prototype, "toString", toString);
}

/** The text without calls of the helper. */
export function withoutHelper(text: string): string {
  let plain = "";
  let from = 0;
  for (let at = stringIndexOf(text, HELPER); at !== -1; at = stringIndexOf(text, HELPER, from)) {
    plain += stringSlice(text, from, at) + PLAIN;
    from = at + HELPER.length;
  }
  return from === 0 ? text : plain + stringSlice(text, from);
}
