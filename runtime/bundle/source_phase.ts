/** Imports of WebAssembly by source phase, as Deno and V8 have them: esbuild reads them and bundles none. */

const STATEMENT = /^([ \t]*)import\s+source\s+([\w$]+)\s+from(\s*["'][^"'\n]+\.wasm["'])/gm;
const CALL = /(?<![.\w$])import\.source\((\s*["'][^"'\n]+\.wasm["']\s*)\)/g;

/** The same module by an ordinary import, whose default it is. */
export function withoutSourcePhase(text: string): string {
  if (!/\bimport(?:\s+|\.)source\b/.test(text)) return text;
  return text.replace(STATEMENT, "$1import $2 from$3").replace(CALL, "import($1).then((wasm) => wasm.default)");
}
