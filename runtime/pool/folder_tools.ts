/** What the host asks programs of the system about files of a process: how much a folder holds, and how much it may write. */
import { findProcessTools } from "../config/process_tools.ts";
import { type ProcessUser, userArguments } from "../config/process_users.ts";
import { runSystemProgram } from "../machine/system_program.ts";

/** A folder with all that lies in it. */
export interface FolderSize {
  /** Of blocks on the disk: a file with holes counts what it takes, one with two names counts once. */
  readonly bytes: number;
  /** Files and folders, the folder itself too; null where the system's `du` does not count them (BusyBox). */
  readonly entries: number | null;
}

/** Of a disk that does not answer: a quarter of a million files take a second, or minutes on a machine that is too busy. */
const MEASURE_MS = 600_000;
const BOUND_MS = 60_000;
/** It stays on the file system that the folder is on, and says in its last line whether all could be read. */
const MEASURING = `du -skx -- "$1"; echo "end $?"; du -sx --inodes -- "$1"`;

/**
 * Measures a folder by a program, since it can be deeper than a path can be long.
 * @throws {Error} when it cannot be read to its end
 */
export async function measureFolder(path: string): Promise<FolderSize> {
  const { stdout, stderr } = await runSystemProgram(
    "/bin/sh",
    ["-c", MEASURING, "nano", path],
    AbortSignal.timeout(MEASURE_MS),
  );
  const [, kibibytes, code, entries = null] = /^(\d+)\t.*\nend (\d+)\n(?:(\d+)\t)?/s.exec(stdout) ?? [];
  // What is removed while it is counted is no mistake; nor is the folder, of which nothing is left then.
  const failures = stderr.split("\n").filter((line) =>
    line.startsWith("du: ") && !line.endsWith(": No such file or directory")
  );
  if (code !== "0" && failures.length > 0) throw new Error(failures[0]);
  if (kibibytes === undefined) {
    if (stderr.includes("No such file or directory")) return { bytes: 0, entries: 0 };
    throw new Error(`"du" tells nothing of it: ${stderr.trim()}`);
  }
  return { bytes: Number(kibibytes) * 1024, entries: entries === null ? null : Number(entries) };
}

/**
 * Makes a folder as a user would. It is not given to that user after it was made: who may write around it could have put
 * something else in its place.
 */
export async function makeFolderAs({ uid, gid }: ProcessUser, path: string): Promise<void> {
  const found = await findProcessTools();
  if ("missing" in found) throw new Error(`this machine does not have ${found.missing}`);
  const args = [...userArguments({ uid, gid }), "--", "mkdir", "--", path];
  const { code, stderr } = await runSystemProgram(found.tools.setpriv, args, AbortSignal.timeout(BOUND_MS));
  if (code !== 0) throw new Error(stderr.trim());
}

/**
 * Bounds each file that a process writes from now on.
 * @param fileBytes what a write may not go beyond: with 0 no file can be written, and files can still be removed
 */
export async function boundFiles(pid: number, fileBytes: number): Promise<void> {
  const found = await findProcessTools();
  if ("missing" in found) throw new Error(`this machine does not have ${found.missing}`);
  const { setpriv, prlimit } = found.tools;
  const { uid, gid } = await Deno.stat(`/proc/${pid}`);
  // A process bounds those of its own user; others take a right that containers give to nobody (CAP_SYS_RESOURCE).
  const becoming = uid === null || uid === Deno.uid()
    ? []
    : [setpriv, ...userArguments({ uid, gid: gid ?? uid }), "--"];
  const [program, ...args] = [...becoming, prlimit, "--pid", String(pid), `--fsize=${fileBytes}:`];
  const { code, stderr } = await runSystemProgram(program!, args, AbortSignal.timeout(BOUND_MS));
  if (code !== 0) throw new Error(stderr.trim());
}
