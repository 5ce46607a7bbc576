/** Errors as Node's fs has them: code, errno, syscall and path. */
import constants from "unenv/node/constants";

const TEXTS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EAGAIN: "resource temporarily unavailable",
  EBADF: "bad file descriptor",
  EEXIST: "file already exists",
  EINVAL: "invalid argument",
  EIO: "i/o error",
  EISDIR: "illegal operation on a directory",
  ELOOP: "too many symbolic links encountered",
  EMFILE: "too many open files",
  ENAMETOOLONG: "name too long",
  ENOENT: "no such file or directory",
  ENOSPC: "no space left on device",
  ENOSYS: "function not implemented",
  ENOTDIR: "not a directory",
  ENOTEMPTY: "directory not empty",
  EPERM: "operation not permitted",
  EROFS: "read-only file system",
  ETIMEDOUT: "connection timed out",
};

/** Where an error happened. */
export interface ErrorPlace {
  readonly syscall: string;
  readonly path?: string | undefined;
  readonly dest?: string | undefined;
}

/** One error. */
export function fsError(code: string, { syscall, path, dest }: ErrorPlace): NodeJS.ErrnoException {
  const where = (path === undefined ? "" : ` '${path}'`) + (dest === undefined ? "" : ` -> '${dest}'`);
  const error = new Error(`${code}: ${TEXTS[code] ?? "unknown error"}, ${syscall}${where}`) as NodeJS.ErrnoException;
  const errno = (constants as unknown as Record<string, number>)[code];
  error.errno = -(errno ?? (code === "EROFS" ? 30 : 5));
  error.code = code;
  error.syscall = syscall;
  if (path !== undefined) error.path = path;
  if (dest !== undefined) (error as { dest?: string }).dest = dest;
  return error;
}

/** A mistake of the caller. */
export function argumentError(code: string, message: string): TypeError {
  return Object.assign(new TypeError(message), { code });
}
