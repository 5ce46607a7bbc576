/** Reads the bytes of a static file: at once, or as a stream. */
import type { AssetFile } from "./asset_files.ts";
import type { AssetRange } from "./asset_negotiation.ts";
import { AssetStream } from "./asset_stream.ts";

/** Files up to here are read at once; longer ones are streamed. */
const WHOLE_BYTES = 64 * 1024;

/**
 * The bytes of a part, or of the whole.
 * @returns null for an empty file, "changed" when it is no longer what it was
 */
export async function assetBody(
  file: AssetFile,
  range: AssetRange | null,
): Promise<Uint8Array | AssetStream | null | "changed"> {
  const { from, length } = range ?? { from: 0, length: file.size };
  if (file.size === 0) return null;
  let open: Deno.FsFile;
  try {
    if (file.size <= WHOLE_BYTES) {
      const bytes = await Deno.readFile(file.path);
      return bytes.byteLength === file.size ? bytes.subarray(from, from + length) : "changed";
    }
    open = await Deno.open(file.path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "changed";
    throw error;
  }
  let kept = false;
  try {
    const info = await open.stat();
    if (info.size !== file.size || (info.mtime?.getTime() ?? 0) !== file.mtimeMs) return "changed";
    if (from > 0) await open.seek(from, Deno.SeekMode.Start);
    kept = true;
    return new AssetStream(open, length);
  } finally {
    if (!kept) open.close();
  }
}
