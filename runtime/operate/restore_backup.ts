/** Restores a backup: takes it in, looks at every part of it, then exchanges the files of the stores at once. */
import { join } from "node:path";
import type { KeptData } from "../data/kept_data.ts";
import { FileThread } from "../data/file_thread.ts";
import { restoreFolder } from "../data/folder_archive.ts";
import { RESTORE_FOLDER, waitingPath } from "../data/restore_plan.ts";
import { StageThread } from "../data/stage_thread.ts";
import { BadStore } from "../data/store_check.ts";
import { messageOf, NanoError } from "../errors.ts";
import { type BackupManifest, type BackupStore, badBackup, OBJECTS_FOLDER } from "../store/backup_manifest.ts";
import { readBackup } from "../store/read_backup.ts";
import { KIND_FOLDERS, KIND_WORDS } from "./kept_stores.ts";

/** What a restore works with. */
export interface RestoreTools {
  readonly data: KeptData;
  /** Only its stores, or null. */
  readonly app: string | null;
  readonly verb: string;
  /** Nothing is exchanged. */
  readonly dryRun: boolean;
  /** Does work while nobody else copies or exchanges files. */
  readonly alone: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/**
 * Does it.
 * @returns what the backup says of itself, and which of its stores were restored
 * @throws {NanoError} USAGE for what is no backup, or is damaged; NOT_FOUND when it has nothing of the app; CONFLICT when
 *   a fleet keeps what it has; nothing has changed then
 */
export async function restoreBackup(
  archive: ReadableStream<Uint8Array>,
  tools: RestoreTools,
): Promise<{ readonly manifest: BackupManifest; readonly stores: readonly BackupStore[] }> {
  const { data, app, verb, dryRun, alone } = tools;
  const id = crypto.randomUUID();
  const folder = join(data.folder, RESTORE_FOLDER, id);
  await Deno.mkdir(join(folder, "in", OBJECTS_FOLDER), { recursive: true, mode: 0o700 });
  let isWanted = false;
  try {
    const manifest = await receive(archive, data.folder, `${RESTORE_FOLDER}/${id}/in`);
    const stores = manifest.stores.filter(({ apps }) => app === null || apps.includes(app));
    if (stores.length === 0 && app !== null) {
      throw new NanoError("NOT_FOUND", `Cannot ${verb}: it has nothing of app "${app}"`);
    }
    const foreign = stores.find(({ kind }) => data.outsideOf(kind) !== null);
    if (foreign !== undefined) {
      const what = `${KIND_WORDS[foreign.kind]} "${foreign.name}"`;
      throw new NanoError("CONFLICT", `Cannot ${verb}: it has ${what}, and the fleet keeps stores of this kind`);
    }
    await prepare(stores, data.folder, id);
    if (!dryRun && stores.length > 0) {
      // If it fails, only the next start knows whether its files are needed.
      isWanted = true;
      await alone(() => exchange(stores, data, id));
      isWanted = false;
    }
    return { manifest, stores };
  } finally {
    // What cannot be removed is removed at the next start.
    if (!isWanted) await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
}

/** Writes all files of the archive below a folder. */
async function receive(
  archive: ReadableStream<Uint8Array>,
  dataFolder: string,
  into: string,
): Promise<BackupManifest> {
  using files = new FileThread(dataFolder);
  // As long as bytes come: whoever sends them may be slow.
  const { signal } = new AbortController();
  return await readBackup(archive, async (name, maxBytes, chunks) => {
    const options = { digests: ["sha256"], maxBytes, signal } as const;
    return (await files.write(`${into}/${name}`, ReadableStream.from(chunks), options)).digests.get("sha256")!;
  });
}

/** Looks at the stores, and puts each where the exchange finds it. */
async function prepare(stores: readonly BackupStore[], dataFolder: string, id: string): Promise<void> {
  using thread = new StageThread(dataFolder);
  const from = join(dataFolder, RESTORE_FOLDER, id, "in");
  for (const { kind, name, file } of stores) {
    const folder = KIND_FOLDERS[kind];
    const place = waitingPath(dataFolder, id, `${folder}/${name}`);
    await Deno.mkdir(join(place, ".."), { recursive: true, mode: 0o700 });
    if (kind === "files") {
      // One that had nothing has nothing again.
      if (file === null) await Deno.mkdir(place, { mode: 0o700 });
      else {
        await restoreFolder(join(from, file), place).catch((error) => {
          throw badBackup(`${KIND_WORDS[kind]} "${name}": ${messageOf(error)}`, error);
        });
      }
      continue;
    }
    const path = `${place}.db`;
    const objects = kind === "r2" ? { from: join(from, OBJECTS_FOLDER), to: `${place}.files` } : null;
    if (file !== null) await Deno.rename(join(from, file), path);
    // One that had nothing has nothing again.
    else await Deno.writeFile(path, new Uint8Array(), { mode: 0o600, createNew: true });
    await thread.check({ kind: folder, path, objects }).catch((error) => {
      throw error instanceof BadStore ? badBackup(`${KIND_WORDS[kind]} "${name}": ${error.message}`, error) : error;
    });
  }
}

async function exchange(stores: readonly BackupStore[], data: KeptData, id: string): Promise<void> {
  const names = stores.map(({ kind, name }) => `${KIND_FOLDERS[kind]}/${name}`);
  const databases = new Set(names.filter((name) => name.startsWith("d1/")));
  await data.sql.alone(databases, () => data.thread.swap({ id, stores: names }));
  for (const { kind, name } of stores) if (kind === "queue") data.queues.wake(name);
}
