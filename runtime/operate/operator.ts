/** Carries out what an operator asks for while NANO runs; every change is kept, recorded and told. */
import { diffApps } from "../config/diff.ts";
import type { AppLayer } from "../config/layers.ts";
import { messageOf } from "../errors.ts";
import type { NanoListener, ReloadSummary } from "../events.ts";
import type {
  AppOrigin,
  ChangeRequest,
  DeployRequest,
  DrainOutcome,
  HistoryEntry,
  Operations,
  SetAside,
  VersionView,
} from "../operations.ts";
import * as apps from "./app_changes.ts";
import { ChangeDesk, type ChangeTools } from "./change_desk.ts";
import { RolloutWatch } from "./rollout_watch.ts";
import * as versions from "./version_changes.ts";

/** The changes of a running NANO. */
export class Operator implements Operations {
  /** Register this with the `EventHub`: it compares the errors of rollouts. */
  readonly listen: NanoListener;
  readonly #desk: ChangeDesk;
  readonly #rollouts: RolloutWatch;

  constructor(tools: ChangeTools) {
    this.#desk = new ChangeDesk(tools);
    this.#rollouts = new RolloutWatch((app, reason) => void this.#returnRollout(app, reason));
    this.listen = this.#rollouts.listen;
  }

  /** What is kept, as layers over nano.json. */
  layers(): AppLayer[] {
    return this.#desk.layers();
  }

  /** Follows the generation in force; call it after every change. */
  follow(): void {
    this.#rollouts.follow(this.#desk.config.layers.rollouts);
    apps.endHiding(this.#desk);
  }

  tagOf(app: string): string {
    return this.#desk.tagOf(app);
  }

  originOf(app: string): AppOrigin {
    this.#desk.unit(app, "show");
    const source = this.#desk.config.layers.sources[app];
    const { patch, activeVersion, rollout } = this.#desk.row(app);
    return {
      source: source?.from ?? "file",
      versionOf: source?.from === "version" ? source.app : null,
      overrides: source?.from === "file" ? patch : null,
      deployed: activeVersion,
      rollout,
    };
  }

  setAside(): readonly SetAside[] {
    return this.#desk.config.layers.setAside;
  }

  addApp(entry: Readonly<Record<string, unknown>>, by: ChangeRequest): Promise<string> {
    return apps.addApp(this.#desk, entry, by);
  }

  changeApp(app: string, patch: Readonly<Record<string, unknown>>, by: ChangeRequest): Promise<void> {
    return apps.changeApp(this.#desk, app, patch, by);
  }

  resetApp(app: string, by: ChangeRequest): Promise<void> {
    return apps.resetApp(this.#desk, app, by);
  }

  removeApp(app: string, by: ChangeRequest): Promise<DrainOutcome> {
    return apps.removeApp(this.#desk, app, by);
  }

  restartApp(app: string, by: ChangeRequest): Promise<void> {
    return apps.restartApp(this.#desk, app, by);
  }

  drainApp(app: string, by: ChangeRequest): Promise<DrainOutcome> {
    return apps.drainApp(this.#desk, app, by);
  }

  runCron(app: string, name: string, by: ChangeRequest): Promise<boolean> {
    return apps.runCron(this.#desk, { app, name }, by);
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

  deploy(app: string, archive: ReadableStream<Uint8Array>, how: DeployRequest): Promise<VersionView> {
    return versions.deploy(this.#desk, app, { archive, how });
  }

  versions(app: string): readonly VersionView[] {
    return versions.versionsOf(this.#desk, app);
  }

  rollback(app: string, version: string | null, by: ChangeRequest): Promise<string> {
    return versions.rollback(this.#desk, { app, version }, by);
  }

  rollout(app: string, version: string, percent: number, by: ChangeRequest): Promise<void> {
    return versions.rollout(this.#desk, { app, version, percent }, by);
  }

  removeVersion(app: string, version: string, by: ChangeRequest): Promise<void> {
    return versions.removeVersion(this.#desk, { app, version }, by);
  }

  history(filter: { app: string | null; before: number | null; limit: number }): readonly HistoryEntry[] {
    return this.#desk.tools.store.history(filter);
  }

  async #returnRollout(app: string, reason: string): Promise<void> {
    try {
      await versions.returnRollout(this.#desk, app, reason);
    } catch (error) {
      const text = `Cannot end the rollout of app "${app}": ${messageOf(error)}`;
      this.#desk.tools.events.emit({ event: "warning", text });
    }
  }
}
