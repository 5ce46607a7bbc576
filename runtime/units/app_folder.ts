/** An app's own folder, as the app may read it: nothing outside, nothing that is a secret, and no path of the host. */
import { basename, dirname, join, posix, relative, sep } from "node:path";
import { foldersUpTo, isInside, isOfPackage, isReachable } from "../bundle/app_files.ts";
import { findReach, type ReachRule } from "../bundle/app_reach.ts";
import type { FileFacts, FolderPart } from "../protocol/host_calls.ts";
import { ENTRIES_PER_ANSWER } from "../protocol/host_calls.ts";
import { HostCallError } from "../wall/host_calls_bridge.ts";

/** Which folder it is. */
export interface AppFolderRules {
  /** Absolute path of the app's folder or its entry file. */
  readonly path: string;
  readonly reach: ReachRule;
  /** Absolute paths that belong to NANO, or hold secrets. */
  readonly hidden: readonly string[];
}

/** Names that hold secrets or are no part of an app, wherever they lie in its folder. */
const SECRET =
  /^(?:\.env(?:[.\-_].*)?|\.dev\.vars(?:\..*)?|\.npmrc|\.yarnrc(?:\.yml)?|\.netrc|\.git|\.hg|\.svn|\.ssh|\.nano)$/i;
/** A host's configuration in the app's own folder; a package may have a file of that name. */
const CONFIG = /^nano\.json$/i;

const CODES: readonly (readonly [new (...given: never[]) => Error, string])[] = [
  [Deno.errors.NotFound, "ENOENT"],
  [Deno.errors.NotADirectory, "ENOTDIR"],
  [Deno.errors.IsADirectory, "EISDIR"],
  [Deno.errors.PermissionDenied, "EACCES"],
  [Deno.errors.FilesystemLoop, "ELOOP"],
];

/** Where it lies, all as real paths. */
interface Place {
  readonly root: string;
  readonly reach: string;
  readonly hidden: readonly string[];
}

/** What a folder held when it was read. */
interface Listing {
  readonly real: string;
  readonly entries: readonly (readonly [string, FileFacts["kind"]])[];
}

/** Entries of a folder that are looked at in one turn of the thread of all apps. */
const ENTRIES_PER_TURN = 1_000;

/** Reads for one app. Paths begin at its folder: "/views/index.pug". */
export class AppFolder {
  readonly #rules: AppFolderRules;
  #place: Promise<Place> | null = null;
  #listing: Listing | null = null;
  #line: Promise<unknown> = Promise.resolve();

  constructor(rules: AppFolderRules) {
    this.#rules = rules;
  }

  /** @throws {HostCallError} as all of these */
  async stat(path: string, followsLinks: boolean): Promise<FileFacts> {
    return await answered(async () => {
      const found = await this.#find(path);
      if (followsLinks || found.requested === found.real) return factsOf(await Deno.lstat(found.real));
      return factsOf(await Deno.lstat(found.requested));
    }, () => this.#dangling(path, followsLinks));
  }

  /** Entries in the order of their names. */
  async list(path: string, from: number): Promise<FolderPart> {
    return await answered(async () => {
      const { real, place } = await this.#find(path);
      const known = this.#listing;
      // The pages of a folder are of one reading: a folder of thousands is not read anew for each of them.
      const entries = from > 0 && known?.real === real ? known.entries : await this.#inLine(() => read(place, real));
      const end = from + ENTRIES_PER_ANSWER;
      this.#listing = end < entries.length ? { real, entries } : null;
      return { entries: entries.slice(from, end), isWhole: end >= entries.length };
    });
  }

  /** At most so many bytes from there on; fewer at the end of the file only. */
  async read(path: string, at: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    return await answered(async () => {
      const { real } = await this.#find(path);
      const { isFile, isDirectory, size } = await Deno.lstat(real);
      if (isDirectory) throw new HostCallError("EISDIR");
      // A pipe or a device would keep whoever opens it waiting.
      if (!isFile) throw new HostCallError("EACCES");
      using file = await Deno.open(real);
      if (at > 0) await file.seek(at, Deno.SeekMode.Start);
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
      let filled = 0;
      while (filled < bytes.byteLength) {
        const count = await file.read(bytes.subarray(filled));
        if (count === null || count === 0) break;
        filled += count;
      }
      return filled === bytes.byteLength ? bytes : bytes.slice(0, filled);
    });
  }

  /** Where a path leads once all links are followed, as the app names it. */
  async realPath(path: string): Promise<string> {
    return await answered(async () => {
      const { real, place } = await this.#find(path);
      return shown(place, real);
    });
  }

  /** Where a link leads. */
  async readLink(path: string): Promise<string> {
    return await answered(async () => {
      const { requested, real, place } = await this.#find(path);
      if (!(await Deno.lstat(requested)).isSymlink) throw new HostCallError("EINVAL");
      return shown(place, real);
    });
  }

  /** One folder at a time, whatever is asked at once. */
  async #inLine(run: () => Promise<Listing["entries"]>): Promise<Listing["entries"]> {
    const mine = this.#line.then(run);
    this.#line = mine.catch(() => {});
    return await mine;
  }

