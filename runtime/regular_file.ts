/** Reads files that others have named: none that has no end or waits for a writer, none beyond a bound. */

/** What cannot be read whole, and why: said without its path. */
export class UnfitFile extends Error {
  override readonly name = "UnfitFile";
}

/**
 * Reads a whole file.
 *
 * @param maxBytes that it may have
 * @throws {UnfitFile} when it is longer, or a folder, a pipe or a device: a pipe without a writer is waited for for ever,
 *   and by a thread that nobody gets back; `/dev/zero` is read until the memory is full
 * @throws {Error} what the file system says
 */
export async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const { isFile, isDirectory, size } = await Deno.stat(path);
  if (!isFile) throw new UnfitFile(isDirectory ? "it is a directory" : "it is a pipe or a device, no file");
  if (size > maxBytes) throw new UnfitFile(`it is longer than ${maxBytes} bytes`);
  return await Deno.readFile(path);
}

/** The same as text of UTF-8, without a byte order mark. */
export async function readRegularText(path: string, maxBytes: number): Promise<string> {
  return new TextDecoder().decode(await readRegularFile(path, maxBytes));
}
