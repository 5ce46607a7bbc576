/** Counts WebAssembly memory, which is in no figure of V8, and refuses what the app may not hold. */
import {
  apply,
  construct,
  defineProperty,
  getOwnPropertyDescriptor,
  NativeRangeError,
  NativeWeakRef,
  ownKeys,
  promiseThen,
  weakDeref,
} from "../../protocol/primordials.ts";
import { SafeWeakSet } from "../../protocol/safe_collections.ts";
import { append } from "../../protocol/safe_lists.ts";
import { measureHeld } from "./held_bytes.ts";

const PAGE_BYTES = 64 * 1024;
/** Of a memory of 32 bits; more is refused natively, by its type. */
const MAX_PAGES = 65_536;

const bufferOf = getOwnPropertyDescriptor(WebAssembly.Memory.prototype, "buffer")!.get!;
const exportsOf = getOwnPropertyDescriptor(WebAssembly.Instance.prototype, "exports")!.get!;
const bytesOf = getOwnPropertyDescriptor(ArrayBuffer.prototype, "byteLength")!.get!;
const sharedBytesOf = getOwnPropertyDescriptor(SharedArrayBuffer.prototype, "byteLength")!.get!;
const isShared = (buffer: unknown): boolean => {
  try {
    apply(sharedBytesOf, buffer, []);
    return true;
  } catch {
    return false;
  }
};

type Method = (this: unknown, ...given: unknown[]) => unknown;

/** Memories that live, as far as is known. */
const memories: WeakRef<object>[] = [];
const known = new SafeWeakSet<object>();

/** Bytes of a memory; null when it is none. */
function sizeOf(memory: object): number | null {
  try {
    const buffer = apply(bufferOf, memory, []);
    return apply(isShared(buffer) ? sharedBytesOf : bytesOf, buffer, []) as number;
  } catch {
    return null;
  }
}

/** Growth by wasm code itself calls nobody: each beat reads the size anew. */
function measure(): number {
  let bytes = 0;
  let kept = 0;
  for (let index = 0; index < memories.length; index++) {
    const reference = memories[index]!;
    const memory = weakDeref(reference);
    if (memory === undefined) continue;
    memories[kept++] = reference;
    bytes += sizeOf(memory) ?? 0;
  }
  memories.length = kept;
  return bytes;
}

function watch(memory: object): void {
  if (known.has(memory)) return;
  known.add(memory);
  append(memories, new NativeWeakRef(memory));
}

/** A module may make a memory by itself and hand it out. */
function watchExports(instance: unknown): void {
  let exported: Record<PropertyKey, unknown>;
  try {
    exported = apply(exportsOf, instance, []) as Record<PropertyKey, unknown>;
  } catch {
    return;
  }
  const keys = ownKeys(exported);
  for (let index = 0; index < keys.length; index++) {
    const value = exported[keys[index]!];
    if (typeof value === "object" && value !== null && sizeOf(value) !== null) watch(value);
  }
}

/** Guards this isolate. @param maxBytes of all its memories together @boot */
export function limitWasmMemory(maxBytes: number): void {
  measureHeld(measure);
  const refuse = (bytes: number) => {
    throw new NativeRangeError(`Cannot have ${bytes} bytes of WebAssembly memory: the app may hold ${maxBytes}`);
  };
  replaceConstructor("Memory", (target, given, newTarget) => {
    // The native one reads and checks the descriptor; what it reserves takes no memory until it is written to.
    const memory = construct(target, given, newTarget) as object;
    const bytes = measure() + (sizeOf(memory) ?? 0);
    if (bytes > maxBytes) refuse(bytes);
    watch(memory);
    return memory;
  });
  replaceConstructor("Instance", (target, given, newTarget) => {
    const instance = construct(target, given, newTarget) as object;
    watchExports(instance);
    return instance;
  });
  replaceMethod(WebAssembly.Memory.prototype, "grow", (native) =>
    function grow(this: unknown, ...given: unknown[]) {
      const pages = given[0];
      if (typeof pages === "number" && pages <= MAX_PAGES && measure() + pages * PAGE_BYTES > maxBytes) {
        refuse(measure() + pages * PAGE_BYTES);
      }
      return apply(native, this, given);
    });
  for (const name of ["instantiate", "instantiateStreaming"]) {
    replaceMethod(WebAssembly, name, (native) =>
      ({
        instantiate(this: unknown, ...given: unknown[]) {
          const promise = apply(native, this, given);
          // First in line: it is watched before the app hears of it. Of a module it is the instance, else beside one.
          const seen = (result: { instance?: unknown }) => {
            watchExports(result);
            watchExports(getOwnPropertyDescriptor(result, "instance")?.value);
          };
          promiseThen(promise as Promise<{ instance?: unknown }>, seen, () => {});
          return promise;
        },
      }).instantiate);
  }
}

type Construction = (target: () => void, given: unknown[], newTarget: () => void) => object;

/** @boot */
function replaceConstructor(name: "Memory" | "Instance", run: Construction): void {
  const Native = WebAssembly[name];
  const Limited = new Proxy(Native, { __proto__: null, construct: run } as unknown as ProxyHandler<typeof Native>);
  defineProperty(Native.prototype, "constructor", { value: Limited, writable: true, configurable: true });
  defineProperty(WebAssembly, name, { value: Limited, writable: true, configurable: true });
}

/** @boot */
function replaceMethod(holder: object, name: string, make: (native: Method) => Method): void {
  const descriptor = getOwnPropertyDescriptor(holder, name);
  if (descriptor === undefined) return;
  const native = descriptor.value as Method;
  const replaced = make(native);
  defineProperty(replaced, "length", { value: native.length, configurable: true });
  defineProperty(replaced, "name", { value: name, configurable: true });
  defineProperty(holder, name, { ...descriptor, value: replaced });
}
