/**
 * Bounds the stacks of WebAssembly: each call of what `WebAssembly.promising` made has one of its own, a megabyte of
 * addresses, for as long as it waits for a promise. V8 ends the process when the system gives no more of them: 32,000
 * calls that wait, which take an app three seconds.
 */
import { bare } from "../../protocol/bare.ts";
import { types } from "node:util";
import {
  apply,
  construct,
  defineProperty,
  NativeProxy,
  NativeRangeError,
  promiseThen,
  uncurry,
} from "../../protocol/primordials.ts";
import { putInPlace } from "./put_in_place.ts";

/** As many as requests that an app has at once by default (`max_concurrent`); each takes two mappings of 65,530. */
const MAX_STACKS = 512;

type Callable = (this: unknown, ...given: unknown[]) => unknown;
type Constructor = new (...given: unknown[]) => object;

const { isPromise } = types;

interface Wait {
  isOver: boolean;
}

const registerAbandoned = uncurry(FinalizationRegistry.prototype.register) as (
  registry: FinalizationRegistry<Wait>,
  target: object,
  wait: Wait,
) => void;
const NativeRegistry = FinalizationRegistry;

/** Hears of promises that nobody can settle any more: V8 gives their stacks back. Null until a call waits. */
let abandoned: FinalizationRegistry<Wait> | null = null;
/** Calls that are under way, one within another. */
let entered = 0;
/** Calls that wait for a promise. */
let waiting = 0;

/** Puts the bounds in the natives' place, where V8 has them. @boot */
export function limitWasmStacks(): void {
  const wasm = WebAssembly as unknown as { promising?: Callable; Suspending?: Constructor };
  const { promising, Suspending } = wasm;
  if (promising === undefined || Suspending === undefined) return;
  const methods = {
    promising(exported: unknown): unknown {
      const native = apply(promising, undefined, [exported]) as Callable;
      const bounded = function (this: unknown): unknown {
        refuseBeyond();
        entered++;
        try {
          return apply(native, this, arguments);
        } finally {
          entered--;
        }
      };
      defineProperty(bounded, "name", bare({ value: native.name, configurable: true }));
      defineProperty(bounded, "length", bare({ value: native.length, configurable: true }));
      return bounded;
    },
  };
  putInPlace(WebAssembly, "promising", methods.promising);
  const Bounded = new NativeProxy(
    Suspending,
    bare({
      construct: (target: Constructor, given: unknown[], newTarget: Constructor) => {
        if (typeof given[0] === "function") given[0] = counted(given[0] as Callable);
        return construct(target, given, newTarget) as object;
      },
    }),
  );
  const hidden = { writable: true, configurable: true, enumerable: false };
  defineProperty(Suspending.prototype, "constructor", { value: Bounded, ...hidden });
  defineProperty(WebAssembly, "Suspending", { value: Bounded, ...hidden });
}

/** An import of a module, which waits only for promises. */
function counted(imported: Callable): Callable {
  return function (this: unknown): unknown {
    const result = apply(imported, this, arguments);
    if (!isPromise(result)) return result;
    refuseBeyond();
    const wait = { isOver: false };
    const ended = () => end(wait);
    promiseThen(result, ended, ended);
    waiting++;
    abandoned ??= new NativeRegistry(end);
    registerAbandoned(abandoned, result, wait);
    return result;
  };
}

function end(wait: Wait): void {
  if (wait.isOver) return;
  wait.isOver = true;
  waiting--;
}

function refuseBeyond(): void {
  if (entered + waiting < MAX_STACKS) return;
  throw new NativeRangeError(`Cannot have more than ${MAX_STACKS} stacks of WebAssembly at once`);
}
