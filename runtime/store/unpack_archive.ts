/** Unpacks an uploaded archive, zip or tar.gz, into an empty folder. */
import { join } from "node:path";
import { messageOf, NanoError } from "../errors.ts";
import { ArchiveFile } from "./archive_file.ts";
import type { EntryKind } from "./archive_links.ts";
import { type UnpackedSize, UnpackFolder } from "./unpack_folder.ts";

/** What makes a folder an app's: package.json, or a file that NANO would begin with. */
const APP_FILES = /^(package\.json|index\.html|(src\/)?(index|main)\.(ts|tsx|js|jsx|mjs)|worker\.(ts|tsx|js|jsx|mjs))$/;

/** What an archive gave. */
export interface UnpackedArchive extends UnpackedSize {
  /** The app's folder: the one that was unpacked to, or the only one in it, as GitHub packs. */
  readonly root: string;
}

/**
 * Unpacks an archive; when it returns, all files are on the disk.
 * @param archive path of the archive
 * @param into path of an empty folder; on failure it holds any part of the archive
 * @throws {NanoError} USAGE for an archive that is refused, INTERNAL when the disk refuses
 */
export async function unpackArchive(
  archive: string,
  { into, signal }: { readonly into: string; readonly signal?: AbortSignal | undefined },
): Promise<UnpackedArchive> {
  using file = await ArchiveFile.open(archive);
  const folder = new UnpackFolder(into, { archiveBytes: file.bytes, signal });
  const unpack = await unpackerOf(file);
  try {
    await unpack(file, folder);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof NanoError) throw cause;
    throw new NanoError("USAGE", `Cannot unpack the archive: it is damaged (${messageOf(cause)})`, { cause });
  }
  if (folder.size.files === 0) throw new NanoError("USAGE", "Cannot unpack the archive: it has no files");
  const root = wrappingFolder(folder.kinds) ?? "";
  await folder.makeLinks(root);
  await folder.sync();
  return { ...folder.size, root: join(into, root) };
}

type Unpacker = (archive: ArchiveFile, folder: UnpackFolder) => Promise<void>;

/** Each is loaded for the first archive of its kind. */
async function unpackerOf(file: ArchiveFile): Promise<Unpacker> {
  const magic = new Uint8Array(2);
  await file.readAt(magic, 0);
  if (magic[0] === 0x50 && magic[1] === 0x4b) return (await import("./zip_archive.ts")).unpackZip;
  if (magic[0] === 0x1f && magic[1] === 0x8b) return (await import("./tar_archive.ts")).unpackTar;
  const what = file.bytes === 0 ? "it is empty" : "it is neither a zip nor a tar.gz";
  throw new NanoError("USAGE", `Cannot unpack the archive: ${what}; send the app's folder as one of the two`);
}

/** The one folder that holds everything, when that is the app and its parent is none. */
function wrappingFolder(kinds: ReadonlyMap<string, EntryKind>): string | null {
  const paths = [...kinds.keys()];
  const top = paths.filter((path) => !path.includes("/"));
  const [only] = top;
  if (only === undefined || top.length !== 1 || kinds.get(only) !== "folder") return null;
  const files = paths.filter((path) => kinds.get(path) === "file");
  // A lone src/ with index.ts in it is what an app looks like, and no wrapping.
  if (files.some((path) => APP_FILES.test(path))) return null;
  return files.some((path) => APP_FILES.test(path.slice(only.length + 1))) ? only : null;
}
