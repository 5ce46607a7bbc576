/** The changes of a fake NANO: they work on its memory, and remember who asked for what. */
import {
  type AppConfig,
  type AppOperations,
  type AppOrigin,
  type ChangeAction,
  type ChangeRequest,
  type DeployRequest,
  type DrainOutcome,
  type FleetOperations,
  type HistoryEntry,
  NanoError,
  type Operations,
  type ReloadSummary,
  type SetAside,
  type VersionOperations,
  type VersionView,
} from "../../runtime/mod.ts";
import { APP_LIMIT_KEYS, propertyOf } from "../../runtime/config/resolve_limits.ts";
import type { FakeAdminTarget } from "./fake_admin_target.ts";
import { FakeD1Operations } from "./fake_d1_operations.ts";
import { FakeQueueOperations } from "./fake_queue_operations.ts";
import { FakeBackupOperations } from "./fake_backup_operations.ts";
import { FakeR2Operations } from "./fake_r2_operations.ts";
import { FakeKvOperations } from "./fake_kv_operations.ts";
import { type FakeApp, fakeAppConfig, fakeSnapshot, fakeVersion } from "./fake_apps.ts";

/** Longer archives are refused, as the true ones are bounded. */
const MAX_ARCHIVE_BYTES = 64 * 1024 * 1024;

type Written = Readonly<Record<string, unknown>>;

/** Operations of a {@linkcode FakeAdminTarget}. */
export class FakeOperations implements Operations {
  readonly #target: FakeAdminTarget;
  /** Newest last. */
  readonly entries: HistoryEntry[] = [];
  /** What `setAside()` answers. */
  aside: SetAside[] = [];
  /** What a reload answers and a preview shows. */
  summary: ReloadSummary = { added: [], removed: [], changed: ["app-1"], unchanged: [] };
  /** What drains and removals answer. */
  outcome: DrainOutcome = { drainedRequests: 2, forcedClosed: 0 };
  /** Awaited by removals and drains. */
  drainGate: Promise<void> = Promise.resolve();
  /** Whether cron runs go well. */
  cronOk = true;
  /** Alone, unless a test puts one here. */
  fleet: FleetOperations | null = null;
  /** Bytes of the last archive. */
  archiveBytes = 0;

  constructor(target: FakeAdminTarget) {
    this.#target = target;
  }

