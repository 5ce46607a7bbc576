/** Writes a backup: a tar of files that wait in a folder. */
import { join } from "node:path";
// @ts-types="@types/tar-stream"
import { type Pack, pack as createPack } from "tar-stream";
import { type BackupManifest, MANIFEST_NAME, OBJECTS_FOLDER } from "./backup_manifest.ts";
import { SEAL_BYTES, sealed } from "./backup_seal.ts";
import { pacedWrite } from "./feed_stream.ts";

const FILE_MODE = 0o600;
const READ_BYTES = 256 * 1024;
/** Of zeros, at its end. */
const TAR_END_BYTES = 1024;
const BLOCK_BYTES = 512;

/** What is written. */
export interface BackupFiles {
  /** Absolute path of the folder where files wait under the names that the manifest has. */
  readonly folder: string;
  readonly manifest: BackupManifest;
  /** Of the files of objects in the tar, all together. */
  readonly packedObjectBytes: number;
}

/** How long the archive will be. */
export function backupBytes({ manifest, packedObjectBytes }: BackupFiles): number {
  const stores = manifest.stores.filter(({ file }) => file !== null).map(({ bytes }) => packedBytes(bytes));
  const all = [packedBytes(new TextEncoder().encode(manifestText(manifest)).byteLength), ...stores, packedObjectBytes];
  return all.reduce((sum, bytes) => sum + bytes, TAR_END_BYTES + SEAL_BYTES);
}

/** The archive, as fast as it is read; opens nothing before. */
export async function* writeBackup(files: BackupFiles): AsyncGenerator<Uint8Array> {
  yield* sealed(tarred(files));
}

async function* tarred(files: BackupFiles): AsyncGenerator<Uint8Array> {
  const tar = createPack();
  const filled = fill(tar, files).catch((error) => void tar.destroy(error));
  try {
    yield* tar;
  } finally {
    tar.destroy();
    await filled;
  }
}

async function fill(tar: Pack, { folder, manifest }: BackupFiles): Promise<void> {
  const mtime = new Date(manifest.created_at);
  tar.entry({ name: MANIFEST_NAME, mode: FILE_MODE, mtime }, manifestText(manifest));
  for (const { file, bytes } of manifest.stores) {
    if (file !== null) await addFile(tar, { name: file, path: join(folder, file), bytes, mtime });
  }
  const objects = join(folder, OBJECTS_FOLDER);
  for await (const { name } of Deno.readDir(objects)) {
    if (tar.destroyed) return;
    const path = join(objects, name);
    await addFile(tar, { name: `${OBJECTS_FOLDER}/${name}`, path, bytes: (await Deno.stat(path)).size, mtime });
  }
  tar.finalize();
}

async function addFile(tar: Pack, { name, path, bytes, mtime }: {
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly mtime: Date;
}): Promise<void> {
  if (tar.destroyed) return;
  using source = await Deno.open(path);
  const packed = Promise.withResolvers<void>();
  // A failure comes by the callback; the event alone would end the process.
  const entry = tar.entry({ name, size: bytes, mode: FILE_MODE, mtime }, (error) => {
    if (error) packed.reject(error);
    else packed.resolve();
  });
  entry.on("error", () => {});
  packed.promise.catch(() => {});
  for (let left = bytes; left > 0 && !tar.destroyed;) {
    const buffer = new Uint8Array(Math.min(READ_BYTES, left));
    const read = await source.read(buffer);
    if (read === null) throw new Error(`"${name}" is shorter than it was`);
    left -= read;
    await pacedWrite(entry, buffer.subarray(0, read));
  }
  entry.end();
  await packed.promise;
}

function packedBytes(bytes: number): number {
  return BLOCK_BYTES + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function manifestText(manifest: BackupManifest): string {
  return JSON.stringify(manifest, null, 2) + "\n";
}
