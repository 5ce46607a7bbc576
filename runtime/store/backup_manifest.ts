/** What a backup says of itself: which stores it has, and by what they are known to be whole. */
import { z } from "zod";
import { NanoError } from "../errors.ts";

/** Name of its file in the archive, the first one. */
export const MANIFEST_NAME = "manifest.json";
/** Of the form of archives; another one is read by another NANO. */
export const BACKUP_VERSION = 1;
/** Below this the files of objects lie, each named after its SHA-256. */
export const OBJECTS_FOLDER = "objects";
/** A line for each of 100,000 stores. */
export const MAX_MANIFEST_BYTES = 32 * 1024 * 1024;

/** As nano.json names stores, and as those of a Workers project are named: they become files. */
const storeName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,64})?$/);
const bytes = z.int().min(0);

const manifestSchema = z.strictObject({
  format: z.literal("nano-backup"),
  version: z.literal(BACKUP_VERSION),
  nano: z.string(),
  created_at: z.iso.datetime(),
  app: z.string().nullable(),
  stores: z.array(z.strictObject({
    kind: z.enum(["kv", "d1", "r2", "queue", "storage", "deno_kv", "files"]),
    name: storeName,
    apps: z.array(z.string()),
    file: z.string().regex(/^stores\/[1-9][0-9]{0,6}\.(?:db|tar)$/).nullable(),
    bytes,
    sha256: z.string().regex(/^[0-9a-f]{64}$/).nullable(),
  })),
  objects: z.strictObject({ files: bytes, bytes }),
});

/** What stands in the file. */
export type BackupManifest = z.infer<typeof manifestSchema>;

/** A store in a backup; without a file there was nothing in it. */
export type BackupStore = BackupManifest["stores"][number];

/** Reads it. @throws {NanoError} USAGE for what is none that this NANO can read */
export function parseManifest(text: string): BackupManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badBackup(`its "${MANIFEST_NAME}" is no JSON`, cause);
  }
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format === "nano-backup" && version !== BACKUP_VERSION) {
    const shown = JSON.stringify(version) ?? "none";
    throw badBackup(`it has the version ${shown}, and this NANO reads version ${BACKUP_VERSION}`);
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw badBackup(`its "${MANIFEST_NAME}" is wrong at "${path.join(".")}": ${message}`);
  }
  const { stores } = parsed.data;
  const names = new Set(stores.map(({ kind, name }) => `${kind} ${name}`));
  const files = stores.flatMap(({ file }) => file ?? []);
  if (names.size < stores.length || new Set(files).size < files.length) {
    throw badBackup(`its "${MANIFEST_NAME}" names a store twice`);
  }
  if (stores.some(({ kind, file }) => file !== null && file.endsWith(".tar") !== (kind === "files"))) {
    throw badBackup(`its "${MANIFEST_NAME}" has a file of another kind of store`);
  }
  if (stores.some(({ file, sha256 }) => (file === null) !== (sha256 === null))) {
    throw badBackup(`its "${MANIFEST_NAME}" has a file without a digest`);
  }
  return parsed.data;
}

/** The error for an archive that cannot be restored. */
export function badBackup(why: string, cause?: unknown): NanoError {
  return new NanoError("USAGE", `Cannot use the backup: ${why}`, { cause });
}
