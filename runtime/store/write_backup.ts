/** Writes a backup: a tar of files that wait in a folder. */
import { join } from "node:path";
// @ts-types="@types/tar-stream"
import type { Pack } from "tar-stream";
import { type BackupManifest, MANIFEST_NAME, OBJECTS_FOLDER } from "./backup_manifest.ts";
import { SEAL_BYTES, sealed } from "./backup_seal.ts";
import { addTarFile, tarStream } from "./tar_stream.ts";

const FILE_MODE = 0o600;
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
  yield* sealed(tarStream((tar) => fill(tar, files)));
}

async function fill(tar: Pack, { folder, manifest }: BackupFiles): Promise<void> {
  const mtime = new Date(manifest.created_at);
  const add = (name: string, path: string, bytes: number) =>
    addTarFile(tar, { name, path, bytes, mode: FILE_MODE, mtime }, () => new Error(`"${name}" is shorter than it was`));
  tar.entry({ name: MANIFEST_NAME, mode: FILE_MODE, mtime }, manifestText(manifest));
  for (const { file, bytes } of manifest.stores) if (file !== null) await add(file, join(folder, file), bytes);
  const objects = join(folder, OBJECTS_FOLDER);
  for await (const { name } of Deno.readDir(objects)) {
    if (tar.destroyed) return;
    const path = join(objects, name);
    await add(`${OBJECTS_FOLDER}/${name}`, path, (await Deno.stat(path)).size);
  }
}

function packedBytes(bytes: number): number {
  return BLOCK_BYTES + Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function manifestText(manifest: BackupManifest): string {
  return JSON.stringify(manifest, null, 2) + "\n";
}
