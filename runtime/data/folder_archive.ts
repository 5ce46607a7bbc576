/**
 * A folder that an app writes as one tar, and back. The system's `tar` does it: it never follows a link that the app puts
 * in the way meanwhile, and a file that grows or shrinks while it is read spoils no other.
 */

/** Changed while it was read: GNU tar has it all the same, as it was in between. */
const CHANGED = 1;
/** What no file, folder or link is has no place in what comes in from outside; nor has what runs as its owner. */
const ODD = ["(", "!", "-type", "f", "!", "-type", "d", "!", "-type", "l", "-o", "-perm", "/7000", ")"];
/** From its input, where it takes nothing that is compressed: that could be a thousand times as long. */
const UNPACKING =
  'exec tar --extract --no-same-owner --no-same-permissions --no-xattrs --file - --directory "$2" < "$1"';
const KEPT_OF_OUTPUT = 300;

/** Writes all that lies in a folder into a new file. @throws {Error} when something of it cannot be read */
export async function packFolder(from: string, to: string): Promise<void> {
  const args = ["--create", "--sparse", "--numeric-owner", "--one-file-system", "--file", to, "--directory", from, "."];
  const { code, words } = await run("tar", args);
  if (code > CHANGED) throw new Error(words);
}

/**
 * Makes a folder of what was packed, with the owner and the rights of this process.
 * @throws {Error} when it is none, or has what is neither a file, a folder nor a link
 */
export async function unpackFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  const unpacked = await run("/bin/sh", ["-c", UNPACKING, "nano", from, to]);
  if (unpacked.code !== 0) throw new Error(unpacked.words);
  const odd = await run("find", [to, ...ODD, "-print", "-quit"]);
  if (odd.code !== 0 || odd.words !== "") {
    throw new Error(`it has what is no file: "${odd.words.slice(to.length + 1)}"`);
  }
  // All of it has to be on the disk before it takes the place of another one.
  const synced = await run("sync", ["--file-system", to]);
  if (synced.code !== 0) throw new Error(synced.words);
}

async function run(program: string, args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
  return { code, words: [text(stdout), text(stderr)].filter((one) => one !== "").join("\n").slice(0, KEPT_OF_OUTPUT) };
}
