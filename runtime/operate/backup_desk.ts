/** Carries out backups and restores of apps' data. */
import { join } from "node:path";
import type { BackupOperations, BackupStream, BackupView } from "../terms/backup_operations.ts";
import type { ChangeRequest } from "../terms/change_request.ts";
import { archiveFolder } from "../data/folder_archive.ts";
import { BACKUP_FOLDER } from "../data/restore_plan.ts";
import { StageThread } from "../data/stage_thread.ts";
import { messageOf, NanoError } from "../errors.ts";
import { BACKUP_VERSION, type BackupManifest, type BackupStore, OBJECTS_FOLDER } from "../store/backup_manifest.ts";
import { backupBytes, type BackupFiles, writeBackup } from "../store/write_backup.ts";
import { NANO_VERSION } from "../version.ts";
import { AppChanges } from "./app_changes.ts";
import type { ChangeDesk } from "./change_desk.ts";
import { type KeptKind, type KeptStores, KIND_FOLDERS, KIND_WORDS } from "./kept_stores.ts";
import { restoreBackup } from "./restore_backup.ts";

/** Copies that wait to be read, each of which takes the room of its databases. */
const MAX_BACKUPS = 4;
/** Whoever reads nothing of a backup for this long has gone. */
const IDLE_MS = 5 * 60_000;

/** Of a running NANO. */
export class BackupDesk implements BackupOperations {
  readonly #desk: ChangeDesk;
  readonly #stores: KeptStores;
  #underWay = 0;
  /** Files of stores are copied or exchanged, never both. */
  #files: Promise<unknown> = Promise.resolve();

  constructor(desk: ChangeDesk, stores: KeptStores) {
    this.#desk = desk;
    this.#stores = stores;
  }

