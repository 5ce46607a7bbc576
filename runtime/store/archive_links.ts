/** Finds out where the links of an archive lead, before any is made: inside the app's folder, or nowhere. */
import { dirname } from "node:path";
import type { NanoError } from "../errors.ts";
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
  readonly #ends = new Map<string, LinkEnd>();
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
   * @param path of a link
   * @param root the app's folder in the archive, or ""; the same at every call
   * @returns a path of the archive, or null when nothing is there
   * @throws {NanoError} USAGE when it leads out of the app's folder, in a circle, or to a folder that it lies in
   */
  resolve(path: string, root: string): string | null {
    const { end } = this.#endOf(path, root);
    if (end === null) return null;
    if (end === "" || path.startsWith(`${end}/`)) {
      throw this.#refused(path, "to a folder that it lies in");
    }
    return end;
  }

  /**
   * The same, followed once: links that lead through links that do so as well would be followed a billion times.
   * @param before links on the way to this one
   */
  #endOf(path: string, root: string, before = 0): LinkEnd {
    const known = this.#ends.get(path);
    const links = known?.links ?? 1;
    if (before + links > MAX_LINKS) throw this.#refused(path, "that leads in a circle");
    if (known !== undefined) return known;
    const end = this.#follow(path, root, before + 1);
    this.#ends.set(path, end);
    return end;
  }

  #follow(path: string, root: string, before: number): LinkEnd {
    const { kind, target } = this.get(path);
    const depth = parts(root).length;
    const at = kind === "hard" ? [] : parts(dirname(path));
    const left = parts(target);
    let links = 1;
    for (const [index, next] of left.entries()) {
      if (next === "..") {
        if (at.length <= depth || kind === "hard") throw this.#refused(path, "that leads out of the folder");
        at.pop();
        continue;
      }
      at.push(next);
      const here = at.join("/");
      const found = this.#kinds.get(here);
      if (found === undefined || (found === "file" && index < left.length - 1)) return { end: null, links };
      if (found !== "link") continue;
      const other = this.#endOf(here, root, before + links - 1);
      links += other.links;
      const isFile = other.end !== null && this.#kinds.get(other.end) === "file";
      if (other.end === null || (isFile && index < left.length - 1)) return { end: null, links };
      at.splice(0, at.length, ...parts(other.end));
    }
    return { end: at.join("/"), links };
  }

  #refused(path: string, where: string): NanoError {
    const { name, kind } = this.get(path);
    return refusedEntry(name, `it is ${kind === "hard" ? "a hard link" : "a symbolic link"} ${where}`);
  }
}

/** Where a link leads. */
interface LinkEnd {
  /** A path of the archive; null when nothing is there. */
  readonly end: string | null;
  /** Links on the way, itself included. */
  readonly links: number;
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
