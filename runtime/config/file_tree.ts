/** Looks at watched files and folders: what there is, in which state, and which folders must be listened to. */
import { dirname, join, parse, sep } from "node:path";

/** Folders that are never entered, wherever they are below a watched folder. */
const IGNORED_FOLDERS: readonly string[] = ["node_modules", ".git", ".nano"];

// What vim, emacs and others write beside a file while it is edited.
const EDITOR_FILE = /~$|^\.#|^#.*#$|^\..*\.sw[a-z]$|^4913$/;

/** As in the kernel: more links than this are a circle. */
const MAX_LINKS = 40;

/** What looking below one path may cost; a bigger tree is not watched. */
export interface ScanBudget {
  readonly entries: number;
  readonly ms: number;
}

/** Ten times what apps have that bring their pictures, and long enough for that on a slow disk. */
export const SCAN_BUDGET: ScanBudget = { entries: 50_000, ms: 10_000 };

/** Entries that are looked at together. */
const AT_ONCE = 64;

/** The state of everything that is watched at one moment. */
export interface FileTree {
  /** Every file, by the path through which it was asked for, with a text that changes when the file does. */
  readonly files: Map<string, string>;
  /** The real path of every folder to listen to, with a text that changes when another folder takes its place. */
  readonly folders: Map<string, string>;
  /** Those of the folders in which everything counts, not only the landmarks. */
  readonly inside: Set<string>;
  /** Real paths of single files, links and missing things that matter. */
  readonly landmarks: Set<string>;
  /** Paths that were given up, each with the reason. */
  readonly given: Map<string, string>;
}

/** A tree without anything. */
export function emptyTree(): FileTree {
  return { files: new Map(), folders: new Map(), inside: new Set(), landmarks: new Set(), given: new Map() };
}

/** Whether something below a watched folder is left out. */
export type Ignore = (path: string, name: string) => boolean;

/** @param extra names of folders and files, or absolute paths, that are left out beside the usual ones */
export function ignoring(extra: readonly string[]): Ignore {
  const ignored = new Set([...IGNORED_FOLDERS, ...extra]);
  return (path, name) => ignored.has(name) || ignored.has(path) || EDITOR_FILE.test(name);
}

/**
 * Looks at files and folders.
 *
 * Links out of a watched folder to other folders are not followed: nothing that lies there can be part of the app.
 *
 * @param paths absolute paths; what does not exist is awaited
 */
export async function scanFiles(
  paths: readonly string[],
  ignore: Ignore,
  budget: ScanBudget = SCAN_BUDGET,
): Promise<FileTree> {
  const whole = emptyTree();
  for (const path of paths) {
    const scan: Scan = {
      tree: emptyTree(),
      ignore,
      entered: new Set(),
      root: null,
      entriesLeft: budget.entries,
      deadline: performance.now() + budget.ms,
    };
    try {
      await addPath(path, path, scan);
      mergeInto(whole, scan.tree);
    } catch (error) {
      if (!(error instanceof BudgetSpent)) throw error;
      const spent = scan.entriesLeft < 0
        ? `${budget.entries} files and folders`
        : `what ${budget.ms} ms are enough for`;
      whole.given.set(path, `it holds more than ${spent}, "${error.at}" among them`);
    }
  }
  return whole;
}

/** There is more below a path than may be looked at. */
class BudgetSpent extends Error {
  constructor(readonly at: string) {
    super(`The budget ended at ${at}`);
  }
}

function mergeInto(whole: FileTree, part: FileTree): void {
  for (const [path, state] of part.files) whole.files.set(path, state);
  for (const [path, state] of part.folders) whole.folders.set(path, state);
  for (const path of part.inside) whole.inside.add(path);
  for (const path of part.landmarks) whole.landmarks.add(path);
}

/** Whether an event at a real path may have changed what is watched. */
export function concerns(tree: FileTree, path: string, ignore: Ignore): boolean {
  if (tree.landmarks.has(path) || tree.inside.has(path)) return true;
  return tree.inside.has(dirname(path)) && !ignore(path, parse(path).base);
}

interface Scan {
  readonly tree: FileTree;
  readonly ignore: Ignore;
  /** Real paths of folders that were entered, since links may lead in circles. */
  readonly entered: Set<string>;
  /** Real path of the folder that is looked at. */
  root: string | null;
  entriesLeft: number;
  readonly deadline: number;
}

