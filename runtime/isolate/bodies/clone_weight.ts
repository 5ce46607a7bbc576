/**
 * Bounds how much text a clone is made of: V8 writes a text anew wherever it stands, so that a list of a thousand
 * references to one of fifty megabytes becomes fifty gigabytes, in native code that no kill can stop.
 */
import { types } from "node:util";
import {
  apply,
  getOwnPropertyDescriptor,
  isArray,
  keys,
  NativeDOMException,
  uncurry,
} from "../../protocol/primordials.ts";
import { SafeSet } from "../../protocol/safe_collections.ts";

/** Characters of one clone: more than an app could hold; they are written in half a second. */
const MAX_CHARS = 1 << 27;
/** What an app is told. */
export const TOO_HEAVY = `Cannot clone more than ${MAX_CHARS} characters: it could not be stopped`;
/** Numbers that are shorter are not looked at: 8 KiB. */
const LONG_NUMBER = 1n << 65_536n;

interface Open {
  readonly value: object;
  readonly next: Open | null;
}

const { isMap, isNativeError, isProxy, isRegExp, isSet, isStringObject } = types;
const { isView } = ArrayBuffer;
const mapForEach = uncurry(Map.prototype.forEach);
const setForEach = uncurry(Set.prototype.forEach);
const valueOfText = uncurry(String.prototype.valueOf) as (text: unknown) => string;
const hexOf = uncurry(BigInt.prototype.toString) as (value: bigint, radix: number) => string;
const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, "source")!.get!;

/** Whether its texts, and its numbers of any length, are too many characters to be written. */
export function isHeavyClone(root: unknown, most = MAX_CHARS): boolean {
  let open: Open | null = null;
  let chars = 0;
  const seen = new SafeSet<object>();
  const look = (value: unknown): void => {
    if (typeof value === "string") chars += value.length;
    else if (typeof value === "bigint") {
      if (value >= LONG_NUMBER || value <= -LONG_NUMBER) chars += hexOf(value, 16).length;
    } else if (typeof value === "object" && value !== null && !seen.has(value)) {
      seen.add(value);
      open = { value, next: open };
    }
  };
  look(root);
  while (open !== null && chars <= most) {
    const { value, next }: Open = open;
    open = next;
    if (isArray(value)) {
      for (let at = 0; at < value.length && chars <= most; at++) look(value[at]);
    } else if (isView(value) || isProxy(value)) continue;
    else if (isStringObject(value)) chars += valueOfText(value).length;
    else if (isRegExp(value)) chars += (apply(sourceOf, value, []) as string).length;
    else if (isMap(value)) {
      mapForEach(value, (member, key) => {
        look(key);
        look(member);
      });
    } else if (isSet(value)) setForEach(value, look);
    else if (isNativeError(value)) {
      // Its stack begins with it.
      const message = getOwnPropertyDescriptor(value, "message")?.value;
      if (typeof message === "string") chars += 2 * message.length;
      look(getOwnPropertyDescriptor(value, "cause")?.value);
    } else {
      const names = keys(value);
      for (let at = 0; at < names.length && chars <= most; at++) {
        chars += names[at]!.length;
        // What a getter gives is the clone's to ask for, once; V8 sees a kill in each.
        look(getOwnPropertyDescriptor(value, names[at]!)?.value);
      }
    }
  }
  return chars > most;
}

/** `serialize` of `node:v8`, with that bound. @throws {DOMException} DataCloneError */
export function boundSerialize(native: Record<string, unknown>): Record<string, unknown> {
  const made = native.serialize as (...given: unknown[]) => unknown;
  return {
    serialize(value: unknown): unknown {
      if (isHeavyClone(value)) throw new NativeDOMException(TOO_HEAVY, "DataCloneError");
      return apply(made, undefined, arguments);
    },
  };
}
