/** A quota on what an app holds outside its heap and the heap cap does not see: WebAssembly memory. */

const WASM_PAGE_BYTES = 64 * 1024;

// The quota runs while the app runs: it may only use what the app cannot replace.
const { construct } = Reflect;
const { defineProperty } = Object;

/** Guards WebAssembly.Memory of this isolate. */
export function limitExternalMemory(externalBytes: number): void {
  limitWasmMemory(Math.floor(externalBytes / WASM_PAGE_BYTES));
}

function limitWasmMemory(maxPages: number): void {
  const Native = WebAssembly.Memory;
  const NativeNumber = Number;
  const { min } = Math;
  const Limited = new Proxy(Native, {
    construct(target, [given], newTarget) {
      const wanted = { ...Object(given) as WebAssembly.MemoryDescriptor };
      const initial = NativeNumber(wanted.initial);
      if (initial > maxPages) {
        throw new RangeError(`Cannot create a WebAssembly.Memory of ${initial} pages: the app may hold ${maxPages}`);
      }
      const maximum = min(wanted.maximum === undefined ? maxPages : NativeNumber(wanted.maximum), maxPages);
      return construct(target, [{ ...wanted, initial, maximum }], newTarget);
    },
  });
  defineProperty(Native.prototype, "constructor", { value: Limited, writable: true, configurable: true });
  defineProperty(WebAssembly, "Memory", { value: Limited, writable: true, configurable: true });
}
