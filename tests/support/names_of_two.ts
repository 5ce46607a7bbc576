/** Which exported names of the source tree stand for two things: whoever reads one must not have to ask which. */

const EXPORTED =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:function\*?|class|const|interface|type|enum) ([A-Za-z0-9_$]+)/gm;
/** Files that are found by their folder have the name that is looked for there. */
const BY_FOLDER: ReadonlySet<string> = new Set(["command", "commands"]);
/** Its modules export what Node and Deno call so, and each has one name by which it is put in place. */
const OTHERS_NAMES = "runtime/node/";

/** @param files each with its text @returns sentences, in the order of the files */
export function namesOfTwo(files: readonly (readonly [path: string, text: string])[]): string[] {
  const found = new Map<string, string>();
  const told: string[] = [];
  for (const [path, text] of files) {
    if (path.startsWith(OTHERS_NAMES)) continue;
    for (const name of new Set([...text.matchAll(EXPORTED)].map(([, name]) => name!))) {
      if (BY_FOLDER.has(name)) continue;
      const first = found.get(name);
      if (first === undefined) found.set(name, path);
      else told.push(`"${name}" is exported by ${first} and ${path}`);
    }
  }
  return told;
}
