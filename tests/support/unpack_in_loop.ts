/**
 * A process to be killed: unpacks version after version of app "a" into the state folder of its argument and removes
 * them again some rounds later. Prints `in v3` when a version was taken in, `out v3` before it is removed.
 */
import { VersionFolders } from "../../runtime/store/version_folders.ts";
import { rawTarGz } from "./raw_tar.ts";
import { rawZip } from "./raw_zip.ts";

/** How many files each version has. */
export const LOOP_FILES = 50;

/** Text of a file of a version of the loop. */
export function loopText(version: string, file: number): string {
  return `${version}:${file}\n`.repeat(200);
}

function tell(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  let told = 0;
  while (told < bytes.length) told += Deno.stdout.writeSync(bytes.subarray(told));
}

if (import.meta.main) {
  const [stateDir = "", first = "1"] = Deno.args;
  const folders = new VersionFolders(stateDir);
  for (let number = Number(first);; number++) {
    const version = `v${number}`;
    const files = Array.from({ length: LOOP_FILES }, (_, file) => ({
      name: `lib${file % 7}/${file}.txt`,
      content: loopText(version, file),
    }));
    const archive = number % 2 === 0 ? rawZip(files) : rawTarGz(files);
    await folders.unpack("a", version, ReadableStream.from([archive]));
    tell(`in ${version}`);
    if (number < Number(first) + 2) continue;
    tell(`out v${number - 2}`);
    await folders.remove("a", `v${number - 2}`);
  }
}
