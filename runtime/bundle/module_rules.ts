/** Which files are modules of which kind, by the globs of a Workers project. */
import { basename } from "node:path";
import type { ModuleRule } from "../config/project_build.ts";
import { NanoError } from "../errors.ts";

/** A pattern with n of them takes the n-th power of a path's length to fail, and the app has written both. */
const MAX_WILDCARDS = 2;
const MAX_GLOB_CHARS = 200;
const MAX_GLOBS = 100;

/**
 * Makes rules ready for use.
 * @returns the kind of a file, by its path from the app's folder
 * @throws {NanoError} APP_FAILED for a glob that would cost too much
 */
export function moduleRules(rules: readonly ModuleRule[]): (path: string) => ModuleRule["type"] | null {
  const globs = rules.flatMap(({ type, globs }) =>
    globs.flatMap((glob) => alternatives(glob).map((one) => ({ type, test: matcher(one) })))
  );
  if (globs.length > MAX_GLOBS) throw new NanoError("APP_FAILED", `"rules" have more than ${MAX_GLOBS} globs`);
  return (path) => globs.find(({ test }) => test(path))?.type ?? null;
}

/** `*.{txt,md}` as `*.txt` and `*.md`; one pair of braces is enough for endings. */
function alternatives(glob: string): string[] {
  const [, before, inner, after] = /^([^{]*)\{([^{}]*)\}(.*)$/.exec(glob) ?? [];
  return inner === undefined ? [glob] : inner.split(",").map((one) => before + one + after);
}

function matcher(glob: string): (path: string) => boolean {
  const plain = glob.replace(/^\.\//, "");
  const wildcards = plain.match(/\*+/g)?.length ?? 0;
  if (plain.length > MAX_GLOB_CHARS || wildcards > MAX_WILDCARDS) {
    throw new NanoError(
      "APP_FAILED",
      `Glob ${
        JSON.stringify(glob)
      } of "rules" has more than ${MAX_WILDCARDS} wildcards or ${MAX_GLOB_CHARS} characters`,
    );
  }
  const source = plain.split(/(\*\*\/|\*\*|\*|\?)/).map((part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    return part === "*" ? "[^/]*" : part === "?" ? "[^/]" : RegExp.escape(part);
  }).join("");
  const expression = new RegExp(`^${source}$`);
  // Wrangler compares what is imported ("./a.txt"), where a name alone may stand for any folder.
  return (path) => expression.test(path) || (!plain.includes("/") && expression.test(basename(path)));
}
