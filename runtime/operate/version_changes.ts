/** Changes of an app's versions: deploy, roll out, roll back, remove. */
import { createHash } from "node:crypto";
import { versionAppName } from "../config/layers.ts";
import { NanoError } from "../errors.ts";
import type { ChangeRequest, DeployRequest, VersionOperations, VersionView } from "../terms/operations.ts";
import type { KeptApp, VersionRecord } from "../store/state_store.ts";
import type { StagedVersion } from "../store/version_folders.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import type { ChangeDesk, Plan } from "./change_desk.ts";
import type { MigrationRunner } from "./d1_migrations.ts";
import { refuseOtherEnvironment } from "./deployed_environment.ts";
import { previewHost } from "./preview_host.ts";

/** Versions of an app that are kept beside those that serve, or served before. */
export const KEPT_VERSIONS = 10;
/** Stands for the app's own `path` where a version is named. */
const OWN_PATH = "path";

/** The changes of versions. */
export class VersionChanges implements VersionOperations {
  readonly #desk: ChangeDesk;
  readonly #migrations: Pick<MigrationRunner, "applyOf">;

  constructor(desk: ChangeDesk, migrations: Pick<MigrationRunner, "applyOf">) {
    this.#desk = desk;
    this.#migrations = migrations;
  }

  async deploy(app: string, archive: ReadableStream<Uint8Array>, how: DeployRequest): Promise<VersionView> {
    const desk = this.#desk;
    const { folders } = desk.tools;
    const wish = { by: how, action: "version.deploy", app, verb: `deploy to app "${app}"` } as const;
    desk.checkOpen(wish.verb);
    // Alone nobody asks for it.
    const digest = desk.isInFleet ? createHash("sha256") : null;
    let unpacked: StagedVersion;
    try {
      // Before the upload is read: whoever is refused should not have to send it all.
      await desk.ready(wish.verb);
      checkDeploy(desk, app, how);
      desk.checkTag(wish);
      folders.pathOf(app, "v1");
      unpacked = await folders.stage(archive, { onChunk: (chunk) => void digest?.update(chunk) });
    } catch (error) {
      await archive.cancel().catch(() => {});
      throw desk.failed(wish, error);
    }
    await using staged = unpacked;
    const sent = digest === null ? {} : { archive: { path: staged.archive, digest: digest.digest("hex") } };
    let arrived: string | null = null;
    let version = "";
    let surplus: readonly string[] = [];
    try {
      await desk.change(wish, () => {
        checkDeploy(desk, app, how);
        version = desk.nextVersion(app);
        const added: Added = { app, version, ...staged.size };
        const plan = {
          ...deployPlan(desk, added, how),
          arrive: async () => {
            // What lies there under a number that nobody has had yet was left by a try that failed.
            if (desk.isInFleet) await folders.remove(app, added.version);
            await staged.put(app, added.version);
            arrived = added.version;
          },
          // At once: the number may be another node's.
          depart: async () => {
            await staged.takeBack();
            arrived = null;
          },
          ...sent,
        };
        surplus = (plan.removeVersions ?? []).map((one) => one.version);
        // A preview gets no requests of users: what it needs must not change what they see.
        const isPreview = typeof how.target === "object" && "preview" in how.target;
        return isPreview ? plan : { ...plan, beforeSwap: (config) => this.#migrate(config, added, how) };
      });
    } catch (error) {
      // Whatever failed is the answer; a folder that stays is swept at the next start.
      if (arrived !== null) await folders.remove(app, arrived).catch(() => {});
      throw error;
    }
    // Before the next change, which may remove it.
    const view = this.list(app).find((one) => one.version === version)!;
    await forgetVersions(desk, app, surplus);
    return view;
  }

  /** The version has booted; now its databases get what it expects to find in them. */
  async #migrate({ apps, layers }: NanoConfig, { app, version }: Added, { actor }: ChangeRequest): Promise<void> {
    const candidate = versionAppName(app, version);
    const name = layers.rollouts[app]?.app === candidate ? candidate : app;
    const found = apps.find((one) => one.name === name);
    if (found === undefined) return;
    const by: ChangeRequest = { actor, ifMatch: null };
    const wish = { by, action: "d1.migrate", app, verb: `migrate the databases of app "${app}"` } as const;
    // What was applied stays, whatever becomes of the deploy.
    await this.#migrations.applyOf(
      found,
      (what) => this.#desk.record(wish, () => Promise.resolve(`Applied ${what}`)),
    );
  }

  list(app: string): readonly VersionView[] {
    const desk = this.#desk;
    desk.unit(app, "show");
    const row = desk.row(app);
    return desk.versions(app).map(({ app: _app, ...record }) => ({ ...record, role: roleOf(record, row) }));
  }

  async rollback(app: string, version: string | null, by: ChangeRequest): Promise<string> {
    const desk = this.#desk;
    const verb = `roll back app "${app}"`;
    let chosen = "";
    await desk.change({ by, action: "version.rollback", app, verb }, () => {
      desk.ownSource(app, "roll back");
      const row = desk.row(app);
      const present = row.activeVersion ?? OWN_PATH;
      // While a version gets a part of the requests, going back means that it gets none.
      const target = version ?? (row.rollout === null ? row.previousVersion : present);
      if (target === null) {
        const served = present === OWN_PATH ? "the code from its path" : `"${present}"`;
        throw new NanoError("CONFLICT", `Cannot ${verb}: no version served before ${served}`);
      }
      if (target === OWN_PATH && !hasPath(desk, app)) {
        throw new NanoError("NOT_FOUND", `Cannot ${verb} to "${OWN_PATH}": it has no path of its own`);
      }
      if (target !== OWN_PATH) recordOf(desk, { app, version: target }, `${verb} to`);
      if (target === present && row.rollout === null) {
        throw new NanoError("CONFLICT", `Cannot ${verb} to "${target}": it serves already`);
      }
      chosen = target;
      const next = target === present ? { ...row, rollout: null } : serving(row, target, hasPath(desk, app));
      return { row: next, detail: `App "${app}" serves ${shown(target)} again` };
    });
    return chosen;
  }

  rollout(app: string, version: string, percent: number, by: ChangeRequest): Promise<void> {
    const desk = this.#desk;
    const verb = `roll out "${version}" of app "${app}"`;
    return desk.change({ by, action: "version.rollout", app, verb }, () => {
      desk.ownSource(app, "roll out");
      checkPercent(percent, verb);
      recordOf(desk, { app, version }, "roll out");
      const row = desk.row(app);
      if (version === row.activeVersion) throw new NanoError("CONFLICT", `Cannot ${verb}: it serves already`);
      if (percent === 100) {
        return { row: serving(row, version, hasPath(desk, app)), detail: `App "${app}" serves ${version}` };
      }
      if (percent === 0) {
        return { row: { ...row, rollout: null }, detail: `${version} of app "${app}" gets no requests any more` };
      }
      const detail = `${version} of app "${app}" gets ${percent} % of the requests`;
      return { row: { ...row, rollout: { version, percent } }, detail };
    });
  }

  async remove(app: string, version: string, by: ChangeRequest): Promise<void> {
    const desk = this.#desk;
    const verb = `remove "${version}" of app "${app}"`;
    await desk.change({ by, action: "version.remove", app, verb }, () => {
      desk.ownSource(app, "remove a version of");
      recordOf(desk, { app, version }, "remove");
      const row = desk.row(app);
      if (version === row.activeVersion || version === row.rollout?.version) {
        throw new NanoError("CONFLICT", `Cannot ${verb}: it serves`);
      }
      return {
        row: row.previousVersion === version ? { ...row, previousVersion: null } : row,
        removeVersions: [{ app, version }],
        detail: `Removed ${version} of app "${app}"`,
      };
    });
    await forgetVersions(desk, app, [version]);
  }
}

