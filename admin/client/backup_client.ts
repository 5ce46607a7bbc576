/** The part of the client that takes backups and restores them. */
import type { RestoredAnswer } from "../schemas/backup_schemas.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { search } from "./url_parts.ts";

/** An archive of hundreds of gigabytes takes hours, whoever sends it. */
const TIMEOUT_MS = 24 * 60 * 60_000;

/** A backup as it comes. */
export interface BackupDownload {
  /** Of the whole archive. */
  readonly bytes: number;
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** Backups of a running NANO; every method throws {@linkcode AdminError}. */
export class BackupClient {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  /** @param app whose data, or null for those of all */
  async take(app: string | null = null): Promise<BackupDownload> {
    const { body, headers } = await this.#post(`/backup${search({ app: app ?? undefined })}`);
    return { bytes: Number(headers.get("content-length")), stream: body ?? new Blob([]).stream() };
  }

  /** @param options.app only its stores @param options.dryRun checks it, and changes nothing */
  async restore(
    archive: ReadableStream<Uint8Array>,
    { app, dryRun = false }: { readonly app?: string; readonly dryRun?: boolean } = {},
  ): Promise<RestoredAnswer> {
    const headers = { "content-type": "application/octet-stream" };
    const path = `/restore${search({ app, dry_run: dryRun ? "1" : undefined })}`;
    return await (await this.#post(path, { body: archive, headers })).json();
  }

  #post(path: string, init: RequestInit = {}): Promise<Response> {
    const url = `${this.#connection.url}/admin${path}`;
    return this.#connection.fetch(url, { method: "POST", timeoutMs: TIMEOUT_MS, ...init });
  }
}
