/** Puts in force on this node what the fleet's records say about its apps. */
import { messageOf } from "../errors.ts";
import { startsLazily } from "../config/starts_lazily.ts";
import { appOfKey, type AppRecord, type FleetVersion, NO_RECORD, versionRecordOf } from "../fleet/app_record.ts";
import { atOnce } from "../fleet/at_once.ts";
import type { NewsOfApp } from "../fleet/replica_tools.ts";
import type { VersionFiles } from "../fleet/version_files.ts";
import type { ChangeDesk, FollowedChange } from "./change_desk.ts";
import { diffVersions } from "./kept_apps.ts";
import { emptyKeptApp } from "./kept_layers.ts";
import { forgetVersions } from "./version_changes.ts";

/** Archives that are fetched and unpacked at once: a single one waits for the engine, and then for the disk. */
const BROUGHT_AT_ONCE = 8;

/** Follows the fleet. */
export class FleetFollower {
  readonly #desk: ChangeDesk;
  readonly #files: VersionFiles;

  constructor(desk: ChangeDesk, files: VersionFiles) {
    this.#desk = desk;
    this.#files = files;
  }

  /** As `ReplicaTools.apply`. */
  async apply(news: NewsOfApp): Promise<void> {
    const { held, record } = news;
    const app = appOfKey(held.key)!;
    if ((await this.#files.others(app, record.versions)).length > 0) {
      // A folder is for one version for good: what serves from it has to end before another one has its name.
      await this.#follow({ ...news, held: { ...held, why: "it is being replaced" }, record: NO_RECORD });
    }
    await this.#files.bring(app, record.versions);
    await this.#follow(news);
  }

  /** As `ReplicaTools.applyAll`. */
  async applyAll(all: readonly NewsOfApp[]): Promise<void> {
    const apps = all.map(({ held, record }) => ({ app: appOfKey(held.key)!, versions: record.versions }));
    for (const { app, versions } of apps) {
      if ((await this.#files.others(app, versions)).length > 0) {
        throw new Error(`"${app}" has to be replaced by itself`);
      }
    }
    this.#files.expect(apps);
    const count = this.#desk.config.apps.length + all.length;
    const needed = all.map(({ record }) => new Set(record.versions.filter((one) => !mayFollow(one, record, count))));
    const failures: unknown[] = [];
    // Whoever tries them one by one then finds none of them under way.
    await atOnce(apps, BROUGHT_AT_ONCE, async ({ app }, at) => {
      if (failures.length > 0) return;
      await this.#files.bring(app, [...needed[at]!]).catch((error) => failures.push(error));
    });
    if (failures.length > 0) throw failures[0];
    const coming = apps.map(({ app, versions }, at) => ({
      app,
      versions: versions.filter((one) => !needed[at]!.has(one)),
    }));
    for (const { app, versions } of coming) this.#files.coming.expect(app, versions);
    try {
      await this.#desk.follow(all.map((news) => this.#changeOf(news, () => {})), { isUnasked: true });
    } catch (error) {
      await Promise.all(
        coming.flatMap(({ app, versions }) => versions.map(({ version }) => this.#files.coming.forget(app, version))),
      );
      throw error;
    }
  }

  async #follow(news: NewsOfApp): Promise<void> {
    const desk = this.#desk;
    const app = appOfKey(news.held.key)!;
    let gone: readonly string[] = [];
    await desk.follow([this.#changeOf(news, (versions) => gone = versions)]);
    await Promise.all(gone.map((version) => this.#files.coming.forget(app, version)));
    // It waits for the last request of an app that was removed; the next change does not have to.
    const forgotten = desk.tools.generations.ended(app).then(() => forgetVersions(desk, app, gone));
    if (news.held.why !== null) return await forgotten;
    forgotten.catch((error) => desk.tools.events.emit({ event: "warning", text: messageOf(error) }));
  }

  /** @param onGone hears of the versions that are no more, once it is planned */
  #changeOf(
    { held, record, isNews }: NewsOfApp,
    onGone: (versions: readonly string[]) => void,
  ): FollowedChange {
    const app = appOfKey(held.key)!;
    const versions = record.versions.map((one) => versionRecordOf(app, one));
    return {
      app,
      plan: () => {
        const change = diffVersions(this.#desk.kept.versions(app), versions);
        onGone((change.removeVersions ?? []).map(({ version }) => version));
        return { row: rowOf(app, record), ...change };
      },
      by: record.by,
      held,
      isNews,
    };
  }
}

/** Whether an app can be in force before the files of a version are here. @param count of all apps */
function mayFollow({ version, previewHost, plain }: FleetVersion, { row }: AppRecord, count: number): boolean {
  const isRun = previewHost !== null || version === row?.activeVersion || version === row?.rollout?.version;
  if (!isRun) return true;
  const starts = row?.entry?.["start"] ?? "auto";
  // What is laid over an app of nano.json, and what boots at once, is looked at as a whole.
  const isLazy = row?.entry != null && (starts === "lazy" || (starts === "auto" && startsLazily({ starts }, count)));
  return plain === true && isLazy;
}

function rowOf(app: string, { row }: AppRecord) {
  return row === null ? emptyKeptApp(app) : { name: app, ...row };
}
