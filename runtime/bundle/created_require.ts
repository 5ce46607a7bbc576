/** Lets the bundler see what a module requires by a `require` that it made for itself. */

const IMPORTED = /\bcreateRequire(?:\s+as\s+([\w$]+))?\s*[,}]/;
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

function escaped(name: string): string {
  return name.replaceAll("$", "\\$");
}
