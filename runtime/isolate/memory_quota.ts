/** Quotas on what an app holds outside its heap and the heap cap does not see: Blob data and WebAssembly memory. */

const WASM_PAGE_BYTES = 64 * 1024;

/**
 * Guards Blob, File and WebAssembly.Memory of this isolate. Blob data outlives a killed isolate in Deno 2.9,
 * for the life of the process, so it gets an eighth of the allowance only.
 */
export function limitExternalMemory(externalBytes: number): void {
  limitBlobs(externalBytes / 8);
  limitWasmMemory(Math.floor(externalBytes / WASM_PAGE_BYTES));
}

function limitBlobs(quotaBytes: number): void {
  let held = 0;
  const freed = new FinalizationRegistry<number>((bytes) => held -= bytes);
  const sizeOf = Object.getOwnPropertyDescriptor(Blob.prototype, "size")!.get!;
  const register = freed.register.bind(freed);
  const sizeOfPart = (part: unknown): number => {
    if (typeof part === "string") return part.length;
    if (part instanceof Blob) return 0; // shares its bytes with the new blob
    const bytes = (part as { byteLength?: unknown } | null)?.byteLength;
    return typeof bytes === "number" ? bytes : 0;
  };
  for (const name of ["Blob", "File"] as const) {
    const Native = globalThis[name];
    const Limited = new Proxy(Native, {
      construct(target, given, newTarget) {
        let asked = 0;
        const parts = given[0];
        if (parts !== null && typeof parts === "object" && Symbol.iterator in parts) {
          given[0] = [...parts as Iterable<unknown>];
          for (const part of given[0]) asked += sizeOfPart(part);
        }
        if (held + asked > quotaBytes) {
          throw new RangeError(`Cannot create a ${name}: the app may hold ${quotaBytes} bytes of blob data`);
        }
        const blob = Reflect.construct(target, given, newTarget) as Blob;
        const bytes = Reflect.apply(sizeOf, blob, []) as number;
        held += bytes;
        register(blob, bytes);
        return blob;
      },
    });
    Object.defineProperty(Native.prototype, "constructor", { value: Limited, writable: true, configurable: true });
    Object.defineProperty(globalThis, name, { value: Limited, writable: true, configurable: true, enumerable: false });
  }
}

function limitWasmMemory(maxPages: number): void {
  const Native = WebAssembly.Memory;
  const Limited = new Proxy(Native, {
    construct(target, [given], newTarget) {
      const wanted = Object(given) as WebAssembly.MemoryDescriptor;
      const initial = Number(wanted.initial);
      if (initial > maxPages) {
        throw new RangeError(`Cannot create a WebAssembly.Memory of ${initial} pages: the app may hold ${maxPages}`);
      }
      const maximum = Math.min(wanted.maximum === undefined ? maxPages : Number(wanted.maximum), maxPages);
      return Reflect.construct(target, [{ ...wanted, maximum }], newTarget);
    },
  });
  Object.defineProperty(Native.prototype, "constructor", { value: Limited, writable: true, configurable: true });
  Object.defineProperty(WebAssembly, "Memory", { value: Limited, writable: true, configurable: true });
}
