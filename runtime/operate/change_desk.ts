/** Where every change goes through: checked, booted, written, put in force, recorded and told; one at a time. */
import type { AppLayer } from "../config/layers.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";
import { versionRecordOf } from "../fleet/app_record.ts";
import { type FleetGate, PlanAgain } from "../fleet/fleet_gate.ts";
import type { AppUnit } from "../generations/reload.ts";
import type { DrainOutcome, HistoryEntry } from "../terms/operations.ts";
import type { HeldRecord } from "../store/fleet_rows.ts";
import type { KeptApp, VersionRecord } from "../store/state_store.ts";
import { AppTags } from "./app_tags.ts";
import type { ChangeTools, FollowedChange, OwnSource, Plan, Wish } from "./change_tools.ts";
import { diffVersions, KeptApps, writtenBy } from "./kept_apps.ts";
import { saysNothing } from "./kept_layers.ts";
import { conflictOf, refusalOf, refuseMisfit } from "./refusals.ts";

export type { ChangeTools, FollowedChange, OwnSource, Plan, Wish } from "./change_tools.ts";

/** A change that other nodes' changes made invalid is planned anew for so long. */
const PLAN_AGAIN_MS = 30_000;

/** Takes changes. */
export class ChangeDesk {
  readonly tools: ChangeTools;
  readonly kept: KeptApps;
  readonly #tags = new AppTags();

  constructor(tools: ChangeTools) {
    this.tools = tools;
    this.kept = new KeptApps(tools.store, {
      folderOf: (app, version) => tools.folders.pathOf(app, version),
      isComing: (app, version) => this.#fleet?.coming.has(app, version) ?? false,
    });
  }

