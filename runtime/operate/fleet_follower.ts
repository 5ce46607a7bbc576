/** Puts in force on this node what the fleet's records say about its apps. */
import { messageOf } from "../errors.ts";
import { appOfKey, type AppRecord, NO_RECORD } from "../fleet/app_record.ts";
import type { VersionFiles } from "../fleet/version_files.ts";
import type { HeldRecord } from "../store/fleet_rows.ts";
import type { VersionRecord } from "../store/kept_state.ts";
import type { ChangeDesk } from "./change_desk.ts";
import { diffVersions } from "./kept_apps.ts";
import { emptyKeptApp } from "./kept_layers.ts";
import { forgetVersions } from "./version_changes.ts";

/** Follows the fleet. */
export class FleetFollower {
  readonly #desk: ChangeDesk;
  readonly #files: VersionFiles;

  constructor(desk: ChangeDesk, files: VersionFiles) {
    this.#desk = desk;
    this.#files = files;
  }

  /** As `ReplicaTools.apply`. */
  async apply(held: HeldRecord, record: AppRecord, isNews: () => boolean): Promise<void> {
    const app = appOfKey(held.key)!;
    if ((await this.#files.others(app, record.versions)).length > 0) {
      // A folder is for one version for good: what serves from it has to end before another one has its name.
      await this.#follow(app, { held: { ...held, why: "it is being replaced" }, record: NO_RECORD, isNews });
    }
    await this.#files.bring(app, record.versions);
    await this.#follow(app, { held, record, isNews });
  }

  async #follow(
    app: string,
    { held, record, isNews }: {
      readonly held: HeldRecord;
      readonly record: AppRecord;
      readonly isNews: () => boolean;
    },
  ): Promise<void> {
    const desk = this.#desk;
    const versions = record.versions.map(({ digest: _digest, ...one }): VersionRecord => ({ app, ...one }));
    let gone: readonly string[] = [];
    await desk.follow(app, {
      plan: () => {
        const change = diffVersions(desk.kept.versions(app), versions);
        gone = (change.removeVersions ?? []).map(({ version }) => version);
        return { row: record.row === null ? emptyKeptApp(app) : { name: app, ...record.row }, ...change };
      },
      by: record.by,
      held,
      isNews,
    });
    // It waits for the last request of an app that was removed; the next change does not have to.
    const forgotten = desk.tools.generations.ended(app).then(() => forgetVersions(desk, app, gone));
    if (held.why !== null) return await forgotten;
    forgotten.catch((error) => desk.tools.events.emit({ event: "warning", text: messageOf(error) }));
  }
}
