/** Deno's calls for files, over the same files as `node:fs`: put on the app's `Deno` before the app runs. */
import { runSteps, runSync, type Steps } from "./fs/disk.ts";
import { close, open as openSteps } from "./fs/open_files.ts";
import { read } from "./fs/file_handle.ts";
import { fileURLToPath } from "./fs/file_url.ts";
import * as reading from "./fs/reading.ts";
import type { Dirent, Stats } from "./fs/stats.ts";
import * as writing from "./fs/writing.ts";

type Path = string | URL;
// deno-lint-ignore no-explicit-any
type Call = (...given: any[]) => any;

/** Name of each class of `Deno.errors`, and the code of Node that it stands for. */
const ERRORS: Readonly<Record<string, string>> = {
  ...{ NotFound: "ENOENT", PermissionDenied: "EACCES", AlreadyExists: "EEXIST", IsADirectory: "EISDIR" },
  ...{ NotADirectory: "ENOTDIR", FilesystemLoop: "ELOOP", TimedOut: "ETIMEDOUT", BadResource: "EBADF" },
  ...{ InvalidData: "", NotSupported: "ENOSYS", ConnectionRefused: "", ConnectionReset: "", ConnectionAborted: "" },
  ...{ NotConnected: "", AddrInUse: "", AddrNotAvailable: "", BrokenPipe: "", Interrupted: "", WouldBlock: "" },
  ...{ WriteZero: "", UnexpectedEof: "", Busy: "", NotCapable: "EROFS", Http: "" },
};

/** `Deno.errors` */
export const errors: Record<string, new (message?: string) => Error> = {};
for (const name of Object.keys(ERRORS)) {
  const { [name]: kind } = {
    [name]: class extends Error {
      override readonly name = name;
    },
  };
  errors[name] = kind!;
}

function asDeno(error: unknown): unknown {
  const { code, message } = error as { code?: string; message: string };
  if (typeof code !== "string") return error;
  const name = Object.keys(ERRORS).find((one) => ERRORS[one] === code);
  return name === undefined ? error : Object.assign(new errors[name]!(message), { code });
}

async function runAsDeno<T>(steps: Steps<T>): Promise<T> {
  try {
    return await runSteps(steps);
  } catch (error) {
    throw asDeno(error);
  }
}

function runSyncAsDeno<T>(steps: Steps<T>): T {
  try {
    return runSync(steps);
  } catch (error) {
    throw asDeno(error);
  }
}

/** A call of Deno and its twin that waits. */
function both(name: string, steps: (...given: never[]) => Steps<unknown>): Record<string, Call> {
  return {
    [name]: (...given: never[]) => runAsDeno(steps(...given)),
    [`${name}Sync`]: (...given: never[]) => runSyncAsDeno(steps(...given)),
  };
}

/** Deno takes URLs by their path, and texts as they are. */
const pathOf = (path: Path): string => path instanceof URL ? fileURLToPath(path) : path;

function infoOf(stats: Stats): object {
  return {
    isFile: stats.isFile(),
    isDirectory: stats.isDirectory(),
    isSymlink: stats.isSymbolicLink(),
    size: stats.size,
    mtime: stats.mtime,
    atime: stats.atime,
    birthtime: stats.birthtime,
    ctime: stats.ctime,
    mode: stats.mode,
    ...{ dev: 1, ino: stats.ino, nlink: 1, uid: 0, gid: 0, rdev: 0, blksize: 4096, blocks: stats.blocks },
    ...{ isBlockDevice: false, isCharDevice: false, isFifo: stats.isFIFO(), isSocket: false },
  };
}

function* entries(path: Path): Steps<object[]> {
  const found = (yield* reading.readdir(pathOf(path), { withFileTypes: true })) as Dirent[];
  return found.map((one) => ({
    name: one.name,
    isFile: one.isFile(),
    isDirectory: one.isDirectory(),
    isSymlink: one.isSymbolicLink(),
  }));
}

interface WriteOptions {
  readonly append?: boolean;
  readonly createNew?: boolean;
}

function* write(path: Path, data: unknown, { append = false, createNew = false }: WriteOptions = {}): Steps<void> {
  yield* writing.writeFile(pathOf(path), data, { flag: (append ? "a" : "w") + (createNew ? "x" : "") });
}

/** An open file, as far as reading goes. */
class FsFile {
  readonly #fd: number;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;

