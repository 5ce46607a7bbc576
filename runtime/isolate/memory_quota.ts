/** Quotas on what an app holds outside its heap and the heap cap does not see. */
import { limitBuffers } from "./buffer_limits.ts";
import { limitWasmMemory } from "./wasm_memory.ts";

// The quotas run while the app runs: they may only use what the app cannot replace.
const { apply, construct } = Reflect;
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const { isPrototypeOf } = Object.prototype;
const { iterator } = Symbol;
const { then } = Promise.prototype;
const NativeUint8Array = Uint8Array;
const NativeResponse = Response;
const byteLengthOf = getOwnPropertyDescriptor(getPrototypeOf(Uint8Array.prototype), "byteLength")!.get!;
const { get: getHeader } = Headers.prototype;
const { forEach } = FormData.prototype;
const { formData: makeForm } = Response.prototype as unknown as { formData: Method };

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Guards Blob, File, buffers and WebAssembly memory of this isolate. Blob data outlives a killed isolate in Deno 2.9,
 * for the life of the process, so it gets an eighth of the allowance only.
 */
export function limitExternalMemory(externalBytes: number): void {
  limitBlobs(externalBytes / 8);
  limitBuffers(externalBytes);
  limitWasmMemory(externalBytes);
}

/** Counts blob data by the size that Deno itself keeps; every way to make a blob passes through `charge`. */
function limitBlobs(quotaBytes: number): void {
  const NativeBlob = Blob;
  const blobPrototype = NativeBlob.prototype;
  const sizeOf = getOwnPropertyDescriptor(blobPrototype, "size")!.get!;
  let held = 0;
  const freed = new FinalizationRegistry<number>((bytes) => held -= bytes);
  const register = freed.register.bind(freed);
  const isBlob = (value: unknown): value is Blob => apply(isPrototypeOf, blobPrototype, [value]) as boolean;

  const refuseBeyond = (bytes: number) => {
    if (held + bytes <= quotaBytes) return;
    throw new RangeError(`Cannot create a Blob: the app may hold ${quotaBytes} bytes of blob data`);
  };
  const charge = <T>(blob: T): T => {
    const bytes = apply(sizeOf, blob, []) as number;
    held += bytes;
    register(blob as object, bytes);
    return blob;
  };
  const sizeOfPart = (part: unknown): number => {
    if (typeof part === "string") return part.length;
    // A blob in a blob shares its bytes, but they live on when the first one is let go.
    if (isBlob(part)) return apply(sizeOf, part, []) as number;
    const bytes = (part as { byteLength?: unknown } | null)?.byteLength;
    return typeof bytes === "number" && bytes > 0 ? bytes : 0;
  };
  const construction: ProxyHandler<typeof Blob> = {
    construct(target, given, newTarget) {
      const parts = given[0];
      const list: unknown[] = [];
      let asked = 0;
      if (parts !== null && (typeof parts === "object" || typeof parts === "function") && iterator in parts) {
        for (const part of parts as Iterable<unknown>) {
          // Defined, not assigned: a setter that the app put on Array.prototype must not see the list.
          defineProperty(list, list.length, { value: part, writable: true, enumerable: true, configurable: true });
          asked += sizeOfPart(part);
        }
        refuseBeyond(asked);
        defineProperty(list, iterator, { value: values });
        given = given.length > 1 ? [list, given[1], given[2]] : [list];
      }
      return charge(construct(target, given, newTarget)) as object;
    },
  };
  const limited: Record<string, unknown> = {};
  for (const name of ["Blob", "File"] as const) {
    const Native = globalThis[name];
    const Limited = limited[name] = new Proxy(Native, construction as ProxyHandler<typeof Native>);
    defineProperty(Native.prototype, "constructor", { value: Limited, writable: true, configurable: true });
    defineProperty(globalThis, name, { value: Limited, writable: true, configurable: true, enumerable: false });
  }
  // File's native prototype is the native Blob, which would be a way around.
  Object.setPrototypeOf(File, limited.Blob as object);

  wrap(blobPrototype, "slice", (native) =>
    function slice(this: unknown, ...given: unknown[]) {
      return charge(apply(native, this, given));
    });
  // Response.blob() and Request.blob() make theirs by way of globalThis.Blob; formData() makes files behind everybody.
  for (const prototype of [Response.prototype, Request.prototype]) limitForms(prototype);

  function limitForms(prototype: object): void {
    const read = (prototype as unknown as { arrayBuffer: Method }).arrayBuffer;
    const headersOf = getOwnPropertyDescriptor(prototype, "headers")!.get!;
    wrap(prototype, "formData", () =>
      function formData(this: unknown) {
        const type = apply(getHeader, apply(headersOf, this, []), ["content-type"]) as string | null;
        let reserved = 0;
        const release = () => held -= reserved;
        // Read whole first, so that its size is known, and reserved, before files are made of it.
        const form = apply(then, apply(read, this, []), [(bytes: ArrayBuffer) => {
          const size = apply(byteLengthOf, new NativeUint8Array(bytes), []) as number;
          refuseBeyond(size);
          held += reserved = size;
          return apply(makeForm, new NativeResponse(bytes, { headers: { "content-type": type ?? "" } }), []);
        }]);
        return apply(then, form, [
          (form: FormData) => {
            release();
            apply(forEach, form, [(value: unknown) => isBlob(value) && charge(value)]);
            return form;
          },
          (error: unknown) => {
            release();
            throw error;
          },
        ]);
      });
  }
}

/** An array's own iteration, out of the app's reach. */
function values(this: unknown[]): Iterator<unknown> {
  let at = 0;
  const next = () => at < this.length ? { done: false, value: this[at++] } : { done: true, value: undefined };
  return { next } as Iterator<unknown>;
}

/** Replaces a method, with its name and length. */
function wrap(holder: object, name: string, make: (native: Method) => Method): void {
  const native = (holder as Record<string, Method>)[name]!;
  const wrapped = make(native);
  defineProperty(wrapped, "length", { value: native.length, configurable: true });
  defineProperty(holder, name, { value: wrapped, writable: true, configurable: true, enumerable: true });
}