  async backup(app: string | null, by: ChangeRequest): Promise<BackupStream> {
    const verb = app === null ? "back up all data" : `back up the data of app "${app}"`;
    if (app !== null) this.#desk.unit(app, "back up");
    if (this.#underWay >= MAX_BACKUPS) {
      throw new NanoError("CONFLICT", `Cannot ${verb}: ${MAX_BACKUPS} backups are under way`);
    }
    this.#underWay++;
    const folder = join(this.#desk.tools.data.folder, BACKUP_FOLDER, crypto.randomUUID());
    const end = async () => {
      this.#underWay--;
      // What cannot be removed is removed at the next start.
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    };
    try {
      let files!: BackupFiles;
      await this.#desk.record({ by, action: "data.backup", app, verb }, async () => {
        files = await this.#alone(() => this.#snapshot(app, folder));
        return `Backed up ${contentText(files.manifest)}${this.#without()}`;
      });
      const stream = this.#stream(files, end);
      return { view: viewOf(files.manifest, files.manifest.stores), bytes: backupBytes(files), stream };
    } catch (error) {
      await end();
      throw error;
    }
  }

  async restore(
    archive: ReadableStream<Uint8Array>,
    { app, dryRun }: { readonly app: string | null; readonly dryRun: boolean },
    by: ChangeRequest,
  ): Promise<BackupView> {
    const { data } = this.#desk.tools;
    const verb = app === null ? "restore a backup" : `restore app "${app}" from a backup`;
    const run = () =>
      restoreBackup(archive, { data, app, verb, dryRun, alone: (work) => this.#alone(work) })
        .then(({ manifest, stores }) => viewOf(manifest, stores));
    if (dryRun) return await run();
    let view!: BackupView;
    await this.#desk.record({ by, action: "data.restore", app, verb }, async () => {
      view = await run();
      return `Restored ${storesText(view.stores.length)} from a backup of ${new Date(view.createdAt).toISOString()}`;
    });
    await this.#restart(view, by);
    return view;
  }

  /** What a fleet keeps is backed up there. */
  #without(): string {
    const kinds = this.#desk.tools.data.outside?.kinds ?? new Set();
    if (kinds.size === 0) return "";
    const words = new Intl.ListFormat("en-GB").format([...kinds].map((kind) => `${KIND_WORDS[kind]}s`));
    return `, without ${words}, which the fleet keeps`;
  }

  /** A process goes on with the folder that it has begun with. */
  async #restart({ stores }: BackupView, by: ChangeRequest): Promise<void> {
    const apps = stores.filter(({ kind }) => kind === "files").flatMap(({ name }) =>
      this.#stores.appsOf("files", name)
    );
    const changes = new AppChanges(this.#desk);
    // One that does not start, before as after, shows it by its state; what was asked for is done.
    for (const app of apps) await changes.restart(app, by).catch(() => {});
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#files.then(work);
    this.#files = mine.catch(() => {});
    return mine;
  }

  /** Copies the stores into a folder. */
  async #snapshot(app: string | null, folder: string): Promise<BackupFiles> {
    const { data, clock } = this.#desk.tools;
    const objects = join(folder, OBJECTS_FOLDER);
    await Deno.mkdir(join(folder, "stores"), { recursive: true, mode: 0o700 });
    await Deno.mkdir(objects, { mode: 0o700 });
    using thread = new StageThread(data.folder);
    const createdAt = new Date(clock.wall()).toISOString();
    const stores: BackupStore[] = [];
    const sum = { files: 0, bytes: 0, packedBytes: 0 };
    for (const { kind, name, apps, exists } of await this.#wanted(app)) {
      const row = { kind, name, apps: [...apps] };
      // Every app could have one.
      if (!exists && (kind === "storage" || kind === "deno_kv" || kind === "files")) continue;
      if (!exists) {
        stores.push({ ...row, file: null, bytes: 0, sha256: null });
        continue;
      }
      const from = join(data.folder, KIND_FOLDERS[kind], name);
      if (kind === "files") {
        const file = `stores/${stores.length + 1}.tar`;
        await archiveFolder(from, join(folder, file)).catch((cause) => {
          throw new NanoError("INTERNAL", `Cannot copy ${KIND_WORDS.files} "${name}": ${messageOf(cause)}`, { cause });
        });
        const { bytes, sha256 } = await thread.measure(join(folder, file));
        stores.push({ ...row, file, bytes, sha256 });
        continue;
      }
      const file = `stores/${stores.length + 1}.db`;
      // What is deleted meanwhile stays until it has a second name.
      await using _kept = kind === "r2" ? await data.buckets.keep(name) : null;
      const copied = await thread.snapshot({
        from: `${from}.db`,
        to: join(folder, file),
        objects: kind === "r2" ? { from: `${from}.files`, to: objects } : null,
      });
      stores.push({ ...row, file, bytes: copied.bytes, sha256: copied.sha256 });
      sum.files += copied.objects.files;
      sum.bytes += copied.objects.bytes;
      sum.packedBytes += copied.objects.packedBytes;
    }
    const manifest: BackupManifest = {
      format: "nano-backup",
      version: BACKUP_VERSION,
      nano: NANO_VERSION,
      created_at: createdAt,
      app,
      stores,
      objects: { files: sum.files, bytes: sum.bytes },
    };
    return { folder, manifest, packedObjectBytes: sum.packedBytes };
  }

  async #wanted(app: string | null) {
    const { data } = this.#desk.tools;
    const kinds = (Object.keys(KIND_FOLDERS) as KeptKind[]).filter((kind) => data.outsideOf(kind) === null);
    const found = await Promise.all(kinds.map(async (kind) => {
      const all = await this.#stores.list(kind);
      return all.map(({ name, exists }) => ({ kind, name, exists, apps: this.#stores.appsOf(kind, name) }));
    }));
    return found.flat().filter(({ apps }) => app === null || apps.includes(app));
  }

  /** @param end called once, however it ends */
  #stream(files: BackupFiles, end: () => Promise<void>): ReadableStream<Uint8Array> {
    const { clock } = this.#desk.tools;
    const chunks = writeBackup(files);
    const over = async () => {
      stopWaiting();
      await end();
    };
    let stopWaiting = () => {};
    const waitFor = (controller: ReadableStreamDefaultController) => {
      stopWaiting();
      stopWaiting = clock.after(IDLE_MS, () => {
        controller.error(new Error("Nobody reads the backup"));
        void chunks.return(undefined).then(over, over);
      });
    };
    return new ReadableStream<Uint8Array>({
      start: waitFor,
      async pull(controller) {
        stopWaiting();
        try {
          const { done, value } = await chunks.next();
          if (!done) {
            controller.enqueue(value);
            waitFor(controller);
            return;
          }
          await over();
          controller.close();
        } catch (error) {
          await over();
          controller.error(error);
        }
      },
      async cancel() {
        await chunks.return(undefined);
        await over();
      },
    }, { highWaterMark: 0 });
  }
}

function viewOf({ created_at, app, objects }: BackupManifest, stores: readonly BackupStore[]): BackupView {
  return {
    createdAt: Date.parse(created_at),
    app,
    stores: stores.map(({ kind, name, apps, bytes }) => ({ kind, name, apps, bytes })),
    objects,
  };
}

function storesText(count: number): string {
  return count === 1 ? "1 store" : `${count} stores`;
}

function contentText({ stores, objects }: BackupManifest): string {
  const bytes = stores.reduce((sum, one) => sum + one.bytes, objects.bytes);
  return `${storesText(stores.length)}, ${bytes} bytes`;
}
