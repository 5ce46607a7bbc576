/** Lets the bundler see what a module requires by a `require` that it made for itself. */

const IMPORTED = /\bcreateRequire(?:\s+as\s+([\w$]+))?\s*[,}]/;
/** Of bundlers: a chunk makes the `require` of all the others (rolldown's, tsup's). */
const SHARED = /\bimport\s*\{[^{}]*\b__require\b[^{}]*\}\s*from\s*["']\.{1,2}\//;
const SHARED_CALL = /(?<![.\w$])__require(?=\(\s*(?:"[^"\n]+"|'[^'\n]+')\s*\))/g;
/** How wasm-bindgen names what stands beside it. */
const RAW_NAME = /(?<![.\w$])require\(\s*String\.raw`([^`$\\\n]+)`\s*\)/g;
/** Stands for a made one that has the name of CommonJS's own. */
const RENAMED = "__nanoCreatedRequire";

/**
 * The text of a module in which `createRequire(import.meta.url)("name")` is a `require("name")`, as bundlers know it.
 * What only run time knows is still asked of the `require` that was made.
 */
export function withPlainRequires(text: string): string {
  const imported = IMPORTED.exec(text);
  if (imported === null) return text;
  const maker = escaped(imported[1] ?? "createRequire");
  const made = new RegExp(`\\b(?:const|let|var)\\s+([\\w$]+)\\s*=\\s*${maker}\\(\\s*import\\.meta\\.url\\s*\\)`).exec(
    text,
  );
  if (made === null) return text;
  const name = made[1]!;
  const call = new RegExp(`(?<![.\\w$])${escaped(name)}(?=\\(\\s*(?:"[^"\\n]+"|'[^'\\n]+')\\s*\\))`, "g");
  if (name !== "require") return text.replace(call, "require");
  // Where it has the name itself, all but these calls get another
  return text.replace(/(?<![.\w$])require(?![\w$])(?!\(\s*(?:"[^"\n]+"|'[^'\n]+')\s*\))/g, RENAMED);
}

/** The text of a module that requires by a known name in a way that bundlers do not see. */
export function withSeenRequires(text: string): string {
  const named = text.includes("String.raw")
    ? text.replace(RAW_NAME, (_, name) => `require(${JSON.stringify(name)})`)
    : text;
  return named.includes("__require") && SHARED.test(named) ? named.replace(SHARED_CALL, "require") : named;
}

function escaped(name: string): string {
  return name.replaceAll("$", "\\$");
}