function roleOf({ version, previewHost }: Omit<VersionRecord, "app">, row: KeptApp): VersionView["role"] {
  if (version === row.activeVersion) return "active";
  if (version === row.rollout?.version) return "rollout";
  return previewHost === null ? "kept" : "preview";
}

/** A version whose files are there. */
type Added = Pick<VersionRecord, "app" | "version" | "bytes" | "files">;

/** Removes the files of versions without a record, once nobody serves them any more. */
export async function forgetVersions(desk: ChangeDesk, app: string, versions: readonly string[]): Promise<void> {
  for (const version of versions) {
    await desk.tools.generations.ended(versionAppName(app, version));
    await desk.tools.folders.remove(app, version);
  }
}

function checkDeploy(desk: ChangeDesk, app: string, { create, target }: DeployRequest): void {
  const verb = `deploy to app "${app}"`;
  if (desk.tools.generations.unit(app) !== null) refuseOtherEnvironment(desk, app, create);
  else if (create === null) {
    throw new NanoError("NOT_FOUND", `Cannot ${verb}: there is no such app (create=1 makes one)`);
  } else if (target !== "all") {
    throw new NanoError("USAGE", `Cannot ${verb}: there is no such app, and its first version gets all requests`);
  }
  if (typeof target === "object" && "percent" in target) checkPercent(target.percent, verb);
}

