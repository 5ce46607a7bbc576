/**
 * A folder that an app writes as one tar, and back. The system's `tar` does it: it never follows a link that the app puts
 * in the way meanwhile, and a file that grows or shrinks while it is read spoils no other.
 */
import { systemClock } from "../clock.ts";
import { inTime, LATE } from "../deadline.ts";
import { type ProgramEnd, runSystemProgram, runWhileMoving } from "../machine/system_program.ts";

/** Changed while it was read: GNU tar has it all the same, as it was in between. */
const CHANGED = 1;
/** Pipes, and devices of an archive that was made elsewhere, are nothing that an app keeps. */
const NO_FILES = ["!", "-type", "f", "!", "-type", "d", "!", "-type", "l", "-delete"];
/** From its input, where it takes nothing that is compressed: that could be a thousand times as long. */
const UNPACKING =
  'exec tar --extract --no-same-owner --no-same-permissions --no-xattrs --file - --directory "$2" < "$1"';
const KEPT_OF_OUTPUT = 300;
/** How long a folder takes is a matter of its size; a disk that gives nothing for a minute gives nothing. */
const IDLE_MS = 60_000;
/** `sync` does nothing itself, so that there is nothing to look at; what waits in memory is bounded by the kernel. */
const SYNC_MS = 600_000;

/** Writes all that lies in a folder into a new file. @throws {Error} when something of it cannot be read */
export async function archiveFolder(from: string, to: string): Promise<void> {
  const args = ["--create", "--sparse", "--numeric-owner", "--one-file-system", "--file", to, "--directory", from, "."];
  const { code, words } = await run("tar", args);
  if (code > CHANGED) throw new Error(words);
}

/**
 * Makes a folder of what was packed: files, folders and links, of this process' owner, and none that runs as its owner.
 * @throws {Error} when it is none, or is damaged
 */
export async function restoreFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  const unpacked = await run("/bin/sh", ["-c", UNPACKING, "nano", from, to]);
  if (unpacked.code !== 0) throw new Error(unpacked.words);
  const removed = await run("find", [to, ...NO_FILES]);
  if (removed.code !== 0) throw new Error(removed.words);
  // All of it has to be on the disk before it takes the place of another one.
  const synced = await inTime(runSystemProgram("sync", ["--file-system", to]), SYNC_MS);
  if (synced === LATE) throw new Error(`The disk has not taken it within ${SYNC_MS / 60_000} minutes`);
  if (synced.code !== 0) throw new Error(wordsOf(synced));
}

async function run(program: string, args: readonly string[]) {
  const end = await runWhileMoving(program, args, { idleMs: IDLE_MS, after: systemClock.after });
  return { code: end.code, words: wordsOf(end) };
}

function wordsOf({ stdout, stderr }: ProgramEnd): string {
  const words = [stdout, stderr].map((text) => text.trim()).filter((one) => one !== "");
  return words.join("\n").slice(0, KEPT_OF_OUTPUT);
}
