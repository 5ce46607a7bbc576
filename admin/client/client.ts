/** Speaks to the admin API of a running NANO; the command line uses it, and so may any program. */
import { hc } from "hono/client";
import type { AppPatch, AppStateName, NewApp } from "../../runtime/mod.ts";
import { AdminConnection, type AdminConnectionOptions } from "./admin_connection.ts";
import type { AdminApi } from "../api.ts";
import type { ChangeOptions, DeployOptions, FollowOptions, LogQuery } from "./client_options.ts";
import { BackupClient } from "./backup_client.ts";
import { D1Client } from "./d1_client.ts";
import { FleetClient } from "./fleet_client.ts";
import { KvClient } from "./kv_client.ts";
import { QueueClient } from "./queue_client.ts";
import { R2Client } from "./r2_client.ts";
import type { AppDetail, AppList, DrainReport, Series, Tick, Version } from "../schemas/app_schemas.ts";
import { AdminError } from "./admin_error.ts";
import { asciiJson } from "../schemas/ascii_json.ts";
import type { HistoryView, LogLineView, ReadinessView, ReloadView } from "../schemas/host_schemas.ts";
import { readServerSentEvents, type ServerSentEvent } from "../streams/server_sent_events.ts";
import { pathPart } from "./url_parts.ts";

export { AdminError, type AdminErrorCode } from "./admin_error.ts";
export type { AdminConnectionOptions } from "./admin_connection.ts";
export type { ChangeOptions, DeployOptions, FollowOptions, LogQuery } from "./client_options.ts";

/** Of keys sent with a deploy: a listener of Deno takes 64 KiB of headers in all, and answers 400 without a word beyond. */
const MAX_KEYS_CHARS = 60_000;

/** What a follower of a log gets: lines, and how many it missed because it was too slow. */
export type LogUpdate = { readonly line: LogLineView } | { readonly dropped: number };

/**
 * A client of the admin API. Every method throws {@linkcode AdminError}: with NANO's code and single mistakes, or with
 * `UNREACHABLE` when nothing answers.
 *
 * @example
 * ```ts no-eval
 * import { AdminClient } from "./client.ts";
 * const client = new AdminClient({ url: "http://127.0.0.1:9090", token: "secret" });
 * for (const app of (await client.apps()).apps) console.log(app.name, app.state);
 * ```
 */
export class AdminClient {
  /** What apps keep in KV namespaces. */
  readonly kv: KvClient;
  /** R2 buckets. */
  readonly r2: R2Client;
  /** Queues. */
  readonly queues: QueueClient;
  /** What they keep in D1 databases. */
  readonly d1: D1Client;
  /** All of their data. */
  readonly backups: BackupClient;
  /** The fleet that it is a node of. */
  readonly fleet: FleetClient;
  readonly #connection: AdminConnection;
  readonly #api;

