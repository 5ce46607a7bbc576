/** Waits for what an app hands back: its constructors and getters are the app's, and may throw when they are looked at. */
import { NativePromise, promiseThen, resolved } from "../../protocol/primordials.ts";

/**
 * Hears once what becomes of a value: at once of a plain one, later of a promise or a thenable. It never throws: what a
 * getter of `then` or `constructor` or a species throws is what became of the value.
 */
export function whenSettled(
  value: unknown,
  onValue: (value: unknown) => void,
  onError: (error: unknown) => void,
): void {
  let isPlain = false;
  try {
    if (value instanceof NativePromise) promiseThen(value, onValue, onError);
    else if (isThenable(value)) promiseThen(resolved(value), onValue, onError);
    else isPlain = true;
  } catch (error) {
    onError(error);
  }
  if (isPlain) onValue(value);
}

function isThenable(value: unknown): boolean {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}
