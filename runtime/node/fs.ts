/** `node:fs`: the app's own folder, read-only, and /tmp in its memory. */
import { Buffer } from "node:buffer";
import constantsOfNode from "unenv/node/constants";
import { runSteps, runSync, type Steps } from "./fs/disk.ts";
import { argumentError } from "./fs/errors.ts";
import * as handles from "./fs/file_handle.ts";
import { Dir, opendir as openFolder } from "./fs/folder_handle.ts";
import * as opened from "./fs/open_files.ts";
import * as reading from "./fs/reading.ts";
import { BigIntStats, Dirent, Stats } from "./fs/stats.ts";
import { createReadStream, createWriteStream, ReadStream, WriteStream } from "./fs/streams.ts";
import * as writing from "./fs/writing.ts";

// deno-lint-ignore no-explicit-any
type Operation = (...given: any[]) => Steps<unknown>;
// deno-lint-ignore no-explicit-any
type Call = (...given: any[]) => any;

const { FileHandle } = handles;
/** By path; promises have them too. */
const BY_PATH: Readonly<Record<string, Operation>> = {
  ...pick(reading, "readFile stat lstat access realpath readlink readdir"),
  ...pick(writing, "writeFile appendFile mkdir mkdtemp unlink rmdir rm rename copyFile cp truncate chmod chown utimes"),
  ...pick(writing, "symlink link"),
  lchmod: writing.chmod,
  lchown: writing.chown,
  lutimes: writing.utimes,
};
/** By descriptor; a FileHandle has them instead. */
const BY_DESCRIPTOR: Readonly<Record<string, Operation>> = {
  ...pick(opened, "open close"),
  ...pick(handles, "read readv write writev"),
  ...pick(writing, "ftruncate fsync"),
  fstat: reading.fstat,
  fdatasync: writing.fsync,
  fchmod: writing.fsync,
  fchown: writing.fsync,
  futimes: writing.fsync,
};

function pick(module: object, names: string): Record<string, Operation> {
  return Object.fromEntries(names.split(" ").map((name) => [name, (module as Record<string, Operation>)[name]!]));
}

const refuse = (name: string): Call =>
  Object.defineProperty(
    () => {
      throw new Error(`Cannot call node:fs.${name}: an app's files do not change while it runs`);
    },
    "name",
    { value: name },
  );

function named<Kind extends Call>(name: string, call: Kind): Kind {
  return Object.defineProperty(call, "name", { value: name });
}

const sync: Record<string, Call> = {};
const later: Record<string, Call> = {};
const promised: Record<string, Call> = {};
const MORE = { opendir: openFolder, glob: reading.glob } as Record<string, Operation>;
for (const [name, operation] of Object.entries({ ...BY_PATH, ...BY_DESCRIPTOR, ...MORE })) {
  sync[`${name}Sync`] = named(`${name}Sync`, (...given) => runSync(operation(...given)));
  later[name] = named(name, (...given) => {
    const done = given.pop();
    if (typeof done !== "function") {
      throw argumentError(
        "ERR_INVALID_ARG_TYPE",
        `The "cb" argument must be of type function. Received ${done === undefined ? "undefined" : typeof done}`,
      );
    }
    const { args, extras } = extrasOf(name, given);
    runSteps(operation(...args)).then(
      (value) => queueMicrotask(() => done(null, value, ...extras)),
      (error) => {
        queueMicrotask(() => done(error));
      },
    );
  });
}
for (const [name, operation] of Object.entries({ ...BY_PATH, ...MORE })) {
  promised[name] = named(name, (...given) => runSteps(operation(...given)));
}

/** `read` and `write` hand their buffer back as well. */
function extrasOf(name: string, given: unknown[]): { args: unknown[]; extras: unknown[] } {
  if (name === "read" && !ArrayBuffer.isView(given[1])) {
    const options = (given[1] ?? {}) as Record<string, unknown>;
    const buffer = options["buffer"] ?? Buffer.alloc(16_384);
    return { args: [given[0], buffer, options], extras: [buffer] };
  }
  return { args: given, extras: ["read", "readv", "write", "writev"].includes(name) ? [given[1]] : [] };
}

