/** Backups of a fake NANO: an archive is the JSON of what it has. */
import { type BackupOperations, type BackupView, type ChangeRequest, NanoError } from "../../runtime/mod.ts";

type Record = (action: "data.backup" | "data.restore", app: string | null, detail: string, by: ChangeRequest) => void;

/** One namespace, which `app-1` uses. */
export class FakeBackupOperations implements BackupOperations {
  readonly #record: Record;

  constructor(record: Record) {
    this.#record = record;
  }

  // deno-lint-ignore require-await
  async backup(app: string | null, by: ChangeRequest) {
    if (app !== null && app !== "app-1") throw new NanoError("NOT_FOUND", `Cannot back up app "${app}": there is none`);
    const view: BackupView = {
      createdAt: 0,
      app,
      stores: [{ kind: "kv", name: "cache", apps: ["app-1"], bytes: 4096 }],
      objects: { files: 0, bytes: 0 },
    };
    this.#record("data.backup", app, "Backed up 1 store", by);
    const blob = new Blob([JSON.stringify(view)]);
    return { view, bytes: blob.size, stream: blob.stream() };
  }

  async restore(
    archive: ReadableStream<Uint8Array>,
    { app, dryRun }: { readonly app: string | null; readonly dryRun: boolean },
    by: ChangeRequest,
  ) {
    const text = await new Response(archive as BodyInit).text();
    if (!text.startsWith("{")) throw new NanoError("USAGE", "Cannot use the backup: it is none");
    if (!dryRun) this.#record("data.restore", app, "Restored 1 store", by);
    return JSON.parse(text) as BackupView;
  }
}