function deployPlan(
  desk: ChangeDesk,
  added: Added,
  { create, target, note, actor }: DeployRequest,
): Plan {
  const { app, version } = added;
  const unit = desk.tools.generations.unit(app);
  const row = desk.row(app);
  const isPreview = typeof target === "object" && "preview" in target;
  const preview = isPreview
    ? previewHost(app, version, { hostnames: unit!.app.hostnames, suffix: target.preview.suffix })
    : null;
  const entry = unit === null ? newEntry(app, create!) : row.entry;
  const record: VersionRecord = { ...added, createdAt: desk.tools.clock.wall(), note, actor, previewHost: preview };
  const next = isPreview
    ? row
    : target === "all" || target.percent === 100
    ? serving({ ...row, entry }, version, unit !== null && hasPath(desk, app))
    : { ...row, rollout: target.percent === 0 ? null : { version, percent: target.percent } };
  const where = preview !== null
    ? ` on ${preview}`
    : target !== "all" && !isPreview
    ? ` for ${target.percent} % of the requests`
    : "";
  return {
    row: next,
    addVersions: [record],
    removeVersions: surplusOf(next, [version, ...desk.versions(app).map((one) => one.version)])
      .map((one) => ({ app, version: one })),
    detail: `Deployed ${version} of app "${app}"${where}`,
  };
}

function newEntry(
  name: string,
  { hostnames, keys = {} }: NonNullable<DeployRequest["create"]>,
): Readonly<Record<string, unknown>> {
  return { ...keys, name, ...hostnames.length === 0 ? {} : { hostname: hostnames } };
}

/** Versions beyond those that are kept, of all, newest first. Previews do not count as serving, or they would pile up. */
function surplusOf(row: KeptApp, all: readonly string[]): string[] {
  const inUse = new Set([row.activeVersion, row.previousVersion, row.rollout?.version]);
  return all.slice(KEPT_VERSIONS).filter((version) => !inUse.has(version));
}

/** The row once a version, or the app's own path, serves everything. */
function serving(row: KeptApp, version: string, hasOwnPath: boolean): KeptApp {
  const before = row.activeVersion ?? (hasOwnPath ? OWN_PATH : null);
  return { ...row, activeVersion: version === OWN_PATH ? null : version, previousVersion: before, rollout: null };
}

function hasPath(desk: ChangeDesk, app: string): boolean {
  const source = desk.config.layers.sources[app];
  return source !== undefined && source.from !== "version" && source.hasPath;
}

/** Ends a rollout that went wrong. */
export function returnRollout(desk: ChangeDesk, app: string, reason: string): Promise<void> {
  const by: ChangeRequest = { actor: "nano", ifMatch: null };
  return desk.change({ by, action: "version.return", app, verb: `end the rollout of app "${app}"` }, () => {
    const row = desk.row(app);
    const version = row.rollout?.version ?? "the version";
    const detail = `${version} of app "${app}" gets no requests any more: ${reason}`;
    return { row: { ...row, rollout: null }, detail };
  });
}

function recordOf(desk: ChangeDesk, { app, version }: { app: string; version: string }, verb: string): VersionRecord {
  const record = desk.versions(app).find((one) => one.version === version);
  if (record !== undefined) return record;
  throw new NanoError("NOT_FOUND", `Cannot ${verb} "${version}" of app "${app}": there is no such version`);
}

function checkPercent(percent: number, verb: string): void {
  if (Number.isFinite(percent) && percent >= 0 && percent <= 100) return;
  throw new NanoError("USAGE", `Cannot ${verb}: expected a percentage from 0 to 100, not ${percent}`);
}

function shown(version: string): string {
  return version === OWN_PATH ? "its own path" : version;
}
