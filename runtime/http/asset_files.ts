/** Finds files below a folder and remembers for a moment what it found, and what it did not. */
import { join, relative, sep } from "node:path";
import { AssetExclusions } from "./asset_exclusions.ts";

/** A file that may be served. */
export interface AssetFile {
  /** Real path, inside the folder. */
  readonly path: string;
  readonly size: number;
  readonly mtimeMs: number;
  /** Strong entity tag, the same after a restart. */
  readonly etag: string;
}

/** What stands under a name. */
export type FoundAsset = AssetFile | "folder" | null;

/** What is known of a name, and since when. */
interface Entry {
  readonly at: number;
  readonly found: Promise<FoundAsset>;
}

/** Names remembered; clients choose them, so the table is bounded. */
const REMEMBERED_NAMES = 4096;
/** An edit takes effect within 2 s; looking at a file anew after this leaves half of it. */
const TRUSTED_MS = 1000;
/** Tags of files up to here are made of their content; reading more for each new file would delay its first answer. */
const HASHED_BYTES = 1024 * 1024;

/** Looks up files of one folder. */
export class AssetFiles {
  readonly #root: string;
  readonly #hidden: readonly string[];
  readonly #now: () => number;
  readonly #exclusions: AssetExclusions;
  readonly #known = new Map<string, Entry>();

  /**
   * @param root absolute path of the folder; it may come, go and be a symlink
   * @param options.hidden absolute paths of files and folders that are never served
   * @param options.now a monotonic clock, ms
   */
  constructor(root: string, options: { hidden: readonly string[]; now: () => number }) {
    this.#root = root;
    this.#hidden = options.hidden;
    this.#now = options.now;
    this.#exclusions = new AssetExclusions(root, options.now);
  }

  /** Names looked at and remembered. */
  get remembered(): number {
    return this.#known.size;
  }

  /** What stands under these names; each must be a plain name, see asset_path.ts. */
  find(names: readonly string[]): Promise<FoundAsset> {
    const key = names.join("/");
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() - known.at < TRUSTED_MS) return known.found;
    const entry = { at: this.#now(), found: this.#look(key, known?.found ?? null) };
    // A failure of the disk is reported to whoever asked, and asked about anew by the next.
    entry.found.catch(() => this.#known.get(key) === entry && this.#known.delete(key));
    this.#known.delete(key);
    if (this.#known.size >= REMEMBERED_NAMES) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(key, entry);
    return entry.found;
  }

  /** Forgets what is known of a name: it turned out to be no longer true. */
  forget(names: readonly string[]): void {
    this.#known.delete(names.join("/"));
  }

  async #look(key: string, before: Promise<FoundAsset> | null): Promise<FoundAsset> {
    if (await this.#exclusions.exclude(key)) return null;
    let path: string;
    let info: Deno.FileInfo;
    try {
      // The root anew each time: a deployment may turn a symlink to another folder.
      const root = await Deno.realPath(this.#root);
      path = key === "" ? root : await Deno.realPath(join(root, key));
      if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep)) return null;
      // Where links lead to counts as well as what was asked for.
      const real = relative(root, path).replaceAll(sep, "/");
      if (real !== key && await this.#exclusions.exclude(real)) return null;
      info = await Deno.stat(path);
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
    if (info.isDirectory) return "folder";
    // Reading a pipe or a device could wait for ever.
    if (!info.isFile) return null;
    const { size } = info;
    const mtimeMs = info.mtime?.getTime() ?? 0;
    const old = await before?.catch(() => null);
    const isSame = old !== null && typeof old === "object" && old.path === path && old.size === size &&
      old.mtimeMs === mtimeMs;
    if (isSame) return old;
    if (await this.#isHidden(path)) return null;
    try {
      const etag = size > HASHED_BYTES ? statTag(size, mtimeMs) : await contentTag(path);
      return { path, size, mtimeMs, etag };
    } catch (error) {
      if (isAbsence(error)) return null;
      throw error;
    }
  }

  /** Asked about files that were not known before only, so the look at the links costs little. */
  async #isHidden(path: string): Promise<boolean> {
    for (const one of this.#hidden) {
      const hidden = await realPathOf(one);
      if (path === hidden || path.startsWith(hidden + sep)) return true;
    }
    return false;
  }
}

/** A path as it is without symlinks, as far as it exists. */
async function realPathOf(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (isAbsence(error)) return path;
    throw error;
  }
}

/** Whether an error means that there is nothing to serve, rather than that the disk fails. */
function isAbsence(error: unknown): boolean {
  const { errors } = Deno;
  return [errors.NotFound, errors.NotADirectory, errors.PermissionDenied, errors.FilesystemLoop, errors.IsADirectory]
    .some((kind) => error instanceof kind);
}

/** The same content has the same tag, wherever and whenever it was written: a new deployment keeps clients' caches. */
async function contentTag(path: string): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(path)));
  return `"${digest.subarray(0, 16).toBase64({ alphabet: "base64url", omitPadding: true })}"`;
}

function statTag(size: number, mtimeMs: number): string {
  return `"${mtimeMs.toString(16)}-${size.toString(16)}"`;
}
