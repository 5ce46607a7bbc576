/** What .gitignore and .nanoignore leave out of a deploy. */
import ignore, { type Ignore } from "ignore";
import { dirname, join, relative, sep } from "node:path";

/** The rules of one folder; paths are relative to it. */
interface FolderRules {
  readonly folder: string;
  /** .gitignore and then .nanoignore, so that the latter wins, also with a negation. */
  readonly both: Ignore;
  readonly own: Ignore;
}

/** Rules in force in a folder: those of the folders above it, and its own. */
export class IgnoreRules {
  readonly #levels: readonly FolderRules[];

  private constructor(levels: readonly FolderRules[]) {
    this.#levels = levels;
  }

  /**
   * The rules that folders above bring along: those of the repository that the folder lies in.
   * @param root absolute
   */
  static async above(root: string): Promise<IgnoreRules> {
    const folders: string[] = [];
    let isRepository = await isThere(join(root, ".git"));
    for (let at = root; !isRepository && dirname(at) !== at;) {
      at = dirname(at);
      folders.unshift(at);
      isRepository = await isThere(join(at, ".git"));
    }
    let rules = new IgnoreRules([]);
    for (const folder of isRepository ? folders : []) rules = await rules.below(folder);
    // Who names a folder wants it, also where the repository ignores it: a build, for one.
    return rules.leavesOut(root, { isFolder: true, ownOnly: false }) ? new IgnoreRules([]) : rules;
  }

  /** With the rules of a folder. @param folder absolute */
  async below(folder: string): Promise<IgnoreRules> {
    const [git, own] = await Promise.all([".gitignore", ".nanoignore"].map((name) => textOf(join(folder, name))));
    if (git === "" && own === "") return this;
    const rules = { folder, both: ignore().add(git!).add(own!), own: ignore().add(own!) };
    return new IgnoreRules([...this.#levels, rules]);
  }

  /**
   * Whether a file or folder is left out; the innermost rule that says something about it counts.
   * @param path absolute
   * @param options.ownOnly asks .nanoignore alone
   */
  leavesOut(path: string, { isFolder, ownOnly }: { isFolder: boolean; ownOnly: boolean }): boolean {
    let isOut = false;
    for (const { folder, both, own } of this.#levels) {
      const name = relative(folder, path).split(sep).join("/");
      if (name === "" || name.startsWith("../")) continue;
      const { ignored, unignored } = (ownOnly ? own : both).test(isFolder ? `${name}/` : name);
      if (ignored) isOut = true;
      else if (unignored) isOut = false;
    }
    return isOut;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.IsADirectory) return "";
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