  readonly data = {
    kv: new FakeKvOperations((action, detail, by) => this.#record(action, null, detail, by)),
    backups: new FakeBackupOperations((action, app, detail, by) => this.#record(action, app, detail, by)),
    r2: new FakeR2Operations((action, detail, by) => this.#record(action, null, detail, by)),
    queues: new FakeQueueOperations((action, detail, by) => this.#record(action, null, detail, by)),
    d1: new FakeD1Operations((action, detail, by) => this.#record(action, null, detail, by)),
  };

  readonly apps: AppOperations = {
    tagOf: (app: string): string => {
      return `"${app}-${this.#target.find(app).revision}"`;
    },

    originOf: (app: string): AppOrigin => {
      return this.#target.find(app).origin;
    },

    // deno-lint-ignore require-await
    add: async (entry: Written, by: ChangeRequest): Promise<string> => {
      this.#target.refuse();
      const hostnames = hostnamesOf(entry);
      const name = String(entry.name ?? hostnames[0]?.split(".")[0]);
      if (this.#target.memory.has(name)) {
        throw new NanoError("CONFLICT", `Cannot add app "${name}": the name is taken`);
      }
      this.#refuseTakenHosts(name, hostnames);
      const config = changed(fakeAppConfig(name, { env: {}, secrets: [], crons: [] }), { hostname: [name], ...entry });
      const origin: AppOrigin = {
        source: "api",
        versionOf: null,
        overrides: null,
        deployed: null,
        previous: null,
        rollout: null,
      };
      this.#target.put(name, { config, origin, snapshot: fakeSnapshot(name, { since: this.#target.now() }) });
      this.#record("app.add", name, `Added app "${name}"`, by);
      return name;
    },

    // deno-lint-ignore require-await
    change: async (name: string, patch: Written, by: ChangeRequest): Promise<void> => {
      const app = this.#begin(name, by);
      if (patch.hostname !== undefined) this.#refuseTakenHosts(name, hostnamesOf(patch));
      app.config = changed(app.config, patch);
      app.snapshot = { ...app.snapshot, hostnames: app.config.hostnames };
      app.origin = { ...app.origin, overrides: { ...app.origin.overrides, ...patch } };
      this.#record("app.change", name, `Changed ${Object.keys(patch).join(", ")}`, by);
    },

    // deno-lint-ignore require-await
    reset: async (name: string, by: ChangeRequest): Promise<void> => {
      const app = this.#begin(name, by);
      app.origin = { ...app.origin, overrides: null };
      this.#record("app.change", name, "Dropped the overrides", by);
    },

    remove: async (name: string, by: ChangeRequest): Promise<DrainOutcome> => {
      this.#begin(name, by);
      this.#target.move(name, "draining");
      await this.drainGate;
      this.#target.memory.delete(name);
      this.#target.events.emit({ event: "app_removed", app: name });
      this.#record("app.remove", name, `Removed app "${name}"`, by);
      return this.outcome;
    },

    // deno-lint-ignore require-await
    restart: async (name: string, by: ChangeRequest): Promise<void> => {
      this.#begin(name, by);
      this.#target.move(name, "running");
      this.#record("app.restart", name, `Restarted app "${name}"`, by);
    },

    drain: async (name: string, by: ChangeRequest): Promise<DrainOutcome> => {
      this.#begin(name, by);
      this.#target.move(name, "draining");
      await this.drainGate;
      this.#target.move(name, "stopped");
      this.#record("app.drain", name, `Drained app "${name}"`, by);
      return this.outcome;
    },

    // deno-lint-ignore require-await
    runCron: async (name: string, cron: string, by: ChangeRequest): Promise<boolean> => {
      this.#target.refuse();
      const { config } = this.#target.find(name);
      if (!config.crons.some((one) => one.name === cron)) {
        throw new NanoError("NOT_FOUND", `Cannot run job "${cron}" of app "${name}": there is none of that name`);
      }
      this.#record("cron.run", name, `Ran job "${cron}"`, by);
      return this.cronOk;
    },
  };

  readonly versions: VersionOperations = {
    deploy: async (name: string, archive: ReadableStream<Uint8Array>, how: DeployRequest): Promise<VersionView> => {
      this.archiveBytes = await archiveLength(name, archive);
      this.#target.refuse();
      let app = this.#target.memory.get(name);
      if (app === undefined) {
        if (how.create === null) this.#target.find(name);
        const hostname = how.create!.hostnames.length > 0 ? how.create!.hostnames : [name];
        await this.apps.add({ name, path: `/srv/${name}`, hostname }, { ...how, ifMatch: null });
        app = this.#target.find(name);
      } else {
        this.#begin(name, how);
      }
      const version = `v${app.versions.length + 1}`;
      const { target } = how;
      const role = target === "all" ? "active" : "percent" in target ? "rollout" : "preview";
      const previewHost = typeof target === "object" && "preview" in target
        ? `${version}--${name}.${target.preview.suffix ?? app.config.hostnames[0]}`
        : null;
      const view = fakeVersion(version, this.#target.now(), {
        bytes: this.archiveBytes,
        note: how.note,
        actor: how.actor,
        role,
        previewHost,
      });
      app.versions = [view, ...app.versions];
      if (target === "all") this.#serve(app, version);
      else if ("percent" in target) app.origin = { ...app.origin, rollout: { version, percent: target.percent } };
      this.#record("version.deploy", name, `Deployed ${version}`, how);
      return view;
    },

    list: (name: string): readonly VersionView[] => {
      return this.#target.find(name).versions;
    },

    // deno-lint-ignore require-await
    rollback: async (name: string, version: string | null, by: ChangeRequest): Promise<string> => {
      const app = this.#begin(name, by);
      const to = version ?? app.before;
      if (to === null) throw new NanoError("CONFLICT", `Cannot roll app "${name}" back: no version served before`);
      if (to !== "path") this.#version(app, to);
      this.#serve(app, to);
      this.#record("version.rollback", name, `Rolled back to ${to}`, by);
      return to;
    },

    // deno-lint-ignore require-await
    rollout: async (name: string, version: string, percent: number, by: ChangeRequest): Promise<void> => {
      const app = this.#begin(name, by);
      this.#version(app, version);
      if (percent === 100) this.#serve(app, version);
      else app.origin = { ...app.origin, rollout: percent === 0 ? null : { version, percent } };
      this.#record("version.rollout", name, `Gave ${version} ${percent} %`, by);
    },

    // deno-lint-ignore require-await
    remove: async (name: string, version: string, by: ChangeRequest): Promise<void> => {
      const app = this.#begin(name, by);
      if (this.#version(app, version).role === "active") {
        throw new NanoError("CONFLICT", `Cannot remove version "${version}" of app "${name}": it serves`);
      }
      app.versions = app.versions.filter((view) => view.version !== version);
      this.#record("version.remove", name, `Removed ${version}`, by);
    },
  };

  setAside(): readonly SetAside[] {
    return this.aside;
  }

  // deno-lint-ignore require-await
  async reload(by: ChangeRequest): Promise<ReloadSummary> {
    this.#target.refuse();
    this.#target.reloads++;
    this.#record("config.reload", null, "Reloaded", by);
    return this.summary;
  }

  // deno-lint-ignore require-await
  async previewReload(): Promise<ReloadSummary> {
    this.#target.refuse();
    return this.summary;
  }

  history(filter: { app: string | null; before: number | null; limit: number }): readonly HistoryEntry[] {
    return this.entries
      .filter(({ id, app }) => (filter.app === null || app === filter.app) && id < (filter.before ?? Infinity))
      .reverse()
      .slice(0, filter.limit);
  }

  #begin(name: string, by: ChangeRequest): FakeApp {
    this.#target.refuse();
    const app = this.#target.find(name);
    if (by.ifMatch !== null && by.ifMatch !== this.apps.tagOf(name)) {
      throw new NanoError("PRECONDITION_FAILED", `Cannot change app "${name}": it is ${this.apps.tagOf(name)} by now`);
    }
    app.revision++;
    return app;
  }

  #version(app: FakeApp, version: string): VersionView {
    const view = app.versions.find((one) => one.version === version);
    if (view !== undefined) return view;
    throw new NanoError("NOT_FOUND", `Cannot find version "${version}" of app "${app.config.name}"`);
  }

  #serve(app: FakeApp, version: string): void {
    app.before = app.origin.deployed ?? "path";
    app.origin = { ...app.origin, deployed: version === "path" ? null : version, previous: app.before, rollout: null };
    app.versions = app.versions.map((view) => {
      const role = view.version === version ? "active" : view.role === "active" ? "kept" : view.role;
      return { ...view, role };
    });
  }

  #refuseTakenHosts(name: string, hostnames: readonly string[]): void {
    for (const { config } of this.#target.memory.values()) {
      const taken = hostnames.find((host) => config.name !== name && config.hostnames.includes(host));
      if (taken === undefined) continue;
      throw new NanoError("CONFLICT", `Cannot give host "${taken}" to app "${name}": app "${config.name}" has it`);
    }
  }

