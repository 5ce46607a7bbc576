/** Mends what a node worker lacks or distorts of ECMA-429 (docs/decisions/0007): names, descriptors, timers, events. */
import {
  apply,
  controllerAbort,
  controllerSignal,
  defineMember,
  global,
  NativeAbortController,
  NativeDOMException,
  NativeNumber,
  requestMethod,
  trunc,
} from "../../protocol/primordials.ts";
import { installErrorEvents, type UncaughtSink } from "./event_standards.ts";
import { installPrototypeAccessor } from "./prototype_accessor.ts";
import { createTimers } from "./timers.ts";

/** Functions of the global scope; all other functions there are interfaces. */
const OPERATIONS = new Set(
  ("atob btoa clearInterval clearTimeout fetch queueMicrotask reportError setInterval setTimeout structuredClone " +
    "setImmediate clearImmediate").split(" "),
);

/** The `length` that WebIDL gives, where Deno's differs. */
const LENGTHS: Readonly<Record<string, number>> = {
  FormData: 0,
  MessageEvent: 1,
  PromiseRejectionEvent: 2,
  URLPattern: 0,
  clearInterval: 0,
  clearTimeout: 0,
  fetch: 1,
  structuredClone: 1,
};

/** Interfaces whose objects Deno calls "Event". */
const UNTAGGED = ["CustomEvent", "ErrorEvent", "MessageEvent", "PromiseRejectionEvent", "CloseEvent", "ProgressEvent"];

const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;

/**
 * Installs all of it; runs once the doors are closed, before an app is loaded.
 *
 * @param report takes errors and rejections that no listener of the app has handled
 * @boot
 */
export function installWebStandards(report: UncaughtSink): void {
  for (const [name, value] of Object.entries(createTimers())) setGlobal(name, value);
  installErrorEvents(report);
  installPrototypeAccessor();
  defineScope();
  for (const name of UNTAGGED) {
    const { prototype } = (globalThis as unknown as Record<string, { prototype: object }>)[name]!;
    defineProperty(prototype, Symbol.toStringTag, { value: name, configurable: true });
  }
  defineProperty(MessageChannel, "name", { value: "MessageChannel", configurable: true });
  defineProperty(MessageChannel.prototype, "constructor", {
    value: MessageChannel,
    writable: true,
    configurable: true,
    enumerable: false,
  });
  addRequestAttributes();
  keepTimeoutContext();
  settleGlobals();
}

/** Gives every global the descriptor and `length` of WebIDL; again once NANO's own fetch classes are in place. @boot */
export function settleGlobals(): void {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const descriptor = getOwnPropertyDescriptor(globalThis, name)!;
    if (!descriptor.configurable) continue;
    // crypto, navigator, self and the event handlers are attributes, which stay accessors.
    const value = descriptor.get === undefined ? descriptor.value : Reflect.get(globalThis, name);
    if (typeof value !== "function") continue;
    const enumerable = OPERATIONS.has(name);
    if (descriptor.get !== undefined || descriptor.enumerable !== enumerable || !descriptor.writable) {
      defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable });
    }
    const length = LENGTHS[name];
    if (length !== undefined && value.length !== length) {
      defineProperty(value, "length", { value: length, configurable: true });
    }
  }
}

/** @boot */
function setGlobal(name: string, value: unknown): void {
  defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: true });
}

/** `self`, which a node worker lacks. @boot */
function defineScope(): void {
  defineProperty(globalThis, "self", {
    get: () => global,
    set(value: unknown) {
      setGlobal("self", value);
    },
    enumerable: true,
    configurable: true,
  });
  // By "DedicatedWorkerGlobalScope" packages know a page's worker, and fetch from their CDN (wasmoon) what lies beside
  // them; in Node the global scope is an object like any other.
  defineMember(getPrototypeOf(global), "constructor", Object);
}

/** Attributes that Deno lacks, with the value that they have for every Request that code can make. */
const REQUEST_ATTRIBUTES = { duplex: "half", destination: "", isReloadNavigation: false, isHistoryNavigation: false };

/** https://fetch.spec.whatwg.org/#request-class @boot */
function addRequestAttributes(): void {
  for (const [name, value] of Object.entries(REQUEST_ATTRIBUTES)) {
    const { get } = getOwnPropertyDescriptor({
      get [name]() {
        // Throws for what is no Request.
        requestMethod(this as unknown as Request);
        return value;
      },
    }, name)!;
    defineProperty(Request.prototype, name, { get: get!, enumerable: true, configurable: true });
  }
}

/** The longest that a timer takes, in ms; Deno's own signal takes more. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const NativeAbortSignal = AbortSignal;
const timeoutOfDeno = AbortSignal.timeout;
const startTimer = setTimeout;

/** Deno's `AbortSignal.timeout` aborts in no async context; a timer aborts in that of its call. @boot */
function keepTimeoutContext(): void {
  const { timeout } = {
    timeout(delayMs: unknown): AbortSignal {
      const wanted = arguments.length === 0 ? NaN : trunc(NativeNumber(delayMs));
      // What it refuses and what no timer takes is left to it.
      if (!(wanted >= 0 && wanted <= MAX_TIMER_MS)) return apply(timeoutOfDeno, NativeAbortSignal, arguments as never);
      const controller = new NativeAbortController();
      startTimer(() => {
        controllerAbort(controller, new NativeDOMException("Signal timed out.", "TimeoutError"));
      }, wanted);
      return controllerSignal(controller);
    },
  };
  const kept = getOwnPropertyDescriptor(AbortSignal, "timeout")!;
  defineProperty(AbortSignal, "timeout", { ...kept, value: timeout });
}
