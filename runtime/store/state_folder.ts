/** NANO's own folder: made when missing, closed to other users, and held by one NANO at a time. */
import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { messageOf, NanoError } from "../errors.ts";

/** Tokens, secrets of apps and their code lie in it. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;
/** Any bit of the group or of others. */
const OPEN_TO_OTHERS = 0o077;
const STICKY = 0o1000;
/** Locked while its NANO lives, and tells others which one that is. */
const LOCK_NAME = "running.json";

/** What a folder is opened with. */
export interface StateFolderOptions {
  /** Absolute path of nano.json, or null. */
  readonly file: string | null;
  /** Told when the folder stays open to other users. */
  readonly warn: (text: string) => void;
  /** Wall clock, ms since the epoch; the machine's unless given. */
  readonly wall?: () => number;
}

/** The folder while this NANO holds it. The kernel lets go of it with the process, however that ends. */
export class StateFolder implements Disposable {
  readonly #lock: Deno.FsFile;
  readonly #since: string;

  private constructor(lock: Deno.FsFile, since: string) {
    this.#lock = lock;
    this.#since = since;
  }

  /**
   * Makes the folder usable and takes it.
   * @param path absolute
   * @throws {NanoError} CONFIG_INVALID when it cannot be made or written, CONFLICT when another NANO holds it
   */
  static open(path: string, { file, warn, wall = Date.now }: StateFolderOptions): StateFolder {
    using stack = new DisposableStack();
    let lock: Deno.FsFile;
    try {
      mkdirSync(path, { recursive: true, mode: FOLDER_MODE });
      const lockPath = join(path, LOCK_NAME);
      // The first write of all: whatever hinders it would hinder the database and every deploy.
      lock = stack.use(Deno.openSync(lockPath, { read: true, write: true, create: true, mode: FILE_MODE }));
      if (!lock.tryLockSync(true)) throw heldBy(path, lockPath);
      closeToOthers(path, file, warn);
      const folder = new StateFolder(lock, new Date(wall()).toISOString());
      folder.tell(null);
      stack.move();
      return folder;
    } catch (cause) {
      if (cause instanceof NanoError) throw cause;
      throw new NanoError("CONFIG_INVALID", `Cannot use state_dir "${path}": ${reasonOf(cause, path)}`, { cause });
    }
  }

  /** Writes down where this NANO is reached, for whoever wants the same folder. */
  tell(url: string | null): void {
    const text = JSON.stringify({ pid: process.pid, since: this.#since, url }) + "\n";
    this.#lock.truncateSync();
    this.#lock.seekSync(0, Deno.SeekMode.Start);
    this.#lock.writeSync(new TextEncoder().encode(text));
  }

  /** Lets another NANO have it. The file stays: whoever removed it could remove one that another has just locked. */
  [Symbol.dispose](): void {
    this.#lock.truncateSync();
    this.#lock.close();
  }
}

function heldBy(path: string, lockPath: string): NanoError {
  let known: { readonly pid?: unknown; readonly since?: unknown; readonly url?: unknown } = {};
  try {
    known = JSON.parse(readFileSync(lockPath, "utf8"));
  } catch {
    // It is being written at this moment.
  }
  const who = typeof known.pid === "number" ? ` (process ${known.pid}, since ${String(known.since)}` : "";
  const where = who === "" ? "" : typeof known.url === "string" ? `, ${known.url})` : ", still starting)";
  return new NanoError(
    "CONFLICT",
    `Cannot use state_dir "${path}": another NANO uses it${who}${where}; end that one, or give this one a state_dir ` +
      "of its own",
  );
}

/** A folder that is not NANO's alone keeps its mode: others may live in it. */
function closeToOthers(path: string, file: string | null, warn: (text: string) => void): void {
  const { mode } = statSync(path);
  if ((mode & OPEN_TO_OTHERS) === 0 || Deno.build.os === "windows") return;
  const shown = (mode & 0o7777).toString(8).padStart(4, "0");
  const isShared = (mode & STICKY) !== 0 || (file !== null && dirname(file) === path);
  try {
    if (isShared) throw new Error("others use it as well; give NANO a folder of its own");
    chmodSync(path, FOLDER_MODE);
  } catch (error) {
    warn(`The state folder "${path}" has mode ${shown} and stays open to other users: ${reasonOf(error, path)}`);
  }
}

/** As a sentence: what stands in the way, and what to do. */
function reasonOf(error: unknown, path: string): string {
  const { code } = error as { code?: unknown };
  switch (code) {
    case "EACCES":
    case "EPERM":
      return `user ${process.getuid?.() ?? "of NANO"} may not write there; change its owner, or name another folder`;
    case "EROFS":
      return "the file system is read-only; name a folder on a writable one";
    case "ENOSPC":
    case "EDQUOT":
      return "the disk is full";
    case "ENOENT":
      return "it does not exist and cannot be made there; name another folder";
    case "EEXIST":
    case "ENOTDIR":
      return `${notFolder(path)} is no folder; name another one`;
    case "EISDIR":
      return `"${join(path, LOCK_NAME)}" is a folder and must not be`;
    default:
      return messageOf(error);
  }
}

/** The first part of a path that is there and no folder. */
function notFolder(path: string): string {
  for (let at = path; at !== dirname(at); at = dirname(at)) {
    try {
      const info = lstatSync(at);
      const isFolder = info.isDirectory() || (info.isSymbolicLink() && statSync(at).isDirectory());
      if (!isFolder) return at === path ? "it" : `"${at}"`;
    } catch {
      // Not there: what hinders lies above.
    }
  }
  return "it";
}
