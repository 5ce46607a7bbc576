/** What `import()` finds by a name that only run time knows: the app's own files and its packages, as `require` does. */
import { dirname } from "node:path";
import { appPath } from "./app_files.ts";

/** Stands for `import` in the code of such calls. */
const NAME = "__nanoImport";
/** What may stand before a name. */
const SKIP = String.raw`(?:\s|/\*[^]*?\*/)*`;
/**
 * Not a text, whose file esbuild finds by itself (and, of one that begins with "./", its folder's); not a method of the
 * name, whose types stand in no comment, and not `import(${x})` within a text.
 */
const COMPUTED = new RegExp(
  String
    .raw`(?<![.\w$])import\((?![^()]*\)\s*\{|[^()?*]*\w\s*\??:[^()*]*\)\s*[:;])(?=${SKIP}(?:[^\s"'\`)$/]|\$(?!\{)|` +
    String.raw`\`(?!\.\.?/)[^\`$\n]*\$\{|(["'])(?!\.\.?/)[^"'\n]*\1\s*\+))`,
  "g",
);

/** Source of where it looks: functions by the names of packages, and by paths that begin at the app's folder. */
export const IMPORTABLE = `globalThis[Symbol.for("nano.importable")]`;

/** Whether a bundle asks for names that it does not know. */
export function importsComputed(code: string): boolean {
  return code.includes(`${NAME}(`);
}

/** The text of a module whose `import(name)` finds what the bundle holds. */
export function withRunTimeImports(text: string, { root, path }: { root: string; path: string }): string {
  if (!text.includes("import(")) return text;
  const call = `${NAME}(${JSON.stringify(dirname(appPath(root, path)))}, `;
  return text.replace(COMPUTED, (found, ...rest) => {
    const at = rest.find((one) => typeof one === "number") as number;
    return isQuoted(text.slice(0, at)) ? found : call;
  });
}

/** Whether a place lies in a text, which is nobody's code here: its line has an open quote, or the file a template. */
function isQuoted(before: string): boolean {
  const line = before.slice(before.lastIndexOf("\n") + 1).replace(/\\./g, "");
  if (/["'`]/.test(line.replace(/"[^"]*"|'[^']*'|`[^`]*`/g, ""))) return true;
  return (before.replace(/\\./gs, "").match(/`/g)?.length ?? 0) % 2 === 1;
}

/**
 * Names are those of packages, paths, and URLs as `pathToFileURL` and `import.meta.url` make them. JSON is read. All
 * else is asked of the isolate, which has the modules of Node, or tells why not.
 */
const IMPORT = `const ${NAME} = async (folder, name, options) => { const text = String(name); ` +
  `const pathname = /^(?:app|file):\\/\\//.test(text) ? decodeURIComponent(new URL(text).pathname) : ` +
  `text.startsWith("/") ? text.replace(/\\/{2,}/g, "/") : /^\\.\\.?\\//.test(text) ? new URL(text, "file://" + folder + "/").pathname : null; ` +
  `const found = ${IMPORTABLE}?.[pathname ?? text]; if (found !== undefined) return found(); ` +
  `const fs = pathname === null ? undefined : globalThis.process?.getBuiltinModule?.("node:fs"); ` +
  `if (fs?.existsSync(pathname)) { ` +
  `if (pathname.endsWith(".json")) return { default: JSON.parse(fs.readFileSync(pathname, "utf8")) }; ` +
  `throw Object.assign(new Error("Cannot import \\"" + pathname + "\\": a file that only run time names is found when ` +
  `its folder stands in the code, as in import(\`./pages/\${name}.ts\`) or join(import.meta.dirname, \\"routes\\")"), ` +
  `{ code: "ERR_MODULE_NOT_FOUND" }); } ` +
  `return options === undefined ? import(text) : import(text, options); };`;

/** Completes a module that esbuild wrote. No line moves. */
export function completeImports(code: string): string {
  return importsComputed(code) ? IMPORT + code : code;
}