async function addPath(path: string, shown: string, scan: Scan): Promise<void> {
  const real = await followPath(path, scan.tree);
  const info = real === null ? null : await unlessGone(Deno.stat(real));
  if (real === null || info === null) return;
  if (info.isDirectory) {
    scan.root ??= real;
    if (real === scan.root || real.startsWith(scan.root + sep)) await addFolder(real, shown, scan);
  } else scan.tree.files.set(shown, stateOf(info));
}

async function addFolder(real: string, shown: string, scan: Scan): Promise<void> {
  if (scan.entered.has(real)) return;
  scan.entered.add(real);
  await listenTo(real, scan.tree);
  scan.tree.inside.add(real);
  for await (const group of groupsIn(real, shown, scan)) {
    await Promise.all(group.map((entry) => addFileOrLink(entry, real, shown, scan)));
    // One folder after the other: all at once would be as many open ones.
    for (const { name, isDirectory } of group) {
      if (isDirectory && !scan.ignore(join(shown, name), name)) {
        await addFolder(join(real, name), join(shown, name), scan);
      }
    }
  }
}

/** The entries of a folder, some at a time; the budget ends it. */
async function* groupsIn(real: string, shown: string, scan: Scan): AsyncGenerator<Deno.DirEntry[]> {
  let group: Deno.DirEntry[] = [];
  try {
    for await (const entry of Deno.readDir(real)) {
      if (--scan.entriesLeft < 0 || performance.now() > scan.deadline) throw new BudgetSpent(join(shown, entry.name));
      group.push(entry);
      if (group.length < AT_ONCE) continue;
      yield group;
      group = [];
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  yield group;
}

async function addFileOrLink(entry: Deno.DirEntry, real: string, shown: string, scan: Scan): Promise<void> {
  const path = join(real, entry.name);
  const shownPath = join(shown, entry.name);
  if (entry.isDirectory || scan.ignore(shownPath, entry.name)) return;
  if (entry.isSymlink) return await addPath(path, shownPath, scan);
  const info = await unlessGone(Deno.stat(path));
  if (info !== null) scan.tree.files.set(shownPath, stateOf(info));
}

/**
 * Follows a path through all links, as the kernel does, and notes what could make it lead elsewhere: each link, the
 * last part, or the first part that is missing. So a swapped `current` link, a ConfigMap's `..data`, an editor's rename
 * and a folder that is made later are all noticed.
 *
 * @returns the real path, or null when it leads nowhere
 */
async function followPath(path: string, tree: FileTree): Promise<string | null> {
  let at = parse(path).root;
  let parts = path.slice(at.length).split(sep);
  for (let links = 0; parts.length > 0;) {
    const [name, ...rest] = parts as [string, ...string[]];
    const next = join(at, name);
    const info = await unlessGone(Deno.lstat(next));
    if (info === null || info.isSymlink || rest.length === 0) {
      tree.landmarks.add(next);
      await listenTo(at, tree);
    }
    if (info === null) return null;
    if (info.isSymlink) {
      const target = await unlessGone(Deno.readLink(next));
      if (target === null || ++links > MAX_LINKS) return null;
      const root = parse(target).root;
      if (root !== "") at = root;
      parts = [...target.slice(root.length).split(sep), ...rest];
      continue;
    }
    at = next;
    parts = rest;
  }
  return at;
}

async function listenTo(folder: string, tree: FileTree): Promise<void> {
  const info = await unlessGone(Deno.stat(folder));
  // A number of a deleted folder is soon given to another one, so the time of birth is needed too.
  if (info !== null) tree.folders.set(folder, `${info.dev}:${info.ino}:${info.birthtime?.getTime()}`);
}

function stateOf(info: Deno.FileInfo): string {
  return `${info.dev}:${info.ino}:${info.size}:${info.mtime?.getTime()}:${info.ctime?.getTime()}`;
}

/** Null for what is not there or may not be seen: it may come and go at any time, and whoever needs it will tell. */
async function unlessGone<T>(result: Promise<T>): Promise<T | null> {
  try {
    return await result;
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { NotFound, NotADirectory, PermissionDenied, FilesystemLoop } = Deno.errors;
  return [NotFound, NotADirectory, PermissionDenied, FilesystemLoop].some((kind) => error instanceof kind);
}
