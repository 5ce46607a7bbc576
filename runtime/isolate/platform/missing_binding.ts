/** Stands in `env` for a binding that NANO does not have: its use says so, where it would be "undefined" otherwise. */
import { bare } from "../../protocol/bare.ts";
import { NativeError, NativeProxy } from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";

/** What is looked up of any value, without using it: awaiting, printing, comparing. */
const lookedUp = new SafeSet<PropertyKey>(["then", "toJSON", "constructor"]);

/** @param text what its use is answered with */
export function missingBinding(text: string): unknown {
  return new NativeProxy(
    bare({}),
    bare({
      get(_target: object, key: PropertyKey) {
        if (typeof key === "symbol" || lookedUp.has(key)) return undefined;
        throw new NativeError(text);
      },
    }),
  );
}
