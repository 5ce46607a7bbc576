/** What callbacks of an app throw, as values that Deno can look at. */
import { apply, global, NativeError } from "../../protocol/primordials.ts";

type Callable = (...given: unknown[]) => unknown;

/**
 * Calls back. A Proxy whose `getPrototypeOf` throws, or a revoked one, is thrown on as an error that says so: Deno looks
 * at what a timer or a microtask has thrown, and the isolate ends where looking throws.
 */
export function callBack(handler: unknown, given: unknown[] = []): void {
  try {
    apply(handler as Callable, global, given);
  } catch (error) {
    throw isReadable(error) ? error : new NativeError("an error that cannot be shown");
  }
}

/** A function of Deno's that runs its first argument later with the others, in a way that survives what that throws. */
export function readableLater(native: Callable): Callable {
  const { later } = {
    later(...given: unknown[]): unknown {
      const handler = given[0];
      if (typeof handler === "function") {
        given[0] = function () {
          callBack(handler, arguments as unknown as unknown[]);
        };
      }
      // What it refuses is left to it.
      return apply(native, undefined, given);
    },
  };
  return later;
}

function isReadable(error: unknown): boolean {
  try {
    // Whatever the answer is: it asks for the prototypes, as Deno does.
    return error instanceof NativeError || true;
  } catch {
    return false;
  }
}
