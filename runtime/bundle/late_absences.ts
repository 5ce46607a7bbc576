/** What a package imports by a statement and nobody installed: told at once where the app begins with it, else at run time. */
import type { Metafile } from "esbuild";
import { join } from "node:path";

/** Of one build. */
export interface LateAbsences {
  /** Files of packages whose statements import what is not installed, by absolute path. */
  readonly importers: Set<string>;
  /** Whether such a statement fails the build. */
  isStrict: boolean;
}

/**
 * Whether an app loads one of them while it starts: by statements and by calls of `require`, from the entry on. What is
 * behind an `import()` alone (ink's `devtools.js`) is the matter of whoever calls it, as in Node.
 *
 * @param root the folder that names in the metafile begin in
 */
export function loadsAtStart(
  { inputs, outputs }: Metafile,
  { root, files }: { root: string; files: ReadonlySet<string> },
): boolean {
  const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []);
  const seen = new Set(entries);
  // A set gives what is added while it is gone through.
  for (const name of seen) {
    const input = inputs[name];
    // The way from an entry of which nothing is known may lead there.
    if (input === undefined ? entries.includes(name) : files.has(join(root, name))) return true;
    for (const { path, kind } of input?.imports ?? []) {
      if (kind === "import-statement" || kind === "require-call") seen.add(path);
    }
  }
  return false;
}
