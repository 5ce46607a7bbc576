/** Closes the doors that stand open in a worker without permissions; runs once, before any byte of an app. */
import { bare } from "../../protocol/bare.ts";
import { pastIsolate } from "../../protocol/past_isolate.ts";
import { defineProperty, NativeTypeError } from "../../protocol/primordials.ts";
import { ALLOWED_GLOBALS } from "./allowed_globals.ts";
import { limitSubtleCrypto } from "./crypto_limits.ts";
import { joinLists } from "./joined_lists.ts";
import { checkForKills } from "./kill_checks.ts";
import { limitLocales } from "./locale_limits.ts";
import { limitPatterns } from "./pattern_limits.ts";
import { guardLongLists } from "./long_lists.ts";
import { guardLongMembers } from "./long_members.ts";
import { guardLongSearches } from "./long_searches.ts";
import { guardLongTexts } from "./long_texts.ts";
import { guardTextKeys } from "./text_keys.ts";

type Callable = (...given: unknown[]) => unknown;

/** Own names of a port that the event system looks up on the port itself; shielded, an app's patch never sees the port. */
const PORT_METHODS = [
  "postMessage",
  "dispatchEvent",
  "addEventListener",
  "removeEventListener",
  "start",
  "close",
  "ref",
  "unref",
  "emit",
  "on",
  "off",
  "once",
] as const;

/** Gives a control port its own, unchangeable methods. @boot */
export function shieldPort(port: MessagePort): void {
  const methods = port as unknown as Record<string, unknown>;
  for (const name of PORT_METHODS) {
    const method = methods[name];
    if (typeof method !== "function") continue;
    Object.defineProperty(port, name, {
      value: (method as Callable).bind(port),
      writable: false,
      configurable: false,
    });
  }
}

/**
 * Reduces globals to the allow list, disarms the process object, guards the natives that abort the process.
 *
 * @param heapLimitBytes what the app may hold in its heap
 * @returns names that could not be removed; a test holds this list empty
 * @boot
 */
export function closeDoors(heapLimitBytes: number): string[] {
  disarmProcess();
  const leftovers = removeGlobals();
  for (const prototype of [EventTarget.prototype, Event.prototype, MessageEvent.prototype]) lockPrototype(prototype);
  guardLongTexts(heapLimitBytes);
  guardLongSearches();
  guardLongLists();
  guardLongMembers();
  joinLists();
  guardTextKeys();
  checkForKills();
  limitSubtleCrypto();
  limitPatterns();
  limitLocales();
  return leftovers;
}

/** @boot */
function removeGlobals(): string[] {
  const leftovers: string[] = [];
  const all = globalThis as unknown as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(all)) {
    if (ALLOWED_GLOBALS.has(name)) continue;
    // Some accessors only let go once they are plain values.
    if (Reflect.deleteProperty(all, name)) continue;
    // V8 keeps the name of the collector that --expose-gc made; there is nothing behind it any more.
    if (name === "gc" && Reflect.defineProperty(all, name, { value: undefined, writable: false })) continue;
    leftovers.push(name);
  }
  // Registered symbols are where others find APIs: with OTEL_DENO=true the operator's exporter of spans is among them.
  for (const symbol of Object.getOwnPropertySymbols(all)) {
    if (Symbol.keyFor(symbol) === undefined) continue;
    if (!Reflect.deleteProperty(all, symbol)) leftovers.push(String(symbol));
  }
  for (let level = Object.getPrototypeOf(all); level !== null && level !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name === "constructor" || level === EventTarget.prototype) continue;
      if (!Reflect.deleteProperty(level, name)) leftovers.push(`prototype:${name}`);
    }
    level = Object.getPrototypeOf(level);
  }
  return leftovers;
}

/** Methods of process that stay: its event plumbing, which Deno needs to report errors, and what only computes. */
const HARMLESS_PROCESS_METHODS = new Set(
  ("constructor on off once emit addListener removeListener removeAllListeners prependListener prependOnceListener " +
    "listeners rawListeners listenerCount eventNames setMaxListeners getMaxListeners nextTick hrtime uptime cwd " +
    "emitWarning _fatalException hasUncaughtExceptionCaptureCallback").split(" "),
);
/** Lazy members of process that hand out the outside. */
const PROCESS_HANDLES = ["getBuiltinModule", "stdin", "stdout", "stderr", "channel", "env", "mainModule", "config"];

/** Disarms the real process object: Deno's internals hold it, so an app may meet it. @boot */
function disarmProcess(): void {
  for (const name of PROCESS_HANDLES) {
    Reflect.defineProperty(process, name, { value: undefined, writable: false, configurable: false });
  }
  for (let level: object | null = process; level !== null && level !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(level)) {
      const descriptor = Object.getOwnPropertyDescriptor(level, name)!;
      if (HARMLESS_PROCESS_METHODS.has(name) || typeof descriptor.value !== "function") continue;
      const refuse = () => {
        throw new NativeTypeError(pastIsolate(`process.${name}`));
      };
      Reflect.defineProperty(level, name, { value: refuse, writable: false, configurable: false });
    }
    level = Object.getPrototypeOf(level);
  }
}

/**
 * Makes a prototype's members unchangeable without making assignments on instances throw: each becomes an accessor
 * whose setter defines an own property of the instance, as an assignment over a writable member would.
 * @boot
 */
function lockPrototype(prototype: object): void {
  for (const key of Reflect.ownKeys(prototype)) {
    const descriptor = Object.getOwnPropertyDescriptor(prototype, key)!;
    if (!descriptor.configurable) continue;
    if (descriptor.get !== undefined || descriptor.set !== undefined) {
      Object.defineProperty(prototype, key, { configurable: false });
      continue;
    }
    const { value } = descriptor;
    Object.defineProperty(prototype, key, {
      get: () => value,
      set(this: unknown, assigned: unknown) {
        if (this === prototype || typeof this !== "object" || this === null) return;
        defineProperty(this, key, bare({ value: assigned, writable: true, enumerable: true, configurable: true }));
      },
      enumerable: descriptor.enumerable ?? false,
      configurable: false,
    });
  }
}