  get #fleet(): FleetGate | null {
    return this.tools.fleet?.() ?? null;
  }

  get isInFleet(): boolean {
    return this.#fleet !== null;
  }

  /** Settles when something may be changed. @throws {NanoError} FLEET_UNAVAILABLE, CONFLICT on a node that only serves */
  async ready(verb: string): Promise<void> {
    await this.#fleet?.ready(verb);
  }

  /** In force. */
  get config(): NanoConfig {
    return this.tools.generations.present.config;
  }

  /** What is kept about an app; all null when nothing is. Where this node lags behind its fleet, as the fleet has it. */
  row(app: string): KeptApp {
    const ahead = this.#fleet?.ahead(app) ?? null;
    return ahead === null || ahead.row === null ? this.kept.row(app) : { name: app, ...ahead.row };
  }

  /** Newest first; of the fleet as {@linkcode ChangeDesk.row}. */
  versions(app: string): readonly VersionRecord[] {
    const ahead = this.#fleet?.ahead(app) ?? null;
    return ahead === null ? this.kept.versions(app) : ahead.versions.map((one) => versionRecordOf(app, one));
  }

  /** The number after the last that the app had; never given twice. */
  nextVersion(app: string): string {
    const fleet = this.#fleet;
    return fleet === null ? this.tools.store.nextVersion(app) : `v${fleet.lastVersion(app) + 1}`;
  }

  /** All that is kept, as layers over nano.json. */
  layers(): AppLayer[] {
    return this.kept.layers();
  }

  /** @throws {NanoError} NOT_FOUND */
  unit(app: string, verb: string): AppUnit {
    const unit = this.tools.generations.unit(app);
    if (unit === null) throw new NanoError("NOT_FOUND", `Cannot ${verb} app "${app}": there is no such app`);
    return unit;
  }

  /** @throws {NanoError} NOT_FOUND, CONFLICT for a version that runs beside its app */
  ownSource(app: string, verb: string): OwnSource {
    this.unit(app, verb);
    const source = this.config.layers.sources[app];
    if (source === undefined) {
      throw new NanoError("CONFLICT", `Cannot ${verb} app "${app}": its configuration comes from no document`);
    }
    if (source.from === "version") {
      throw new NanoError("CONFLICT", `Cannot ${verb} app "${app}": it is a version of app "${source.app}"`);
    }
    return source;
  }

  /** Another text for every configuration and code of the app. @throws {NanoError} NOT_FOUND */
  tagOf(app: string): string {
    const unit = this.unit(app, "show");
    return this.#tags.of(unit, this.config.layers.rollouts[app] ?? null);
  }

  /** @throws {NanoError} APP_DRAINING when NANO is going away */
  checkOpen(verb: string): void {
    if (this.tools.isDraining()) throw new NanoError("APP_DRAINING", `Cannot ${verb}: NANO is going away`);
  }

  /**
   * Changes what is kept about an app, all or nothing: when this settles it is on the disk and in force.
   *
   * @param plan called when all earlier changes are through; in a fleet once more when another node was quicker
   * @throws {NanoError} PRECONDITION_FAILED, CONFLICT, CONFIG_INVALID with every mistake in `details`, APP_DRAINING,
   *   FLEET_UNAVAILABLE
   */
  async change(wish: Wish & { readonly app: string }, plan: () => Plan): Promise<void> {
    const fleet = this.#fleet;
    const until = this.tools.clock.now() + PLAN_AGAIN_MS;
    for (;;) {
      try {
        if (fleet !== null) await fleet.ready(wish.verb);
      } catch (error) {
        throw this.failed(wish, error);
      }
      try {
        return await this.act(wish, async () => ({ kept: await this.#carryOut(wish, plan()) }));
      } catch (error) {
        if (!(error instanceof PlanAgain)) throw error;
        if (this.tools.clock.now() < until) continue;
        throw this.failed(
          wish,
          new NanoError("FLEET_UNAVAILABLE", `Cannot ${wish.verb}: ${error.message} all the time`),
        );
      }
    }
  }

  /**
   * Puts in force what other nodes have changed, all or nothing, without asking the fleet. @throws {NanoError} CONFIG_INVALID
   */
  follow(changes: readonly FollowedChange[], { isUnasked = false } = {}): Promise<void> {
    const { generations, store, layered } = this.tools;
    return generations.queue(async () => {
      this.checkOpen("follow the fleet");
      const news = changes.filter(({ isNews }) => isNews());
      if (news.length === 0) return;
      const planned = news.map(({ plan }) => plan());
      const config = await layered(this.kept.layersAfter(...planned));
      for (const { app } of news) {
        const isOfFile = this.config.layers.sources[app]?.from === "file";
        refuseMisfit(config, { app, verb: `follow the fleet's app "${app}"`, isOfFile });
      }
      const said = news.flatMap(({ app, by }) =>
        by === null ? [] : [{ at: by.at, actor: by.actor, action: by.action, app, detail: by.detail, error: null }]
      );
      await generations.advance(config, {
        strict: true,
        only: new Set(),
        isUnasked,
        keep: () => {
          store.commit({ ...writtenBy(planned), history: said, fleet: news.map(({ held }) => held) });
          for (const change of planned) this.kept.follow(change);
        },
      });
      for (const entry of said) this.#tell(entry);
    });
  }

  async #carryOut(wish: Wish & { readonly app: string }, planned: Plan): Promise<string> {
    try {
      return await this.#doPlanned(wish, planned);
    } catch (error) {
      await planned.depart?.().catch(() => {});
      throw error;
    }
  }

  async #doPlanned(wish: Wish & { readonly app: string }, planned: Plan): Promise<string> {
    const { generations, store, layered } = this.tools;
    const { app, verb } = wish;
    const { row, detail, beforeSwap, arrive, depart: _depart, archive, ...written } = planned;
    const fleet = this.#fleet;
    const after = this.kept.versionsAfter(planned, this.versions(app));
    // A node that lags behind the fleet writes what it had not yet, too.
    const versions = fleet === null || fleet.ahead(app) === null
      ? written
      : diffVersions(this.kept.versions(app), after);
    // In the turn of the plan: whatever comes later is a conflict.
    const expected = fleet?.revision ?? 0;
    let held: HeldRecord | null = null;
    await arrive?.();
    const isOfFile = this.config.layers.sources[app]?.from === "file";
    const config = await layered(this.kept.layersAfter({ row, ...versions }));
    refuseMisfit(config, { app, verb, isOfFile });
    const propose = async (gate: FleetGate) => {
      const { name: _name, ...said } = row;
      held = await gate.propose({
        app,
        row: saysNothing(row) ? null : said,
        versions: after.map(({ app: _app, ...one }) => one),
        by: { at: this.tools.clock.wall(), actor: wish.by.actor, action: wish.action, detail },
        expected,
        archive: archive ?? null,
      });
    };
    await generations.advance(config, {
      strict: true,
      only: new Set(),
      ...beforeSwap === undefined && fleet === null ? {} : {
        beforeSwap: async () => {
          await beforeSwap?.(config);
          if (fleet !== null) await propose(fleet);
        },
      },
      keep: () => {
        const history = [this.#entry(wish, detail, null)];
        store.commit({ ...writtenBy([{ row, ...versions }]), history, ...held === null ? {} : { fleet: [held] } });
        this.kept.follow({ row, ...versions });
      },
    }).catch((thrown) => {
      throw conflictOf(thrown, verb);
    });
    if (held !== null) fleet!.kept(held);
    return detail;
  }

  /** Does what changes nothing that is kept, after all earlier changes. @param work as of {@linkcode record} */
  act(wish: Wish, work: () => Promise<string | { readonly kept: string }>): Promise<void> {
    return this.tools.generations.queue(() => this.record(wish, work));
  }

  /**
   * The same without waiting for other changes.
   *
   * @param work returns the sentence for the history; `kept` when it stands there already
   */
  async record(wish: Wish, work: () => Promise<string | { readonly kept: string }>): Promise<void> {
    // Not for the history: it is about to be closed, or is.
    this.checkOpen(wish.verb);
    try {
      this.checkTag(wish);
      const done = await work();
      const detail = typeof done === "string" ? done : done.kept;
      if (typeof done === "string") this.tools.store.commit({ history: [this.#entry(wish, detail, null)] });
      this.#tell(this.#entry(wish, detail, null));
    } catch (thrown) {
      if (thrown instanceof PlanAgain) throw thrown;
      throw this.failed(wish, thrown);
    }
  }

  /** Does what ends an app's unit, and waits for its end. */
  async draining(app: string, work: () => Promise<void>): Promise<DrainOutcome> {
    const { events, generations } = this.tools;
    const inFlight = generations.unit(app)?.pending ?? 0;
    let forcedClosed = 0;
    const forget = events.listen((event) => {
      if (event.event === "app_drained" && event.app === app) forcedClosed += event.forcedClosed;
    });
    try {
      await work();
      await generations.ended(app);
    } finally {
      forget();
    }
    return { drainedRequests: Math.max(0, inFlight - forcedClosed), forcedClosed };
  }

  /** @throws {NanoError} PRECONDITION_FAILED, NOT_FOUND */
  checkTag({ app, tagged, by, verb }: Wish): void {
    const { ifMatch } = by;
    if (app === null || ifMatch === null || ifMatch === "*") return;
    const tag = this.tagOf(tagged ?? app);
    if (ifMatch.split(",").some((one) => one.trim() === tag)) return;
    throw new NanoError("PRECONDITION_FAILED", `Cannot ${verb}: it was changed meanwhile and has the tag ${tag} now`);
  }

  #entry({ by, action, app }: Wish, detail: string, error: string | null) {
    return { at: this.tools.clock.wall(), actor: by.actor, action, app, detail, error };
  }

  /** Records a failure: it counts more than a history that cannot be written. @returns it as whoever asked should read it */
  failed(wish: Wish, thrown: unknown): Error {
    const error = refusalOf(thrown, wish.verb);
    const detail = `Cannot ${wish.verb}`;
    try {
      this.tools.store.commit({ history: [this.#entry(wish, detail, error.message)] });
    } catch (second) {
      this.tools.events.emit({ event: "warning", text: `Cannot write the history: ${messageOf(second)}` });
    }
    this.#tell(this.#entry(wish, detail, error.message));
    return error;
  }

  #tell({ action, app, actor, detail, error }: Omit<HistoryEntry, "id" | "at">): void {
    this.tools.events.emit({ event: "operator_change", action, app, actor, detail, error });
  }
}
