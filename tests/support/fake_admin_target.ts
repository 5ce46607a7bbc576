/** A NANO without isolates: as many apps as a test wants, changes in memory, figures that move. */
import type { AdminTarget } from "../../admin/gate/admin_target.ts";
import {
  type AppSnapshot,
  type AppStateName,
  EventHub,
  type NanoConfig,
  NanoError,
  type Readiness,
  type ReloadSummary,
} from "../../runtime/mod.ts";
import { type FakeApp, fakeAppConfig, fakeSnapshot, plausible } from "./fake_apps.ts";
import { nanoConfig } from "../unit/runtime/app_config.ts";
import { FakeObservations } from "./fake_observations.ts";
import { FakeOperations } from "./fake_operations.ts";

/** How a {@linkcode FakeAdminTarget} begins. */
export interface FakeAdminOptions {
  /** Number of apps (default 3), named `app-1`, `app-2` …; every 10th has failed, every 7th is idle. */
  readonly apps?: number;
  /** ms between ticks of the figures; default 1000. */
  readonly tickMs?: number;
  /** Whether every app writes lines while somebody follows, some each tick. Default false. */
  readonly chatter?: boolean;
  /** Wall clock, ms since the epoch. */
  readonly now?: () => number;
}

/** The fake; `apps()`, `operations` and `observations` look at one memory. */
export class FakeAdminTarget implements AdminTarget {
  readonly events = new EventHub();
  readonly operations: FakeOperations;
  readonly observations: FakeObservations;
  /** By name, in the order of the configuration. */
  readonly memory = new Map<string, FakeApp>();
  readonly now: () => number;
  /** Tells /readyz that a drain has begun. */
  draining = false;
  /** Thrown by the next call of `metrics()` and of every operation; for refusals. */
  refusal: unknown = null;
  reloads = 0;
  #base: NanoConfig;

  constructor(options: FakeAdminOptions = {}) {
    this.now = options.now ?? Date.now;
    for (let index = 1; index <= (options.apps ?? 3); index++) this.put(`app-${index}`, plausible(index, this.now()));
    this.#base = nanoConfig([], {
      file: "/srv/nano.json",
      port: 8080,
      admin: { hostname: "127.0.0.1", port: 0, token: "configured-token" },
      stateDir: "/srv/.nano",
      drainTimeoutMs: 30_000,
    });
    this.operations = new FakeOperations(this);
    this.observations = new FakeObservations(this, options.tickMs ?? 1000, options.chatter ?? false);
  }

  get config(): NanoConfig {
    return { ...this.#base, apps: [...this.memory.values()].map(({ config }) => config) };
  }

  apps(): readonly AppSnapshot[] {
    return [...this.memory.values()].map(({ snapshot }) => snapshot);
  }

  readiness(): Readiness {
    const apps = this.apps().map(({ name, state, error }) => ({ name, state, error }));
    return {
      ready: !this.draining && apps.every(({ state }) => state !== "starting"),
      draining: this.draining,
      fleet: null,
      apps,
    };
  }

  metrics(): Promise<string> {
    try {
      this.refuse();
    } catch (error) {
      return Promise.reject(error);
    }
    const states = this.apps().map(({ name, state }) => `nano_app_state{app="${name}",state="${state}"} 1\n`).join("");
    return Promise.resolve(`# TYPE nano_uptime_seconds gauge\nnano_uptime_seconds 1\n${states}`);
  }

  reload(): Promise<ReloadSummary> {
    this.reloads++;
    return Promise.resolve({ added: [], removed: [], changed: [], unchanged: [...this.memory.keys()] });
  }

  /** Adds an app, or takes the place of one of that name. */
  put(name: string, changes: Partial<FakeApp> = {}): FakeApp {
    const app: FakeApp = {
      config: fakeAppConfig(name),
      snapshot: fakeSnapshot(name, { since: this.now() - 60_000 }),
      origin: { source: "file", versionOf: null, overrides: null, deployed: null, previous: null, rollout: null },
      revision: 1,
      versions: [],
      before: null,
      ...changes,
    };
    app.config = { ...app.config, name };
    app.snapshot = { ...app.snapshot, name, hostnames: app.config.hostnames };
    this.memory.set(name, app);
    return app;
  }

  /** Brings an app into a state and tells it as an event. */
  move(name: string, state: AppStateName, error: string | null = null): void {
    const app = this.find(name);
    app.snapshot = { ...app.snapshot, state, error, since: this.now() };
    this.events.emit({ event: "app_state", app: name, state });
  }

  /** @throws {NanoError} NOT_FOUND */
  find(name: string): FakeApp {
    const app = this.memory.get(name);
    if (app === undefined) throw new NanoError("NOT_FOUND", `Cannot find app "${name}": there is none of that name`);
    return app;
  }

  /** Throws the refusal that a test has set, once. */
  refuse(): void {
    const { refusal } = this;
    this.refusal = null;
    if (refusal !== null) throw refusal;
  }
}