  #record(action: ChangeAction, app: string | null, detail: string, { actor }: ChangeRequest): void {
    const id = this.entries.length + 1;
    this.entries.push({ id, at: this.#target.now(), actor, action, app, detail, error: null });
  }
}

function hostnamesOf({ hostname }: Written): string[] {
  return hostname === undefined || hostname === null ? [] : [hostname].flat().map(String);
}

/** The keys that show in a view, as the true configuration would resolve them. */
function changed(config: AppConfig, patch: Written): AppConfig {
  let next: AppConfig = { ...config };
  for (const key of APP_LIMIT_KEYS) {
    if (typeof patch[key] === "number") next = { ...next, [propertyOf(key)]: patch[key] };
  }
  if (typeof patch.path === "string") next = { ...next, path: patch.path };
  if (patch.hostname !== undefined && patch.hostname !== null) next = { ...next, hostnames: hostnamesOf(patch) };
  for (const [name, value] of Object.entries((patch.env ?? {}) as Record<string, unknown>)) {
    const { [name]: _, ...env } = next.env;
    next = { ...next, env: value === null ? env : { ...env, [name]: String(value) } };
  }
  return next;
}

async function archiveLength(name: string, archive: ReadableStream<Uint8Array>): Promise<number> {
  let length = 0;
  let first: Uint8Array | null = null;
  for await (const chunk of archive) {
    first ??= chunk;
    length += chunk.byteLength;
    if (length > MAX_ARCHIVE_BYTES) {
      throw new NanoError("BODY_TOO_LARGE", `Cannot deploy app "${name}": the archive is longer than 64 MiB`);
    }
  }
  const isArchive = first !== null &&
    ((first[0] === 0x50 && first[1] === 0x4b) || (first[0] === 0x1f && first[1] === 0x8b));
  if (!isArchive) throw new NanoError("USAGE", `Cannot deploy app "${name}": the body is no zip and no tar.gz`);
  return length;
}
