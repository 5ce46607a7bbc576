/** What an operator changes while NANO runs, beside editing nano.json; class Operator fits. */
import type { ReloadSummary } from "./events.ts";
import type { ChangeRequest } from "./change_request.ts";
import type { DataOperations } from "./data_operations.ts";
import type { FleetOperations } from "./fleet_operations.ts";

export type { ChangeRequest };

/** Why kept changes are not in force. */
export interface SetAside {
  /** The app. */
  readonly app: string;
  /** Every reason, each with the key and the value. */
  readonly reasons: readonly string[];
}

/** Where an app's entry comes from. */
export interface AppOrigin {
  /** `file`: nano.json names it; `api`: it was added while NANO ran; `version`: a preview or a rollout of another app. */
  readonly source: "file" | "api" | "version";
  /** The app that this is a version of, for source `version`. */
  readonly versionOf: string | null;
  /** Keys of nano.json that the admin API has put in the place of the file's, as they were given; null without any. */
  readonly overrides: Readonly<Record<string, unknown>> | null;
  /** Deployed version that serves, or null when the code comes from the app's `path`. */
  readonly deployed: string | null;
  /** What a rollback without a version leads to: a version, or `path`; null when nothing served before. */
  readonly previous: string | null;
  /** A version that gets a part of the requests. */
  readonly rollout: { readonly version: string; readonly percent: number } | null;
}

/** What serves for a version. */
export type VersionRole = "active" | "rollout" | "preview" | "kept";

/** A deployed version of an app. */
export interface VersionView {
  /** `v1`, `v2`, … in the order of the deploys; never given twice. */
  readonly version: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  /** Of the unpacked files. */
  readonly bytes: number;
  /** Count of the unpacked files. */
  readonly files: number;
  /** What the deploying person wrote, or "". */
  readonly note: string;
  /** Who deployed it. */
  readonly actor: string;
  /** What it does now. */
  readonly role: VersionRole;
  /** Host of its preview, or null. */
  readonly previewHost: string | null;
}

/** How a version is deployed. */
export interface DeployRequest extends ChangeRequest {
  /**
   * Makes the app when there is none of that name; null refuses that. Hosts empty: the name. `keys`: others of its entry,
   * as in `apps[]` of nano.json; the version boots with them.
   */
  readonly create:
    | { readonly hostnames: readonly string[]; readonly keys?: Readonly<Record<string, unknown>> }
    | null;
  /**
   * `all`: it takes the place of what serves; a percentage: it gets that part of the requests; `preview`: only its own
   * host `<version>--<app>.<suffix>`, where the suffix is the app's own unless one is given.
   */
  readonly target: "all" | { readonly percent: number } | { readonly preview: { readonly suffix: string | null } };
  /** What the deploying person wrote, or "". */
  readonly note: string;
}

/** One change that was asked for. */
export interface HistoryEntry {
  /** Grows by one an entry. */
  readonly id: number;
  /** ms since the epoch. */
  readonly at: number;
  /** Who asked. */
  readonly actor: string;
  /** What was asked, as `app.add`; a closed list. */
  readonly action: ChangeAction;
  /** Null for what concerns all. */
  readonly app: string | null;
  /** One sentence with the values, secrets masked. */
  readonly detail: string;
  /** Null when it was done, else why not. */
  readonly error: string | null;
}

/** Kinds of changes. */
export const CHANGE_ACTIONS = [
  "app.add",
  "app.change",
  "app.remove",
  "app.restart",
  "app.drain",
  "version.deploy",
  "version.rollback",
  "version.rollout",
  "version.return",
  "version.remove",
  "config.reload",
  "cron.run",
  "kv.put",
  "kv.delete",
  "d1.execute",
  "d1.import",
  "d1.migrate",
  "r2.put",
  "r2.delete",
  "queue.send",
  "queue.purge",
  "queue.retry",
  "data.backup",
  "data.restore",
  "fleet.found",
  "fleet.restore",
  "fleet.join",
  "fleet.retry",
] as const;

/** Kind of a change. */
export type ChangeAction = typeof CHANGE_ACTIONS[number];

/** What came of a removal or drain. */
export interface DrainOutcome {
  /** Requests that were in flight and finished. */
  readonly drainedRequests: number;
  /** Requests that had to be cut. */
  readonly forcedClosed: number;
}

