/** The global scope as an EventTarget: error events, handlers such as `onerror`, rejections; the rest goes to the log. */
import { bare } from "../../protocol/bare.ts";

type Callable = (...given: unknown[]) => unknown;

/** Takes what no listener of the app has handled. */
export type UncaughtSink = (kind: string, error: unknown) => void;

const { apply, construct } = Reflect;
const { defineProperty, getPrototypeOf } = Object;
const { dispatchEvent, addEventListener, removeEventListener } = EventTarget.prototype as unknown as {
  dispatchEvent: Callable;
  addEventListener: Callable;
  removeEventListener: Callable;
};
const { preventDefault } = Event.prototype as unknown as { preventDefault: Callable };
const NativeErrorEvent = ErrorEvent;
const NativePromiseRejectionEvent = PromiseRejectionEvent;
const NativeTypeError = TypeError;
const NativeString = String;
const defaultPreventedOf = getterOf(Event.prototype, "defaultPrevented");
const typeOf = getterOf(Event.prototype, "type");
const errorOf = getterOf(ErrorEvent.prototype, "error");
const reasonOf = getterOf(PromiseRejectionEvent.prototype, "reason");
const isMade = WeakSet.prototype.has;
const wrappedOf = WeakMap.prototype.get;
const rememberWrapped = WeakMap.prototype.set;
const global = globalThis;

/**
 * Tells the app's listeners of what Deno reports. Deno's dispatcher leans on builtins that an app can replace, and ends the
 * isolate when it throws on them; what no listener could be told of was handled by none.
 * @returns whether nobody prevented the default
 */
function fire(event: unknown): unknown {
  try {
    return apply(dispatchEvent, global, [event]);
  } catch {
    return true;
  }
}

/** @boot */
function getterOf(prototype: object, name: string): Callable {
  return Object.getOwnPropertyDescriptor(prototype, name)!.get as Callable;
}

/**
 * Makes globalThis fire `error`, `unhandledrejection` and `rejectionhandled` before the log hears of an error.
 *
 * Deno looks `dispatchEvent` up on globalThis whenever it reports an exception or a rejection: that is where this sits.
 * An error that stayed unhandled would end the isolate, so Deno is always told that it was handled.
 * @boot
 */
export function installErrorEvents(report: UncaughtSink): void {
  const made = new WeakSet<object>();
  for (const name of ["ErrorEvent", "PromiseRejectionEvent"] as const) rememberMade(name, made);

  const scope = {
    dispatchEvent(event: unknown) {
      const byApp = arguments.length === 0 || apply(isMade, made, [event]);
      if (byApp) return apply(dispatchEvent, global, arguments as unknown as unknown[]);
      if (event instanceof NativeErrorEvent) {
        if (fire(event)) report("Uncaught", apply(errorOf, event, []));
        return false;
      }
      const unhandled = fire(event);
      if (event instanceof NativePromiseRejectionEvent && apply(typeOf, event, []) === "unhandledrejection") {
        if (!apply(defaultPreventedOf, event, [])) report("Uncaught (in promise)", apply(reasonOf, event, []));
        apply(preventDefault, event, []);
      }
      return unhandled;
    },
    ...createScopeListeners(report),
  };
  const prototype = getPrototypeOf(global);
  for (const [name, value] of Object.entries(scope)) {
    defineProperty(prototype, name, { value, writable: true, enumerable: true, configurable: true });
  }
  defineHandler("onerror", "error", report);
  defineHandler("onunhandledrejection", "unhandledrejection", report);
  defineHandler("onrejectionhandled", "rejectionhandled", report);
}

/** Events that the app makes itself and dispatches are no errors of the app. @boot */
function rememberMade(name: "ErrorEvent" | "PromiseRejectionEvent", made: WeakSet<object>): void {
  const Native = globalThis[name];
  const remember = made.add.bind(made);
  const handler: ProxyHandler<new (...given: never[]) => object> = bare({
    construct(target, given, newTarget) {
      const event = construct(target, given, newTarget) as object;
      remember(event);
      return event;
    },
  });
  const Remembering = new Proxy(Native, handler as ProxyHandler<typeof Native>);
  defineProperty(Native.prototype, "constructor", { value: Remembering, writable: true, configurable: true });
  defineProperty(globalThis, name, { value: Remembering, writable: true, configurable: true, enumerable: false });
}

/**
 * A listener for `error` that throws would make Deno end the isolate: it reports an exception only once per exception.
 * Such a listener is wrapped, and what it throws goes to the log.
 * @boot
 */
function createScopeListeners(report: UncaughtSink): Record<"addEventListener" | "removeEventListener", Callable> {
  const wrappers = new WeakMap<object, Callable>();
  const wrapped = (given: unknown[]): unknown[] => {
    const type = given[0];
    const callback = given[1];
    if (callback === null || (typeof callback !== "function" && typeof callback !== "object")) return given;
    if (NativeString(type) !== "error") return given;
    let wrapper = apply(wrappedOf, wrappers, [callback]) as Callable | undefined;
    if (wrapper === undefined) {
      wrapper = (event) => {
        try {
          if (typeof callback === "function") apply(callback, global, [event]);
          else (callback as { handleEvent(event: unknown): void }).handleEvent(event);
        } catch (error) {
          report("Uncaught (in an error listener)", error);
        }
      };
      apply(rememberWrapped, wrappers, [callback, wrapper]);
    }
    given[1] = wrapper;
    return given;
  };
  return {
    addEventListener(this: unknown, ...given: unknown[]) {
      return apply(addEventListener, this ?? global, isScope(this) ? wrapped(given) : given);
    },
    removeEventListener(this: unknown, ...given: unknown[]) {
      return apply(removeEventListener, this ?? global, isScope(this) ? wrapped(given) : given);
    },
  };
}

function isScope(target: unknown): boolean {
  return target === undefined || target === null || target === global;
}

/** An event handler attribute of the global scope: https://html.spec.whatwg.org/#event-handler-attributes @boot */
function defineHandler(name: string, type: string, report: UncaughtSink): void {
  let handler: unknown = null;
  const listener = (event: unknown) => {
    if (typeof handler !== "function") return;
    let result: unknown;
    try {
      // Only a genuine error event is spread over five arguments.
      const spread = type === "error" && event instanceof NativeErrorEvent;
      const { message, filename, lineno, colno, error } = event as ErrorEvent;
      result = apply(handler, global, spread ? [message, filename, lineno, colno, error] : [event]);
      if (result === (spread ? true : false)) apply(preventDefault, event, []);
    } catch (error) {
      if (type !== "error") throw error;
      report("Uncaught (in onerror)", error);
    }
  };
  const accessor = {
    get [name]() {
      return handler;
    },
    set [name](given: unknown) {
      if (this !== undefined && this !== global) throw new NativeTypeError("Illegal invocation");
      const next = typeof given === "function" || typeof given === "object" ? given : null;
      if ((next === null) !== (handler === null)) {
        apply(next === null ? removeEventListener : addEventListener, global, [type, listener]);
      }
      handler = next;
    },
  };
  defineProperty(global, name, {
    ...Object.getOwnPropertyDescriptor(accessor, name),
    enumerable: true,
    configurable: true,
  });
}
