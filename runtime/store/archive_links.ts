/** Finds out where the links of an archive lead, before any is made: inside the app's folder, or nowhere. */
import { dirname } from "node:path";
import { refusedEntry } from "./entry_path.ts";
import { UNPACK_LIMITS } from "./unpack_limits.ts";

/** As in the kernel: more links than this on one way are a circle. */
const MAX_LINKS = 40;

/** What stands under a path of an archive. */
export type EntryKind = "file" | "folder" | "link";

/** A link as the archive has it. */
export interface ArchiveLink {
  /** The entry's name, for messages. */
  readonly name: string;
  /** A hard link's target starts at the archive's root, a symbolic one's beside the link. */
  readonly kind: "symbolic" | "hard";
  readonly target: string;
}

// deno-lint-ignore no-control-regex -- they are what is looked for
const ODD_TARGET = /[\u0000-\u001f\u007f-\u009f\\]|^[A-Za-z]:/;

/** The links of one archive. */
export class ArchiveLinks {
  readonly #links = new Map<string, ArchiveLink>();
  readonly #kinds: ReadonlyMap<string, EntryKind>;

  /** @param kinds all entries by path; it may still grow */
  constructor(kinds: ReadonlyMap<string, EntryKind>) {
    this.#kinds = kinds;
  }

  /** @throws {NanoError} USAGE for a target that can lead nowhere inside */
  add(path: string, link: ArchiveLink): void {
    const { name, kind, target } = link;
    const what = kind === "hard" ? "a hard link" : "a symbolic link";
    if (target === "") throw refusedEntry(name, `it is ${what} without a target`);
    if (target.length > UNPACK_LIMITS.maxPathBytes || ODD_TARGET.test(target)) {
      throw refusedEntry(name, `it is ${what} whose target is no path of the archive`);
    }
    if (target.startsWith("/")) throw refusedEntry(name, `it is ${what} to an absolute path`);
    this.#links.set(path, link);
  }

  get paths(): Iterable<string> {
    return this.#links.keys();
  }

  /** @param path of a link */
  get(path: string): ArchiveLink {
    return this.#links.get(path)!;
  }

  /**
   * Where a link leads in the end, through all others.
   * @param root the app's folder in the archive, or ""
   * @returns a path of the archive, or null when nothing is there
   * @throws {NanoError} USAGE when it leads out of the app's folder, in a circle, or to a folder that it lies in
   */
  resolve(path: string, root: string): string | null {
    const { name, kind, target } = this.get(path);
    const what = kind === "hard" ? "a hard link" : "a symbolic link";
    let at: string[] = kind === "hard" ? [] : parts(dirname(path));
    let left = parts(target);
    const depth = parts(root).length;
    for (let links = 0; left.length > 0;) {
      const [next, ...rest] = left as [string, ...string[]];
      left = rest;
      if (next === "..") {
        if (at.length <= depth || kind === "hard") {
          throw refusedEntry(name, `it is ${what} that leads out of the folder`);
        }
        at = at.slice(0, -1);
        continue;
      }
      const here = [...at, next].join("/");
      const found = this.#kinds.get(here);
      if (found === undefined || (found === "file" && left.length > 0)) return null;
      if (found !== "link") {
        at = [...at, next];
        continue;
      }
      if (++links > MAX_LINKS) throw refusedEntry(name, `it is ${what} that leads in a circle`);
      const other = this.get(here);
      if (other.kind === "hard") at = [];
      left = [...parts(other.target), ...left];
    }
    const end = at.join("/");
    if (end === "" || path.startsWith(`${end}/`)) throw refusedEntry(name, `it is ${what} to a folder that it lies in`);
    return end;
  }
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
