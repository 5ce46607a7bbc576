/** Adds HTMLRewriter to the modules of an app that names it: html-rewriter-wasm, and our class over it. */
import { fileURLToPath } from "node:url";
import { HTML_REWRITER_URL } from "../protocol/messages.ts";
import { NanoError } from "../errors.ts";
import { esbuildService } from "./esbuild_service.ts";
import { urlModules } from "./url_modules.ts";

const CLASS = new URL("../node/html/html_rewriter.ts", import.meta.url);
const NAMED = /\bHTMLRewriter\b/;
const MAP_LINE = "\n//# sourceMappingURL=";

let text: Promise<string> | null = null;

/** The bundle with it; the same bundle where the app does not name it, which then pays nothing for it. */
export async function withHtmlRewriter<Bundle extends { readonly modules: Readonly<Record<string, string>> }>(
  bundle: Bundle,
): Promise<Bundle> {
  if (!Object.values(bundle.modules).some(namesIt)) return bundle;
  text ??= readRewriter().catch((error) => {
    text = null;
    throw error;
  });
  return { ...bundle, modules: { ...bundle.modules, [HTML_REWRITER_URL]: await text } };
}

function namesIt(code: string): boolean {
  const map = code.lastIndexOf(MAP_LINE);
  return NAMED.test(map === -1 ? code : code.slice(0, map));
}

async function readRewriter(): Promise<string> {
  const [ours, glue, asyncify, wasm] = await Promise.all([
    readClass(),
    readGlue(),
    Deno.readTextFile(pathOf("asyncify.js")),
    Deno.readFile(pathOf("html_rewriter_bg.wasm")),
  ]);
  return `${ours}
export const wasm = "${wasm.toBase64()}";
export function makeEngine(wasmModule) {
const assert = (ok) => { if (!ok) throw new Error("HTMLRewriter is in the midst of something"); };
assert.strictEqual = (one, other) => assert(one === other);
const textOf = (content) => {
  if (content instanceof ReadableStream || content instanceof Response) {
    throw new TypeError("Cannot insert a stream with HTMLRewriter: content is text");
  }
  return String(content);
};
const { awaitPromise, setWasmExports, wrap } = (() => {
const module = { exports: {} };
${without(asyncify, 'const assert = require("assert");')}
return module.exports;
})();
const module = { exports: {} };
${glueOf(glue)}
wasm = new WebAssembly.Instance(wasmModule, imports).exports;
setWasmExports(wasm);
takeStreams(module.exports);
return module.exports;
}
`;
}

async function readClass(): Promise<string> {
  const { outputFiles } = await esbuildService.build({
    entryPoints: [{ in: CLASS.href, out: "html_rewriter" }],
    outdir: "/",
    absWorkingDir: "/",
    write: false,
    bundle: true,
    format: "esm",
    target: "esnext",
    platform: "neutral",
    keepNames: true,
    charset: "utf8",
    legalComments: "none",
    logLevel: "silent",
    tsconfigRaw: {},
    plugins: [urlModules({ packageUrl: (specifier) => import.meta.resolve(specifier) })],
  });
  return outputFiles[0]!.text;
}

/** Imported, so that a compiled binary has the package. */
async function readGlue(): Promise<string> {
  const module: { default?: unknown } = await import("html-rewriter-wasm", { with: { type: "text" } });
  if (typeof module.default !== "string") throw new TypeError("html-rewriter-wasm did not come as text");
  return module.default;
}

function pathOf(file: string): string {
  return fileURLToPath(import.meta.resolve(`html-rewriter-wasm/dist/${file}`));
}

/** What is written for Node reads its WebAssembly from a file, and makes one instance of it for all. */
function glueOf(glue: string): string {
  const end = glue.indexOf("const path = require('path')");
  if (end === -1) throw changed();
  const asked = "const { awaitPromise, setWasmExports, wrap } = require(String.raw`./asyncify.js`);";
  const util = "const { TextDecoder, TextEncoder } = require(String.raw`util`);";
  const takesText = "function passStringToWasm0(arg, malloc, realloc) {";
  const code = without(without(glue.slice(0, end), asked), util);
  if (!code.includes(takesText)) throw changed();
  // It takes whatever it is given for a text, and writes beside its memory then.
  return code.replace(takesText, `${takesText}\narg = textOf(arg);`);
}

function without(code: string, line: string): string {
  if (!code.includes(line)) throw changed();
  return code.replace(line, "");
}

function changed(): NanoError {
  return new NanoError("INTERNAL", "Cannot take html-rewriter-wasm apart: it is another version than the one known");
}
