/** Puts the test files of a folder into one module, so that they run in one realm. */
import { REPO, sourceFiles } from "./repo.ts";

/** Whether `deno test` takes a file for tests: those of the repo are all named so. */
export function isTestFile(path: string): boolean {
  return /_test\.tsx?$/.test(path);
}

/** Folders whose test files share realms: one for each folder in `tests/unit/`, or for the folder itself. */
const SHARING = [
  "tests/unit/",
  "tests/dashboard/",
  ...["admin", "dev", "door", "frameworks", "operate", "standards"].map((name) => `tests/integration/${name}/`),
];
/** Of code that belongs to the realm of an app, which it changes: each test file has one to itself. */
const APART = ["tests/unit/isolate/", "tests/unit/node/"];

/**
 * Writes modules that import the test files of a part of the suite which may share a realm. In one of its own each of
 * 505 files loads and evaluates most of NANO, and without V8's code cache, which `deno test` does not use: 0.6 s of CPU a
 * file, of 30 s that the 31 files of `tests/unit/admin/` took 18. Those that start NANO as a process load less: the 12
 * of `tests/dashboard/` took 13 s for it, the 145 of `tests/integration/` 50 (its 11 of `admin/` 4.2, together 0.2).
 *
 * @param part test files and folders, by paths from the root of the repo
 * @param into folder for the modules
 * @returns their paths, and those of files that have a realm each
 */
export async function folderModules(part: readonly string[], into: string): Promise<string[]> {
  const modules = new Map<string, string>();
  const paths: string[] = [];
  for (const path of part) {
    const files = isTestFile(path) ? [path] : (await sourceFiles(path)).filter(isTestFile);
    for (const file of files) {
      const isIn = (folder: string) => file.startsWith(folder);
      if (!SHARING.some(isIn) || APART.some(isIn)) {
        paths.push(file);
        continue;
      }
      const name = file.split("/").slice(0, -1).slice(0, 3).join("_");
      modules.set(name, `${modules.get(name) ?? ""}import ${JSON.stringify(new URL(file, REPO).href)};\n`);
    }
  }
  for (const [name, text] of modules) {
    const path = `${into}/${name}_test.ts`;
    await Deno.writeTextFile(path, text);
    paths.push(path);
  }
  return paths;
}