  constructor(fd: number) {
    this.#fd = fd;
    this.readable = new ReadableStream({
      pull: async (controller) => {
        const bytes = new Uint8Array(64 * 1024);
        const count = await this.read(bytes);
        if (count !== null) return controller.enqueue(bytes.subarray(0, count));
        controller.close();
        this.close();
      },
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
    this.writable = new WritableStream({
      write: (bytes) => void writing.writeBytes(fd, bytes, null),
      close: () => this.close(),
      abort: () => this.close(),
    });
  }

  async read(bytes: Uint8Array): Promise<number | null> {
    return await runAsDeno(read(this.#fd, bytes)) || null;
  }
  readSync(bytes: Uint8Array): number | null {
    return runSyncAsDeno(read(this.#fd, bytes)) || null;
  }
  write(bytes: Uint8Array): Promise<number> {
    return Promise.resolve(this.writeSync(bytes));
  }
  writeSync(bytes: Uint8Array): number {
    return writing.writeBytes(this.#fd, bytes, null);
  }
  async stat(): Promise<object> {
    return infoOf(await runAsDeno(reading.fstat(this.#fd)) as Stats);
  }
  statSync(): object {
    return infoOf(runSyncAsDeno(reading.fstat(this.#fd)) as Stats);
  }
  close(): void {
    try {
      runSync(close(this.#fd));
    } catch {
      // It was closed before.
    }
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

interface OpenOptions {
  readonly read?: boolean;
  readonly write?: boolean;
  readonly append?: boolean;
  readonly create?: boolean;
  readonly createNew?: boolean;
  readonly truncate?: boolean;
}

function* open(path: Path, options: OpenOptions = {}): Steps<FsFile> {
  const { read = false, write = false, append = false, create = false, createNew = false, truncate = false } = options;
  const mode = append ? "a" : write ? truncate || createNew || create ? "w" : "r+" : "r";
  const flags = mode === "r" || mode === "r+" ? mode : mode + (createNew ? "x" : "") + (read ? "+" : "");
  return new FsFile(yield* openSteps(pathOf(path), flags));
}

interface TempOptions {
  readonly dir?: string;
  readonly prefix?: string;
  readonly suffix?: string;
}

/** A path that nobody has. */
function temporary({ dir = "/tmp", prefix = "", suffix = "" }: TempOptions = {}): string {
  return `${dir}/${prefix}${crypto.randomUUID().slice(0, 8)}${suffix}`;
}

/** What the app's `Deno` gets. */
export const members: Record<string, unknown> = {
  errors,
  cwd: () => "/",
  ...both("readFile", function* (path: Path) {
    return new Uint8Array((yield* reading.readFile(pathOf(path))) as Uint8Array<ArrayBuffer>);
  }),
  ...both("readTextFile", function* (path: Path) {
    return new TextDecoder().decode((yield* reading.readFile(pathOf(path))) as Uint8Array<ArrayBuffer>);
  }),
  ...both("stat", function* (path: Path) {
    return infoOf((yield* reading.stat(pathOf(path))) as Stats);
  }),
  ...both("lstat", function* (path: Path) {
    return infoOf((yield* reading.lstat(pathOf(path))) as Stats);
  }),
  ...both("realPath", (path: Path) => reading.realpath(pathOf(path))),
  ...both("readLink", (path: Path) => reading.readlink(pathOf(path))),
  ...both("open", open),
  ...both("writeFile", write),
  ...both("writeTextFile", write),
  ...both("mkdir", (path: Path, options?: Record<string, unknown>) => writing.mkdir(pathOf(path), options)),
  ...both("remove", function* (path: Path, options: { recursive?: boolean } = {}) {
    const info = (yield* reading.lstat(pathOf(path))) as Stats;
    if (info.isDirectory()) yield* writing.rmdir(pathOf(path), options);
    else yield* writing.unlink(pathOf(path));
  }),
  ...both("rename", (from: Path, to: Path) => writing.rename(pathOf(from), pathOf(to))),
  ...both("copyFile", (from: Path, to: Path) => writing.copyFile(pathOf(from), pathOf(to))),
  ...both("makeTempDir", function* (options?: TempOptions) {
    const path = temporary(options);
    yield* writing.mkdir(path);
    return path;
  }),
  ...both("makeTempFile", function* (options?: TempOptions) {
    const path = temporary(options);
    yield* writing.writeFile(path, "", { flag: "wx" });
    return path;
  }),
  readDir: async function* (path: Path) {
    try {
      yield* await runSteps(entries(path));
    } catch (error) {
      throw asDeno(error);
    }
  },
  readDirSync: (path: Path) => {
    try {
      return runSync(entries(path)).values();
    } catch (error) {
      throw asDeno(error);
    }
  },
  watchFs: () => {
    throw new Error("Cannot call Deno.watchFs: an app's files do not change while it runs");
  },
};

export default members;

/** Puts them on the app's `Deno`; what its folder does not have may be one of its static files. */
export function install(deno: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(members)) {
    const before = deno[name];
    const isAsset = typeof before === "function" && ["open", "readFile", "readTextFile"].includes(name);
    const call = !isAsset ? value : async (...given: unknown[]) => {
      try {
        return await (value as Call)(...given);
      } catch (error) {
        if (!(error instanceof errors["NotFound"]!)) throw error;
        return await (before as Call)(...given).catch(() => {
          throw error;
        });
      }
    };
    Object.defineProperty(deno, name, { value: call, writable: true, configurable: true, enumerable: true });
  }
}
