/** `node:fs/promises`. */
import { constants, promises } from "./fs.ts";

// deno-lint-ignore no-explicit-any
type Call = (...given: any[]) => any;
const calls = promises as Record<string, Call>;

export default promises;
export { constants };
export const { access, appendFile, chmod, chown, copyFile, cp, glob, lchmod, lchown, link, lstat, lutimes } = calls;
export const { mkdir, mkdtemp, open, opendir, readFile, readdir, readlink, realpath, rename, rm, rmdir } = calls;
export const { stat, statfs, symlink, truncate, unlink, utimes, watch, writeFile } = calls;
