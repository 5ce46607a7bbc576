/** Stands in `env` for a binding that NANO does not have: its use says so, where it would be "undefined" otherwise. */
import { bare } from "../../protocol/bare.ts";

/** What is looked up of any value, without using it: awaiting, printing, comparing. */
const LOOKED_UP: ReadonlySet<PropertyKey> = new Set(["then", "toJSON", "constructor"]);
const NativeProxy = Proxy;
const NativeError = Error;
const isLookedUp = LOOKED_UP.has.bind(LOOKED_UP);

/** @param text what its use is answered with */
export function missingBinding(text: string): unknown {
  return new NativeProxy(
    bare({}),
    bare({
      get(_target: object, key: PropertyKey) {
        if (typeof key === "symbol" || isLookedUp(key)) return undefined;
        throw new NativeError(text);
      },
    }),
  );
}
