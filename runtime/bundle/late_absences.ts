/** What a package imports by a statement and nobody installed: told at once where the app begins with it, else at run time. */
import type { Metafile } from "esbuild";
import { ABSENT } from "./stand_ins.ts";

/** Of one build. */
export interface LateAbsences {
  /** Whether such a statement fails the build. */
  isStrict: boolean;
}

/**
 * Whether an app loads such a statement while it starts: by statements and by calls of `require`, from the entry on.
 * What is behind an `import()` alone (ink's `devtools.js`) is the matter of whoever calls it, as in Node.
 */
export function loadsAbsent({ inputs, outputs }: Metafile): boolean {
  // A set gives what is added while it is gone through.
  const seen = new Set(Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []));
  for (const name of seen) {
    for (const { path, kind } of inputs[name]?.imports ?? []) {
      if (kind === "import-statement" && path.startsWith(`${ABSENT}:`)) return true;
      if (kind === "import-statement" || kind === "require-call") seen.add(path);
    }
  }
  return false;
}