const settled = Symbol.for("nodejs.util.promisify.custom");
later["exists"] = named("exists", (given, done) => {
  runSteps(reading.exists(given)).then((is) => queueMicrotask(() => done(is)));
});
Object.defineProperty(later["exists"], settled, { value: (given: unknown) => runSteps(reading.exists(given)) });
for (const name of ["read", "readv"]) {
  Object.defineProperty(later[name], settled, {
    value: async (...given: unknown[]) => {
      const { args, extras } = extrasOf(name, given);
      return {
        bytesRead: await runSteps(BY_DESCRIPTOR[name]!(...args)),
        [name === "read" ? "buffer" : "buffers"]: extras[0],
      };
    },
  });
}
for (const name of ["write", "writev"]) {
  Object.defineProperty(later[name], settled, {
    value: async (...given: unknown[]) => ({
      bytesWritten: await runSteps(BY_DESCRIPTOR[name]!(...given)),
      [name === "write" ? "buffer" : "buffers"]: given[1],
    }),
  });
}
sync["existsSync"] = named("existsSync", (given) => runSync(reading.exists(given)));
later["realpath"]!["native" as never] = later["realpath"] as never;
sync["realpathSync"]!["native" as never] = sync["realpathSync"] as never;

promised["open"] = named("open", async (...given) => new FileHandle(await runSteps(opened.open(given[0], given[1]))));
promised["glob"] = named("glob", async function* (pattern, options) {
  yield* await runSteps(reading.glob(pattern, options));
});
for (const name of ["readFile", "writeFile", "appendFile"]) {
  const byPath = promised[name]!;
  promised[name] = named(
    name,
    (first, ...rest) => byPath(first instanceof FileHandle ? first.fd : first, ...rest),
  );
}
async function openAsBlob(path: unknown, options: { type?: string } = {}): Promise<Blob> {
  return new Blob([await promised["readFile"]!(path)], options);
}

const isFs = /^(?:[FORWXS]_|O_|S_|UV_FS|UV_DIRENT|COPYFILE)/;
/** Those that Node has in fs. */
export const constants: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    ...constantsOfNode as unknown as Record<string, number>,
    ...{ F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, COPYFILE_EXCL: 1, COPYFILE_FICLONE: 2, COPYFILE_FICLONE_FORCE: 4 },
  }).filter(([name, value]) => isFs.test(name) && typeof value === "number"),
);
export const { F_OK, R_OK, W_OK, X_OK } = constants;
/** `node:fs/promises`. */
export const promises: Record<string, unknown> = {
  ...promised,
  constants,
  ...{ statfs: refuse("promises.statfs"), watch: refuse("promises.watch") },
};

const watch = refuse("watch");
const watchFile = refuse("watchFile");
function unwatchFile(): void {}
const statfs = refuse("statfs");
const statfsSync = refuse("statfsSync");
const _toUnixTimestamp = (time: unknown): number => time instanceof Date ? time.getTime() / 1_000 : Number(time);

const fs: Record<string, unknown> = {
  ...later,
  ...sync,
  ...{ BigIntStats, Dir, Dirent, FileReadStream: ReadStream, FileWriteStream: WriteStream, ReadStream, Stats },
  ...{ WriteStream, F_OK, R_OK, W_OK, X_OK, constants, createReadStream, createWriteStream, openAsBlob, promises },
  ...{ unwatchFile, watch, watchFile, statfs, statfsSync, _toUnixTimestamp },
};
export default fs;
export {
  _toUnixTimestamp,
  createReadStream,
  createWriteStream,
  Dir,
  Dirent,
  openAsBlob,
  ReadStream,
  ReadStream as FileReadStream,
  statfs,
  statfsSync,
  Stats,
  unwatchFile,
  watch,
  watchFile,
  WriteStream,
  WriteStream as FileWriteStream,
};
export const { access, appendFile, chmod, chown, copyFile, cp, lchmod, lchown, link, lstat, lutimes, mkdir } = later;
export const { mkdtemp, opendir, readFile, readdir, readlink, realpath, rename, rm, rmdir, stat } = later;
export const { symlink, truncate, unlink, utimes, writeFile, exists, glob, open, close, read, readv } = later;
export const { write, writev, fstat, ftruncate, fsync, fdatasync, fchmod, fchown, futimes } = later;
export const { accessSync, appendFileSync, chmodSync, chownSync, closeSync, copyFileSync, cpSync, existsSync } = sync;
export const { fchmodSync, fchownSync, fdatasyncSync, fstatSync, fsyncSync, ftruncateSync, futimesSync } = sync;
export const { globSync, lchmodSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync, mkdtempSync } = sync;
export const { openSync, opendirSync, readFileSync, readSync, readdirSync, readlinkSync, readvSync } = sync;
export const { realpathSync, renameSync, rmSync, rmdirSync, statSync, symlinkSync, truncateSync } = sync;
export const { unlinkSync, utimesSync, writeFileSync, writeSync, writevSync } = sync;