/** Changes of apps, and what an operator must know of one to change it. */
export interface AppOperations {
  /** Changes with every change of an app's configuration or code; quoted, as an HTTP ETag. @throws {NanoError} NOT_FOUND */
  tagOf(app: string): string;
  /** Where an app comes from. @throws {NanoError} NOT_FOUND */
  originOf(app: string): AppOrigin;
  /**
   * Adds an app and keeps it.
   * @param entry as in `apps[]` of nano.json; without a name it is made from the hostname
   * @returns the app's name
   * @throws {NanoError} CONFLICT when name, host or port are taken, CONFIG_INVALID with every mistake in `details`
   */
  add(entry: Readonly<Record<string, unknown>>, by: ChangeRequest): Promise<string>;
  /**
   * Changes an app as JSON Merge Patch (RFC 7396): `null` takes a key away.
   * @throws {NanoError} NOT_FOUND, PRECONDITION_FAILED, CONFLICT, CONFIG_INVALID
   */
  change(app: string, patch: Readonly<Record<string, unknown>>, by: ChangeRequest): Promise<void>;
  /** Drops the overrides of an app of nano.json. @throws {NanoError} NOT_FOUND, PRECONDITION_FAILED */
  reset(app: string, by: ChangeRequest): Promise<void>;
  /** Removes an app; settles after its drain. @throws {NanoError} NOT_FOUND, PRECONDITION_FAILED */
  remove(app: string, by: ChangeRequest): Promise<DrainOutcome>;
  /** Boots another isolate of the same code, swaps, drains the old. @throws {NanoError} NOT_FOUND, APP_FAILED */
  restart(app: string, by: ChangeRequest): Promise<void>;
  /** Takes an app out of service after its requests; a restart brings it back. @throws {NanoError} NOT_FOUND */
  drain(app: string, by: ChangeRequest): Promise<DrainOutcome>;
  /** Runs a job now. @returns whether it went well @throws {NanoError} NOT_FOUND, CONFLICT */
  runCron(app: string, name: string, by: ChangeRequest): Promise<boolean>;
}

/** Changes of an app's versions. */
export interface VersionOperations {
  /**
   * Unpacks, keeps and boots an archive (zip or tar.gz), then lets it serve.
   * @throws {NanoError} NOT_FOUND, BODY_TOO_LARGE, USAGE for what is no such archive, CONFIG_INVALID when it cannot boot
   */
  deploy(app: string, archive: ReadableStream<Uint8Array>, how: DeployRequest): Promise<VersionView>;
  /** Newest first. @throws {NanoError} NOT_FOUND */
  list(app: string): readonly VersionView[];
  /**
   * Goes back to an earlier version; an open rollout ends.
   * @param version null: the one that served before; `path`: the app's own `path`
   * @returns what serves now, a version or `path`
   * @throws {NanoError} NOT_FOUND, CONFLICT when there is none before
   */
  rollback(app: string, version: string | null, by: ChangeRequest): Promise<string>;
  /**
   * Changes how many requests a version gets.
   * @param percent 0 ends the rollout, 100 makes the version the one that serves
   * @throws {NanoError} NOT_FOUND, USAGE
   */
  rollout(app: string, version: string, percent: number, by: ChangeRequest): Promise<void>;
  /** Deletes a version that does not serve, and its preview. @throws {NanoError} NOT_FOUND, CONFLICT */
  remove(app: string, version: string, by: ChangeRequest): Promise<void>;
}

/** The changes. All of them are kept, recorded and told; one at a time; all or nothing. */
export interface Operations {
  /** Changes of apps. */
  readonly apps: AppOperations;
  /** Changes of their versions. */
  readonly versions: VersionOperations;
  /** The data of apps. */
  readonly data: DataOperations;
  /** The fleet that this NANO is a node of, or null when it is alone. */
  readonly fleet: FleetOperations | null;
  /** Kept changes that are not in force. */
  setAside(): readonly SetAside[];
  /** As `Nano.reload`, recorded. @throws {NanoError} CONFIG_INVALID */
  reload(by: ChangeRequest): Promise<ReloadSummary>;
  /** What a reload would change now; nothing is booted. @throws {NanoError} CONFIG_INVALID */
  previewReload(): Promise<ReloadSummary>;
  /**
   * What was changed, newest first.
   * @param filter.before only entries with a lower id
   * @param filter.limit at most 500
   */
  history(filter: { app: string | null; before: number | null; limit: number }): readonly HistoryEntry[];
}
