/** Writes the JavaScript module that an import of a `.wasm` file means. */

import { wasmInterface } from "./wasm_interface.ts";

/** A `.wasm` file to import. */
export interface WasmSource {
  /** A specifier that gives the file's bytes when it is imported as such. */
  readonly specifier: string;
  readonly bytes: Uint8Array;
  /** Whether a module that the file imports can be imported. */
  readonly canImport: (specifier: string) => Promise<boolean>;
}

/**
 * Writes it: the default export is the WebAssembly.Module, as on Cloudflare Workers; the named ones are the exports of
 * an instance, as in Deno and https://webassembly.github.io/esm-integration/. What is not imported is never made: the
 * bundler drops an instance that nobody uses.
 *
 * @returns The module, and the modules whose absence keeps it from having named exports.
 * @throws {TypeError} When the bytes are no WebAssembly module.
 */
export async function wasmModule(wasm: WasmSource): Promise<{ code: string; missing: readonly string[] }> {
  const { imports, exports } = wasmInterface(wasm.bytes);
  const missing: string[] = [];
  for (const name of imports) if (!(await wasm.canImport(name))) missing.push(name);
  const lines = [
    `import bytes from ${JSON.stringify(wasm.specifier)} with { type: "bytes" };`,
    `const module = /* @__PURE__ */ new WebAssembly.Module(bytes);`,
    `export { module as default };`,
  ];
  // "default" is the module already.
  const names = exports.filter((name) => name !== "default");
  if (missing.length > 0 || names.length === 0) return { code: lines.join("\n"), missing };
  imports.forEach((name, index) => lines.push(`import * as import${index} from ${JSON.stringify(name)};`));
  const given = imports.map((name, index) => `[${JSON.stringify(name)}]: import${index}`).join(", ");
  lines.push(`const instance = /* @__PURE__ */ new WebAssembly.Instance(module, { ${given} });`);
  lines.push(`function get(name) {`, `  const value = instance.exports[name];`);
  // The standard has the value of a global here, not the object around it.
  lines.push(`  return value instanceof WebAssembly.Global ? value.value : value;`, `}`);
  names.forEach((name, index) => {
    lines.push(`const export${index} = /* @__PURE__ */ get(${JSON.stringify(name)});`);
    lines.push(`export { export${index} as ${JSON.stringify(name)} };`);
  });
  return { code: lines.join("\n"), missing };
}
