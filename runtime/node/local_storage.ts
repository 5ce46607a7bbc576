/** `localStorage` of an app: loaded when it is first touched; each change is on the disk when its call returns. */
import { host } from "./fs/host.ts";

/** Of all keys and values, as browsers have it. */
const MAX_CHARS = 5 * 1024 * 1024;
/** Of a call to the host. */
const PART_CHARS = 65_536;

/** Whoever has it may make one. */
const OWN = Symbol("own");

/** https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface */
class Storage {
  constructor(own?: unknown) {
    if (own !== OWN) throw new TypeError("Illegal constructor");
  }

  get length(): number {
    return heldBy(this).items.size;
  }

  /** The name of the n-th item, or null. */
  key(index: number): string | null {
    need(arguments.length, 1, "key");
    const { items } = heldBy(this);
    // As a 32-bit number without a sign.
    const at = Number(index) >>> 0;
    return at < items.size ? [...items.keys()][at]! : null;
  }

  getItem(key: string): string | null {
    need(arguments.length, 1, "getItem");
    return heldBy(this).items.get(String(key)) ?? null;
  }

  setItem(key: string, value: string): void {
    need(arguments.length, 2, "setItem");
    const [name, text] = [String(key), String(value)];
    const held = heldBy(this);
    const before = held.items.get(name);
    if (before === text) return;
    const chars = held.chars + text.length - (before === undefined ? -name.length : before.length);
    if (chars > MAX_CHARS) throw full(name);
    try {
      change([name, text]);
    } catch (error) {
      throw (error as { code?: unknown }).code === "ENOSPC" ? full(name) : error;
    }
    held.items.set(name, text);
    held.chars = chars;
  }

  removeItem(key: string): void {
    need(arguments.length, 1, "removeItem");
    const name = String(key);
    const held = heldBy(this);
    const before = held.items.get(name);
    if (before === undefined) return;
    change([name]);
    held.items.delete(name);
    held.chars -= name.length + before.length;
  }

  clear(): void {
    const held = heldBy(this);
    if (held.items.size === 0) return;
    change([]);
    held.items.clear();
    held.chars = 0;
  }

  get [Symbol.toStringTag](): string {
    return "Storage";
  }
}

interface Held {
  readonly items: Map<string, string>;
  chars: number;
}

/** The one storage, and the proxy before it. */
const owners = new WeakSet<object>();
let loaded: Held | null = null;

function heldBy(storage: object): Held {
  if (!owners.has(storage)) throw new TypeError("Illegal invocation");
  if (loaded !== null) return loaded;
  const items = new Map(load());
  let chars = 0;
  for (const [key, value] of items) chars += key.length + value.length;
  return loaded = { items, chars };
}

for (const name of ["length", "key", "getItem", "setItem", "removeItem", "clear"]) {
  Object.defineProperty(Storage.prototype, name, { enumerable: true });
}

function need(given: number, wanted: number, method: string): void {
  if (given >= wanted) return;
  const shown = wanted === 1 ? "1 argument" : `${wanted} arguments`;
  throw new TypeError(`Failed to execute '${method}' on 'Storage': ${shown} required, but only ${given} present`);
}

/** A class of its own by now, below DOMException; types of TypeScript have none. */
const { QuotaExceededError: Quota } = globalThis as unknown as {
  QuotaExceededError: new (message: string) => DOMException;
};

function full(key: string): Error {
  const shown = key.length > 40 ? `${key.slice(0, 40)}…` : key;
  return new Quota(`Cannot set "${shown}": localStorage would exceed its quota`);
}

function ask(operation: "loadStorage" | "changeStorage", ...given: unknown[]): unknown {
  try {
    return host.callSync(operation, ...given);
  } catch (error) {
    if ((error as { code?: unknown }).code !== "EIO") throw error;
    throw new Error("Cannot use localStorage: it failed in the host, whose log says why", { cause: error });
  }
}

function load(): [string, string][] {
  const decoder = new TextDecoder();
  let text = "";
  for (let at = 0;;) {
    const bytes = ask("loadStorage", at) as Uint8Array<ArrayBuffer>;
    if (bytes.byteLength === 0) return text === "" ? [] : JSON.parse(text + decoder.decode());
    text += decoder.decode(bytes, { stream: true });
    at += bytes.byteLength;
  }
}

function change(what: readonly string[]): void {
  const text = JSON.stringify(what);
  for (let at = 0; at < text.length; at += PART_CHARS) {
    ask("changeStorage", text.slice(at, at + PART_CHARS), at + PART_CHARS >= text.length);
  }
}

/** Items are properties, too; what the class has comes first. */
function made(): Storage {
  const storage = new Storage(OWN);
  const isItem = (key: string | symbol): key is string => typeof key === "string" && !(key in Storage.prototype);
  const proxy = new Proxy(storage, {
    get(target, key) {
      return isItem(key) ? target.getItem(key) ?? undefined : Reflect.get(target, key, target);
    },
    set(target, key, value) {
      if (typeof key === "symbol") return Reflect.set(target, key, value, target);
      target.setItem(key, value);
      return true;
    },
    has: (target, key) => isItem(key) ? target.getItem(key) !== null : Reflect.has(target, key),
    deleteProperty(target, key) {
      if (typeof key === "symbol") return Reflect.deleteProperty(target, key);
      target.removeItem(key);
      return true;
    },
    ownKeys(target) {
      const names = Array.from({ length: target.length }, (_, at) => target.key(at)!);
      return [...new Set([...names.filter(isItem), ...Reflect.ownKeys(target)])];
    },
    getOwnPropertyDescriptor(target, key) {
      if (!isItem(key)) return Reflect.getOwnPropertyDescriptor(target, key);
      const value = target.getItem(key);
      return value === null ? undefined : { value, writable: true, enumerable: true, configurable: true };
    },
    defineProperty(target, key, descriptor) {
      if (typeof key === "symbol") return Reflect.defineProperty(target, key, descriptor);
      target.setItem(key, descriptor.value);
      return true;
    },
  });
  owners.add(storage).add(proxy);
  return proxy;
}

/** Called before any code of the app runs; nothing is asked of the host until it is touched. */
export function install(global: object): void {
  let storage: Storage | null = null;
  Object.defineProperty(global, "Storage", { value: Storage, writable: true, configurable: true });
  Object.defineProperty(global, "localStorage", {
    get: () => storage ??= made(),
    set(value) {
      Object.defineProperty(global, "localStorage", { value, writable: true, enumerable: true, configurable: true });
    },
    enumerable: true,
    configurable: true,
  });
}