  async #find(path: string): Promise<{ requested: string; real: string; place: Place }> {
    if (path.includes("\0")) throw new HostCallError("EINVAL");
    const place = await (this.#place ??= placeOf(this.#rules).catch((error) => {
      this.#place = null;
      throw error;
    }));
    const clean = posix.normalize(`/${path}`).replace(/(?<=.)\/+$/, "");
    // Packages of a workspace lie above the app; the app knows them by the same names as if they lay in its folder.
    const folders = isOfPackage(`${clean}/`) ? [...foldersUpTo(place.reach, place.root)] : [place.root];
    for (const [index, folder] of folders.entries()) {
      try {
        return { ...await look(place, clean === "/" ? folder : join(folder, clean)), place };
      } catch (error) {
        if (index === folders.length - 1 || !(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
    throw new HostCallError("ENOENT");
  }

  /** A link that leads nowhere, or out of the app's folder, is there all the same. */
  async #dangling(path: string, followsLinks: boolean): Promise<FileFacts> {
    if (followsLinks) throw new HostCallError("ENOENT");
    const { real, place } = await this.#find(posix.dirname(posix.normalize(`/${path}`)));
    const requested = join(real, posix.basename(path));
    if (isSecret(place, requested)) throw new HostCallError("ENOENT");
    return factsOf(await Deno.lstat(requested));
  }
}

/** The path without links but in its last part, and with none at all. */
async function look(place: Place, path: string): Promise<{ requested: string; real: string }> {
  const real = await allowed(place, path);
  // Nearly always there is no link in it.
  if (real === path) return { requested: real, real };
  const requested = join(await allowed(place, dirname(path)), basename(path));
  if (isSecret(place, requested)) throw new HostCallError("ENOENT");
  return { requested, real };
}

async function allowed(place: Place, path: string): Promise<string> {
  const real = await Deno.realPath(path);
  if (!mayRead(place, real)) throw new HostCallError("EACCES");
  if (isSecret(place, real)) throw new HostCallError("ENOENT");
  return real;
}

function mayRead({ root, reach, hidden }: Place, real: string): boolean {
  if (real === root || isInside(root, real)) return true;
  // The way to packages that lie above, and these packages; nothing else of the workspace.
  if (isInside(reach, real) || real === reach) {
    if (isOfPackage(`${real}/`)) return isReachable({ root, reach, hidden }, real);
    return real === reach || isInside(real, root);
  }
  return false;
}

function isSecret({ root, reach, hidden }: Place, path: string): boolean {
  if (hidden.some((one) => path === one || isInside(one, path))) return true;
  const isOwn = path === root || isInside(root, path);
  const names = relative(isOwn ? root : reach, path).split(sep);
  return names.some((name) => SECRET.test(name)) || (!isOfPackage(path) && CONFIG.test(names.at(-1) ?? ""));
}

/** The entries of a folder that is no secret itself, in the order of their names. */
async function read(place: Place, real: string): Promise<Listing["entries"]> {
  const entries: (readonly [string, FileFacts["kind"]])[] = [];
  const hidden = new Set(place.hidden);
  const isPackage = isOfPackage(`${real}/`);
  let left = ENTRIES_PER_TURN;
  for await (const entry of Deno.readDir(real)) {
    const { name } = entry;
    if (--left === 0) {
      left = ENTRIES_PER_TURN;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (SECRET.test(name) || (!isPackage && CONFIG.test(name)) || hidden.has(join(real, name))) continue;
    entries.push([name, kindOf(entry)]);
  }
  return entries.sort(([one], [other]) => one < other ? -1 : 1);
}

/** As the app sees it; a package of the workspace lies where it would in the app's folder. */
function shown({ root, reach }: Place, real: string): string {
  const base = real === root || isInside(root, real) ? root : reach;
  return `/${relative(base, real).split(sep).join("/")}`;
}

async function placeOf({ path, reach, hidden }: AppFolderRules): Promise<Place> {
  const real = await Deno.realPath(path);
  const root = (await Deno.stat(real)).isFile ? dirname(real) : real;
  const paths = await Promise.all(hidden.map((one) => Deno.realPath(one).catch(() => one)));
  return {
    root,
    reach: await findReach(root, reach).catch(() => root),
    // Deployed versions lie in the state folder, which is hidden from all folders around it.
    hidden: [...hidden, ...paths].filter((one) => root !== one && !isInside(one, root)),
  };
}

function kindOf({ isFile, isDirectory, isSymlink }: Deno.DirEntry | Deno.FileInfo): FileFacts["kind"] {
  return isSymlink ? "link" : isDirectory ? "folder" : isFile ? "file" : "other";
}

/** Neither owner nor device: they tell of the host. */
function factsOf(info: Deno.FileInfo): FileFacts {
  const modifiedMs = info.mtime?.getTime() ?? 0;
  return {
    kind: kindOf(info),
    size: info.size,
    modifiedMs,
    createdMs: info.birthtime?.getTime() ?? modifiedMs,
    inode: info.ino ?? 0,
    isExecutable: ((info.mode ?? 0) & 0o111) !== 0,
  };
}

async function answered<Value>(ask: () => Promise<Value>, otherwise?: () => Promise<Value>): Promise<Value> {
  try {
    return await ask();
  } catch (error) {
    const code = codeOf(error);
    if (otherwise !== undefined && (code === "ENOENT" || code === "EACCES")) return await answered(otherwise);
    throw new HostCallError(code);
  }
}

function codeOf(error: unknown): string {
  if (error instanceof HostCallError) return error.code;
  return CODES.find(([kind]) => error instanceof kind)?.[1] ?? "EIO";
}
