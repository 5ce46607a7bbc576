/** Timers as the HTML standard has them, numbers and `this` included, over those of Node that Deno 2.9 puts in place. */
import { apply, NativeString, NativeTypeError } from "../../protocol/primordials.ts";
import { callBack, readableLater } from "./thrown_values.ts";

type Callable = (...given: unknown[]) => unknown;

/** Node's timer object; its number stays valid for Node's own clearTimeout. */
interface NodeTimer {
  [Symbol.toPrimitive](): number;
}

const nativeSetTimeout = setTimeout as unknown as (run: () => void, delayMs: number) => NodeTimer;
const nativeSetInterval = setInterval as unknown as (run: () => void, delayMs: number) => NodeTimer;
const nativeSetImmediate = setImmediate as unknown as Callable;
const nativeQueueMicrotask = queueMicrotask as unknown as Callable;
const nativeClearTimeout = clearTimeout as unknown as (timer: unknown) => void;
const indirectEval = eval;

/** The functions to install. */
export interface WebTimers {
  readonly queueMicrotask: Callable;
  readonly setImmediate: Callable;
  readonly setTimeout: Callable;
  readonly setInterval: Callable;
  readonly clearTimeout: Callable;
  readonly clearInterval: Callable;
}

/** Makes them. @boot */
export function createTimers(): WebTimers {
  const probe = nativeSetTimeout(() => {}, 0);
  nativeClearTimeout(probe);
  const numberOf = probe[Symbol.toPrimitive] as unknown as Callable;

  const start = (native: typeof nativeSetTimeout, handler: unknown, delayMs: unknown, given: unknown[]): number => {
    // A text is code, as the standard has it; where evaluation is off, it throws when the time has come.
    const code = typeof handler === "function" ? "" : NativeString(handler);
    const run = typeof handler === "function" ? () => callBack(handler, given) : () => callBack(indirectEval, [code]);
    // The standard's conversion to a 32-bit integer; Node would turn what is too long into 1 ms and warn.
    const wanted = (delayMs as number) | 0;
    return apply(numberOf, native(run, wanted < 0 ? 0 : wanted), []) as number;
  };
  const clear = (timer: unknown): void => {
    // Node's packages clear timers of node:timers with the global functions.
    nativeClearTimeout(typeof timer === "object" && timer !== null ? timer : (timer as number) | 0);
  };
  const setImmediate = readableLater(nativeSetImmediate);
  const queueMicrotask = readableLater(nativeQueueMicrotask);
  for (const [made, name] of [[setImmediate, "setImmediate"], [queueMicrotask, "queueMicrotask"]] as const) {
    Object.defineProperty(made, "name", { value: name, configurable: true });
    Object.defineProperty(made, "length", { value: 1, configurable: true });
  }
  // What `util.promisify` makes of it.
  for (const symbol of Object.getOwnPropertySymbols(nativeSetImmediate)) {
    Object.defineProperty(setImmediate, symbol, Object.getOwnPropertyDescriptor(nativeSetImmediate, symbol)!);
  }
  // Methods, so that they are no constructors.
  return {
    setImmediate,
    queueMicrotask,
    setTimeout(handler: unknown, delayMs: unknown = undefined, ...given: unknown[]) {
      if (arguments.length === 0) throw needsHandler("setTimeout");
      return start(nativeSetTimeout, handler, delayMs, given);
    },
    setInterval(handler: unknown, delayMs: unknown = undefined, ...given: unknown[]) {
      if (arguments.length === 0) throw needsHandler("setInterval");
      return start(nativeSetInterval, handler, delayMs, given);
    },
    clearTimeout(timer: unknown = undefined) {
      clear(timer);
    },
    clearInterval(timer: unknown = undefined) {
      clear(timer);
    },
  };
}

function needsHandler(name: string): TypeError {
  return new NativeTypeError(`Failed to execute '${name}': 1 argument required, but only 0 present`);
}
