/** Where every change goes through: checked, booted, written, put in force, recorded and told; one at a time. */
import { createHash } from "node:crypto";
import type { Clock } from "../clock.ts";
import type { AppLayer, AppSource } from "../config/layers.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import type { DataThread } from "../data/data_thread.ts";
import type { QueueHub } from "../data/queue_hub.ts";
import type { R2Engine } from "../data/r2_engine.ts";
import type { SqlPool } from "../data/sql_pool.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { EventHub, ReloadSummary } from "../events.ts";
import type { Generations } from "../generations/generations.ts";
import type { ChangeAction, ChangeRequest, DrainOutcome } from "../operations.ts";
import type { AppUnit } from "../generations/reload.ts";
import type { QuarantineFile } from "../store/quarantine_file.ts";
import type { KeptApp, StateStore, VersionRecord } from "../store/state_store.ts";
import type { VersionFolders } from "../store/version_folders.ts";
import { KeptApps, type KeptChange } from "./kept_apps.ts";
import { saysNothing } from "./kept_layers.ts";
import { conflictOf, refusalOf, refuseMisfit } from "./refusals.ts";

/** What changes work with. */
export interface ChangeTools {
  readonly store: StateStore;
  readonly folders: VersionFolders;
  readonly generations: Generations;
  readonly events: EventHub;
  readonly clock: Clock;
  /**
   * The configuration in force with other layers, the oldest first. What nano.json says meanwhile is left to the next
   * reload: half an edit must not hold up a rollback. @throws {NanoError} CONFIG_INVALID
   */
  readonly layered: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
  /** Reads nano.json, with layers. @throws {NanoError} CONFIG_INVALID */
  readonly readConfig: (layers: readonly AppLayer[]) => Promise<NanoConfig>;
  /** Whether NANO is going away; what is kept can be changed no more then. */
  readonly isDraining: () => boolean;
  /** As `Nano.reload`. */
  readonly reload: () => Promise<ReloadSummary>;
  /** Runs a job now. @returns whether it went well, or null when it runs already */
  readonly runCron: (unit: AppUnit, name: string) => Promise<boolean | null>;
  /** Versions that are not started. */
  readonly quarantine: Pick<QuarantineFile, "add" | "release">;
  /** Version of the code that an app's path holds now. @throws {NanoError} APP_FAILED when it cannot be bundled */
  readonly codeVersion: (app: AppConfig) => Promise<string>;
  /** Where the data of apps are kept, by the same threads and processes as their bindings have. */
  readonly data: DataTools;
}

/** Keeps the data of apps. */
export interface DataTools {
  /** Absolute. */
  readonly folder: string;
  readonly thread: DataThread;
  readonly sql: SqlPool;
  readonly buckets: R2Engine;
  readonly queues: QueueHub;
}

/** A change as it was asked for. */
export interface Wish {
  readonly by: ChangeRequest;
  readonly action: ChangeAction;
  /** Null for what concerns all. */
  readonly app: string | null;
  /** What cannot be done, should it fail: `deploy to app "blog"`. */
  readonly verb: string;
  /** The app whose tag is compared, when it is another one. */
  readonly tagged?: string;
}

/** What a change writes about an app. */
export interface Plan extends KeptChange {
  /** One sentence for the history. */
  readonly detail: string;
  /** What is to be done when all has booted and nothing is in force yet; what it throws refuses the change. */
  readonly beforeSwap?: (config: NanoConfig) => Promise<void>;
}

/** An app with an entry of its own, unlike a version of another one. */
export type OwnSource = Exclude<AppSource, { from: "version" }>;

/** The tag of an app, and what it was made of beside its configuration. */
interface Tag {
  readonly rollout: unknown;
  readonly version: string | null;
  readonly tag: string;
}

/** Takes changes. */
export class ChangeDesk {
  readonly tools: ChangeTools;
  readonly #kept: KeptApps;
  /** A unit never changes its configuration, and its code no more once it has some; a list of 500 apps asks for 500 tags. */
  readonly #tags = new WeakMap<AppUnit, Tag>();

  constructor(tools: ChangeTools) {
    this.tools = tools;
    this.#kept = new KeptApps(tools.store, (app, version) => tools.folders.pathOf(app, version));
  }

  /** In force. */
  get config(): NanoConfig {
    return this.tools.generations.present.config;
  }

  /** What is kept about an app; all null when nothing is. */
  row(app: string): KeptApp {
    return this.#kept.row(app);
  }

  /** Newest first. */
  versions(app: string): readonly VersionRecord[] {
    return this.#kept.versions(app);
  }

  /** All that is kept, as layers over nano.json. */
  layers(): AppLayer[] {
    return this.#kept.layers();
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
    const rollout = this.config.layers.rollouts[app] ?? null;
    const known = this.#tags.get(unit);
    if (known !== undefined && known.rollout === rollout && known.version === unit.version) return known.tag;
    const text = JSON.stringify([unit.app, unit.version, rollout]);
    const tag = `"${createHash("sha256").update(text).digest("hex").slice(0, 16)}"`;
    this.#tags.set(unit, { rollout, version: unit.version, tag });
    return tag;
  }

  /** @throws {NanoError} APP_DRAINING when NANO is going away */
  checkOpen(verb: string): void {
    if (this.tools.isDraining()) throw new NanoError("APP_DRAINING", `Cannot ${verb}: NANO is going away`);
  }

  /**
   * Changes what is kept about an app, all or nothing: when this settles it is on the disk and in force.
   *
   * @param plan called when all earlier changes are through
   * @throws {NanoError} PRECONDITION_FAILED, CONFLICT, CONFIG_INVALID with every mistake in `details`, APP_DRAINING
   */
  change(wish: Wish & { readonly app: string }, plan: () => Plan): Promise<void> {
    const { generations, store, layered } = this.tools;
    const { app, verb } = wish;
    return this.act(wish, async () => {
      const planned = plan();
      const isOfFile = this.config.layers.sources[app]?.from === "file";
      const config = await layered(this.#kept.layersAfter(planned));
      refuseMisfit(config, { app, verb, isOfFile });
      const { row, detail, beforeSwap, ...versions } = planned;
      const kept = saysNothing(row) ? { forgetApps: [app] } : { apps: [row] };
      await generations.advance(config, {
        strict: true,
        only: new Set(),
        ...beforeSwap === undefined ? {} : { beforeSwap: () => beforeSwap(config) },
        keep: () => {
          store.commit({ ...kept, ...versions, history: [this.#entry(wish, detail, null)] });
          this.#kept.follow(planned);
        },
      }).catch((thrown) => {
        throw conflictOf(thrown, verb);
      });
      return { kept: detail };
    });
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
      this.#tell(wish, detail, null);
    } catch (thrown) {
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

  /** Reads anew what is kept about these apps. */
  reread(apps: readonly string[]): void {
    this.#kept.reread(apps);
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
    this.#tell(wish, detail, error.message);
    return error;
  }

  #tell({ action, app, by }: Wish, detail: string, error: string | null): void {
    this.tools.events.emit({ event: "operator_change", action, app, actor: by.actor, detail, error });
  }
}
