/** Carries out what an operator asks for while NANO runs; every change is kept, recorded and told. */
import { diffApps } from "../config/diff.ts";
import type { AppLayer } from "../config/layers.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { messageOf } from "../errors.ts";
import type { NanoListener, ReloadSummary } from "../terms/events.ts";
import type { DataOperations } from "../terms/data_operations.ts";
import type { VersionFiles } from "../fleet/version_files.ts";
import type { FleetOperations } from "../terms/fleet_operations.ts";
import type {
  AppOperations,
  ChangeRequest,
  HistoryEntry,
  Operations,
  SetAside,
  VersionOperations,
} from "../terms/operations.ts";
import { AppChanges, endHiding } from "./app_changes.ts";
import { BackupDesk } from "./backup_desk.ts";
import { ChangeDesk, type ChangeTools } from "./change_desk.ts";
import { D1Desk } from "./d1_desk.ts";
import { MigrationRunner } from "./d1_migrations.ts";
import { D1Sql } from "./d1_sql.ts";
import { FleetDesk } from "./fleet_desk.ts";
import { FleetFollower } from "./fleet_follower.ts";
import { KeptStores } from "./kept_stores.ts";
import { KvDesk } from "./kv_desk.ts";
import { QueueDesk } from "./queue_desk.ts";
import { R2Desk } from "./r2_desk.ts";
import { RolloutWatch } from "./rollout_watch.ts";
import { returnRollout, VersionChanges } from "./version_changes.ts";

/** The changes of a running NANO. */
export class Operator implements Operations {
  /** Register this with the `EventHub`: it compares the errors of rollouts. */
  readonly listen: NanoListener;
  readonly apps: AppOperations;
  readonly versions: VersionOperations;
  readonly data: DataOperations;
  readonly #desk: ChangeDesk;
  readonly #rollouts: RolloutWatch;
  readonly #runner: MigrationRunner;
  #fleet: FleetDesk | null = null;

  constructor(tools: ChangeTools) {
    this.#desk = new ChangeDesk(tools);
    const stores = new KeptStores(this.#desk);
    const sql = new D1Sql(tools.data);
    const runner = this.#runner = new MigrationRunner(sql, stores);
    this.apps = new AppChanges(this.#desk);
    this.versions = new VersionChanges(this.#desk, runner);
    this.data = {
      kv: new KvDesk(this.#desk, stores),
      d1: new D1Desk(this.#desk, { sql, stores, runner }),
      r2: new R2Desk(this.#desk, stores),
      queues: new QueueDesk(this.#desk, stores),
      backups: new BackupDesk(this.#desk, stores),
    };
    this.#rollouts = new RolloutWatch((app, reason) => void this.#returnRollout(app, reason));
    this.listen = this.#rollouts.listen;
  }

  get fleet(): FleetOperations | null {
    const node = this.#desk.tools.fleet?.() ?? null;
    return node === null ? null : this.#fleet ??= new FleetDesk(this.#desk, node);
  }

  /** What puts the fleet's records in force. */
  follower(files: VersionFiles): Pick<FleetFollower, "apply" | "applyAll"> {
    const follower = new FleetFollower(this.#desk, files);
    return { apply: (news) => follower.apply(news), applyAll: (all) => follower.applyAll(all) };
  }

  /** Names of all apps that something is kept about. */
  keptApps(): readonly string[] {
    return this.#desk.kept.names();
  }

  /** The files of an app's version have come. */
  touch(app: string): void {
    this.#desk.kept.touch(app);
  }

  /** What is kept, as layers over nano.json. */
  layers(): AppLayer[] {
    return this.#desk.layers();
  }

  /** Follows the generation in force; call it after every change. */
  follow(): void {
    this.#rollouts.follow(this.#desk.config.layers.rollouts);
    endHiding(this.#desk);
  }

  /** For a developer's apps: applies their migrations. What fails is told, and holds nobody up. */
  async migrate(apps: readonly AppConfig[]): Promise<void> {
    const by: ChangeRequest = { actor: "nano dev", ifMatch: null };
    for (const app of apps) {
      const wish = {
        by,
        action: "d1.migrate",
        app: app.name,
        verb: `migrate the databases of app "${app.name}"`,
      } as const;
      const onApplied = (what: string) => this.#desk.record(wish, () => Promise.resolve(`Applied ${what}`));
      try {
        await this.#runner.applyOf(app, onApplied);
      } catch (error) {
        this.#desk.failed(wish, error);
      }
    }
  }

  setAside(): readonly SetAside[] {
    return this.#desk.config.layers.setAside;
  }

  async reload(by: ChangeRequest): Promise<ReloadSummary> {
    let summary!: ReloadSummary;
    await this.#desk.record({ by, action: "config.reload", app: null, verb: "reload" }, async () => {
      summary = await this.#desk.tools.reload();
      const { added, removed, changed } = summary;
      return `Reloaded: ${added.length} added, ${removed.length} removed, ${changed.length} changed`;
    });
    return summary;
  }

  async previewReload(): Promise<ReloadSummary> {
    const { readConfig, generations, codeVersion } = this.#desk.tools;
    const config = await readConfig(this.layers());
    const { added, removed, changed, unchanged } = diffApps(this.#desk.config.apps, config.apps);
    const isSame = await Promise.all(unchanged.map(async (name) => {
      const unit = generations.unit(name)!;
      // A reload leaves what nobody has asked for unread, too.
      if (unit.isUnread === true) return true;
      // Code that cannot be bundled is other code, unless that is what failed before.
      const version = await codeVersion(unit.app).catch((error: unknown) => `broken: ${messageOf(error)}`);
      return unit.version === null ? version.startsWith("broken: ") : version === unit.version;
    }));
    return {
      added,
      removed,
      changed: [...changed, ...unchanged.filter((_name, at) => !isSame[at])],
      unchanged: unchanged.filter((_name, at) => isSame[at]),
    };
  }

  history(filter: { app: string | null; before: number | null; limit: number }): readonly HistoryEntry[] {
    return this.#desk.tools.store.history(filter);
  }

  async #returnRollout(app: string, reason: string): Promise<void> {
    try {
      await returnRollout(this.#desk, app, reason);
    } catch (error) {
      const text = `Cannot end the rollout of app "${app}": ${messageOf(error)}`;
      this.#desk.tools.events.emit({ event: "warning", text });
    }
  }
}
