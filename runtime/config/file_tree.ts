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

/** Ten times what apps have that bring their pictures, and long enough for that on a slow disk or a busy machine. */
export const SCAN_BUDGET: ScanBudget = { entries: 50_000, ms: 10_000 };

/** How {@linkcode scanFiles} looks. */
export interface ScanOptions {
  readonly budget?: ScanBudget;
  /** Called before each path. */
  readonly onPath?: () => void;
}

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
 * Looks at files and folders, and does not let go of its thread meanwhile: 5,000 files take 48 ms of CPU so, and 230 ms
 * of the thread that would wait for each of them (measured). Not for a thread that has anything else to do.
 *
 * Links out of a watched folder to other folders are not followed: nothing that lies there can be part of the app.
 *
 * @param paths absolute paths; what does not exist is awaited
 */
export function scanFiles(
  paths: readonly string[],
  ignore: Ignore,
  { budget = SCAN_BUDGET, onPath }: ScanOptions = {},
): FileTree {
  const whole = emptyTree();
  for (const path of paths) {
    onPath?.();
    const scan: Scan = {
      tree: emptyTree(),
      ignore,
      entered: new Set(),
      root: null,
      entriesLeft: budget.entries,
      deadline: performance.now() + budget.ms,
    };
    try {
      addPath(path, path, scan);
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

function addPath(path: string, shown: string, scan: Scan): void {
  const real = followPath(path, scan.tree);
  const info = real === null ? null : unlessGone(() => Deno.statSync(real));
  if (real === null || info === null) return;
  if (info.isDirectory) {
    scan.root ??= real;
    if (real === scan.root || real.startsWith(scan.root + sep)) addFolder(real, shown, scan);
  } else scan.tree.files.set(shown, stateOf(info));
}

function addFolder(real: string, shown: string, scan: Scan): void {
  if (scan.entered.has(real)) return;
  scan.entered.add(real);
  listenTo(real, scan.tree);
  scan.tree.inside.add(real);
  for (const entry of unlessGone(() => Deno.readDirSync(real)) ?? []) {
    const { name } = entry;
    const place = { path: join(real, name), shown: join(shown, name) };
    if (--scan.entriesLeft < 0 || performance.now() > scan.deadline) throw new BudgetSpent(place.shown);
    if (scan.ignore(place.shown, name)) continue;
    if (entry.isDirectory) addFolder(place.path, place.shown, scan);
    else if (entry.isSymlink) addPath(place.path, place.shown, scan);
    else {
      const info = unlessGone(() => Deno.statSync(place.path));
      if (info !== null) scan.tree.files.set(place.shown, stateOf(info));
    }
  }
}

/**
 * Follows a path through all links, as the kernel does, and notes what could make it lead elsewhere: each link, the
 * last part, or the first part that is missing. So a swapped `current` link, a ConfigMap's `..data`, an editor's rename
 * and a folder that is made later are all noticed.
 *
 * @returns the real path, or null when it leads nowhere
 */
function followPath(path: string, tree: FileTree): string | null {
  let at = parse(path).root;
  let parts = path.slice(at.length).split(sep);
  for (let links = 0; parts.length > 0;) {
    const [name, ...rest] = parts as [string, ...string[]];
    const next = join(at, name);
    const info = unlessGone(() => Deno.lstatSync(next));
    if (info === null || info.isSymlink || rest.length === 0) {
      tree.landmarks.add(next);
      listenTo(at, tree);
    }
    if (info === null) return null;
    if (info.isSymlink) {
      const target = unlessGone(() => Deno.readLinkSync(next));
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

function listenTo(folder: string, tree: FileTree): void {
  const info = unlessGone(() => Deno.statSync(folder));
  // A number of a deleted folder is soon given to another one, so the time of birth is needed too.
  if (info !== null) tree.folders.set(folder, `${info.dev}:${info.ino}:${info.birthtime?.getTime()}`);
}

function stateOf(info: Deno.FileInfo): string {
  return `${info.dev}:${info.ino}:${info.size}:${info.mtime?.getTime()}:${info.ctime?.getTime()}`;
}

/** Null for what is not there or may not be seen: it may come and go at any time, and whoever needs it will tell. */
function unlessGone<T>(look: () => T): T | null {
  try {
    return look();
  } catch (error) {
    if (isGone(error)) return null;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const { NotFound, NotADirectory, PermissionDenied, FilesystemLoop } = Deno.errors;
  return [NotFound, NotADirectory, PermissionDenied, FilesystemLoop].some((kind) => error instanceof kind);
}
