/** Quotas on what an app holds outside its heap and the heap cap does not see. */
import { limitBuffers } from "./buffer_limits.ts";
import { limitWasmMemory } from "./wasm_memory.ts";
import { limitWasmStacks } from "./wasm_stacks.ts";

/** Guards buffers and WebAssembly memory of this isolate. */
export function limitExternalMemory(externalBytes: number): void {
  limitBuffers(externalBytes);
  limitWasmMemory(externalBytes);
  limitWasmStacks();
}