  constructor(options: AdminConnectionOptions) {
    this.#connection = new AdminConnection(options);
    this.kv = new KvClient(this.#connection);
    this.r2 = new R2Client(this.#connection);
    this.queues = new QueueClient(this.#connection);
    this.d1 = new D1Client(this.#connection);
    this.backups = new BackupClient(this.#connection);
    this.fleet = new FleetClient(this.#connection);
    this.#api = hc<AdminApi>(this.#connection.url, { fetch: this.#connection.fetch });
  }

  /** Where it speaks to, without a slash at the end. */
  get url(): string {
    return this.#connection.url;
  }

  /** Ready or not: an answer in both cases. */
  async health(): Promise<ReadinessView> {
    return await (await this.#api.admin.health.$get()).json();
  }

  /** @param query.q part of a name or a host */
  async apps(query: { q?: string; state?: AppStateName; limit?: number; offset?: number } = {}): Promise<AppList> {
    return await (await this.#api.admin.apps.$get({ query: written(query) })).json();
  }

  /** One app with all that is known. */
  async app(name: string): Promise<AppDetail> {
    return await (await this.#api.admin.apps[":name"].$get({ param: param({ name }) })).json();
  }

  /** Adds an app; an entry as in `apps[]` of nano.json. */
  async addApp(entry: NewApp): Promise<AppDetail> {
    return await (await this.#api.admin.apps.$post({ json: entry })).json();
  }

  /** Changes an app as JSON Merge Patch: `null` takes a key away. */
  async changeApp(name: string, patch: AppPatch, options: ChangeOptions = {}): Promise<AppDetail> {
    const args = { param: param({ name }), header: ifMatch(options), json: patch };
    return await (await this.#api.admin.apps[":name"].$patch(args)).json();
  }

  /** Settles after its drain. */
  async removeApp(name: string, options: ChangeOptions = {}): Promise<DrainReport> {
    return await (await this.#api.admin.apps[":name"].$delete({ param: param({ name }), header: ifMatch(options) }))
      .json();
  }

  async restartApp(name: string, options: ChangeOptions = {}): Promise<AppDetail> {
    const route = this.#api.admin.apps[":name"].restart;
    return await (await route.$post({ param: param({ name }), header: ifMatch(options) })).json();
  }

  /** Settles after the drain. */
  async drainApp(name: string, options: ChangeOptions = {}): Promise<DrainReport> {
    return await (await this.#api.admin.apps[":name"].drain.$post({ param: param({ name }), header: ifMatch(options) }))
      .json();
  }

  /** Drops what the admin API has put in the place of nano.json's keys. */
  async resetApp(name: string, options: ChangeOptions = {}): Promise<AppDetail> {
    return await (await this.#api.admin.apps[":name"].reset.$post({ param: param({ name }), header: ifMatch(options) }))
      .json();
  }

  /** Runs a job now. @returns whether it went well */
  async runCron(name: string, cron: string): Promise<boolean> {
    const route = this.#api.admin.apps[":name"].crons[":cron"].run;
    return (await (await route.$post({ param: param({ name, cron }) })).json()).ok;
  }

  /** Newest first. */
  async versions(name: string): Promise<readonly Version[]> {
    return (await (await this.#api.admin.apps[":name"].versions.$get({ param: param({ name }) })).json()).versions;
  }

  /** Sends an archive, zip or tar.gz, as it is read. */
  async deploy(name: string, archive: ReadableStream<Uint8Array>, options: DeployOptions = {}): Promise<Version> {
    const { create, hostnames, keys, percent, preview, note, onProgress, signal } = options;
    const query = written({
      create: create ? "1" as const : undefined,
      hostname: hostnames && [...hostnames],
      percent,
      preview: preview ? "1" as const : undefined,
      suffix: typeof preview === "object" ? preview.suffix : undefined,
      note,
    });
    const init = { body: counted(archive, onProgress), ...(signal === undefined ? {} : { signal }) };
    const headers = { "content-type": "application/octet-stream" };
    const route = this.#api.admin.apps[":name"].versions;
    const header = { ...ifMatch(options), ...keys && { "nano-app-keys": keysHeader(name, keys) } };
    return await (await route.$post({ param: param({ name }), query, header }, { init, headers })).json();
  }

  async removeVersion(name: string, version: string, options: ChangeOptions = {}): Promise<void> {
    const route = this.#api.admin.apps[":name"].versions[":version"];
    await route.$delete({ param: param({ name, version }), header: ifMatch(options) });
  }

  /**
   * Goes back to an earlier version.
   * @param version null: the one that served before; `path`: the app's own path
   * @returns what serves now, a version or `path`
   */
  async rollback(name: string, version: string | null = null, options: ChangeOptions = {}): Promise<string> {
    const route = this.#api.admin.apps[":name"].rollback;
    const json = version === null ? {} : { version };
    return (await (await route.$post({ param: param({ name }), header: ifMatch(options), json })).json()).version;
  }

  /** @param percent 0 ends the rollout, 100 makes the version the one that serves */
  async rollout(name: string, version: string, percent: number, options: ChangeOptions = {}): Promise<AppDetail> {
    const route = this.#api.admin.apps[":name"].rollout;
    const args = { param: param({ name }), header: ifMatch(options), json: { version, percent } };
    return await (await route.$post(args)).json();
  }

  /** Reads nano.json anew; with `dryRun` it only tells what that would change. */
  async reload(options: { dryRun?: boolean } = {}): Promise<ReloadView> {
    return await (await this.#api.admin.reload.$post({ query: options.dryRun ? { dry_run: "1" } : {} })).json();
  }

  /** In force, secrets masked. */
  async config(): Promise<Record<string, unknown>> {
    return await (await this.#api.admin.config.$get()).json();
  }

  async history(query: { app?: string; before?: number; limit?: number } = {}): Promise<HistoryView> {
    return await (await this.#api.admin.history.$get({ query: written(query) })).json();
  }

  /** The recent past of an app. */
  async series(name: string): Promise<Series> {
    return await (await this.#api.admin.apps[":name"].series.$get({ param: param({ name }) })).json();
  }

  /** Prometheus text. */
  async metrics(): Promise<string> {
    return await (await this.#api.metrics.$get()).text();
  }

  /** The last lines of the log, oldest first. */
  async logs(query: LogQuery = {}): Promise<readonly LogLineView[]> {
    const response = await this.#connection.fetch(this.#logUrl(query, {}), { method: "GET" });
    return (await response.json()).lines;
  }

  /** The last lines, then every line as it is written, until the signal or the end of NANO. */
  async *followLogs(query: LogQuery = {}, options: FollowOptions = {}): AsyncGenerator<LogUpdate> {
    for await (const { event, data } of this.#events(this.#logUrl(query, { follow: "1" }), options)) {
      if (event === "line") yield { line: JSON.parse(data) };
      else if (event === "dropped") yield { dropped: JSON.parse(data).dropped };
    }
  }

  /** What happens, as it happens. @param options.types only these events; without it all but requests and app lines */
  async *events(
    options: FollowOptions & { types?: readonly string[] } = {},
  ): AsyncGenerator<{ readonly event: string; readonly data: Record<string, unknown> }> {
    const query = options.types === undefined ? "" : `?types=${encodeURIComponent(options.types.join(","))}`;
    for await (const { event, data } of this.#events(`${this.url}/admin/events${query}`, options)) {
      yield { event, data: JSON.parse(data) };
    }
  }

  /** Every app's last tick, once a tick. */
  async *stats(options: FollowOptions = {}): AsyncGenerator<readonly Tick[]> {
    for await (const { event, data } of this.#events(`${this.url}/admin/stats`, options)) {
      if (event === "tick") yield JSON.parse(data);
    }
  }

  #logUrl({ app, ...query }: LogQuery, more: Record<string, string>): string {
    const path = app === undefined ? "/admin/logs" : `/admin/apps/${pathPart(app)}/logs`;
    const written = { ...query, kind: query.kind?.join(","), ...more };
    const search = new URLSearchParams();
    for (const [key, value] of Object.entries(written)) if (value !== undefined) search.set(key, String(value));
    return `${this.url}${path}?${search}`;
  }

  async *#events(url: string, { signal, lastEventId }: FollowOptions): AsyncGenerator<ServerSentEvent> {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = String(lastEventId);
    const response = await this.#connection.fetch(url, { method: "GET", headers, ...(signal ? { signal } : {}) });
    if (response.body === null) return;
    try {
      yield* readServerSentEvents(response.body);
    } catch (error) {
      // Ended by the one who follows, not by NANO.
      if (signal?.aborted) return;
      throw this.#connection.unreachable(error);
    }
  }
}

/** `hono/client` puts values into the path as they are. */
function param<T extends Record<string, string>>(values: T): T {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pathPart(value)])) as T;
}

/** Without what is undefined; numbers as text. */
function written<T extends Record<string, string | number | string[] | undefined>>(query: T) {
  const entries = Object.entries(query).filter(([, value]) => value !== undefined);
  const text = entries.map(([key, value]) => [key, typeof value === "number" ? String(value) : value]);
  return Object.fromEntries(text) as { [K in keyof T]?: number extends T[K] ? string : Exclude<T[K], undefined> };
}

function ifMatch({ ifMatch }: ChangeOptions): { "if-match"?: string } {
  return ifMatch === undefined ? {} : { "if-match": ifMatch };
}

function counted(
  archive: ReadableStream<Uint8Array>,
  onProgress: ((bytes: number) => void) | undefined,
): ReadableStream<Uint8Array> {
  if (onProgress === undefined) return archive;
  let sent = 0;
  return archive.pipeThrough(
    new TransformStream({
      transform(chunk, controller) {
        controller.enqueue(chunk);
        onProgress(sent += chunk.byteLength);
      },
    }),
  );
}

function keysHeader(name: string, keys: Readonly<Record<string, unknown>>): string {
  const text = asciiJson(JSON.stringify(keys));
  if (text.length <= MAX_KEYS_CHARS) return text;
  throw new AdminError(
    "USAGE",
    `Cannot deploy app "${name}": its keys are ${text.length} characters of JSON, ${MAX_KEYS_CHARS} can be sent; ` +
      "leave long values of env out, and PATCH them once the app is there",
  );
}
