/** A file of the app by its URL, for its `fetch`. */
import { runSteps } from "./fs/disk.ts";
import { fileURLToPath } from "./fs/file_url.ts";
import { readFile } from "./fs/reading.ts";

/**
 * Reads a file as `node:fs` has it: one of the app's own, or one that it wrote below /tmp.
 * @param url `file:///views/a.html`; what follows "?" or "#" does not count
 * @throws what `node:fs` throws where there is no such file
 */
export async function readOwnFile(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return await runSteps(readFile(fileURLToPath(url))) as Uint8Array<ArrayBuffer>;
}
