/** Shows one app to the operator: its snapshot, figures, limits and origin, keys as in nano.json. */
import {
  type AppConfig,
  type AppOrigin,
  type AppSnapshot,
  type KeptFiles,
  type KernelWalls,
  kernelWalls,
  maskedConfig,
  NanoError,
  writtenAppLimits,
} from "../../runtime/mod.ts";
import type { AdminTarget } from "./admin_target.ts";
import type { AppDetail, AppView } from "../schemas/app_schemas.ts";

/** The views of a running NANO's apps. */
export class AppViews {
  readonly #target: AdminTarget;
  readonly #now: () => number;

  /** @param now wall clock, ms since the epoch */
  constructor(target: AdminTarget, now: () => number) {
    this.#target = target;
    this.#now = now;
  }

  /**
   * Some of the apps, in the order of the configuration; of the others nothing is made.
   * @param page.limit null for all that follow
   */
  page(
    isWanted: (app: AppSnapshot) => boolean,
    page: { readonly offset: number; readonly limit: number | null },
  ): { readonly apps: AppView[]; readonly total: number } {
    const wanted = this.#target.apps().filter(isWanted);
    const { offset, limit } = page;
    const configs = new Map(this.#target.config.apps.map((config) => [config.name, config]));
    const apps = wanted.slice(offset, limit === null ? undefined : offset + limit);
    return { apps: apps.map((app) => this.#view(app, configs.get(app.name))), total: wanted.length };
  }

  /**
   * One app with all that is known.
   * @throws {NanoError} NOT_FOUND
   */
  detail(name: string): AppDetail {
    const app = this.#target.apps().find((one) => one.name === name);
    if (app === undefined) throw new NanoError("NOT_FOUND", `Cannot show app "${name}": there is no such app`);
    const { config } = this.#target;
    const own = config.apps.find((one) => one.name === name);
    const shown = own && maskedConfig({ ...config, apps: [own] }).apps[0];
    return {
      ...this.#view(app, own),
      env: { ...shown?.env },
      secrets: [...own?.secrets ?? []],
      crons: (own?.crons ?? []).map(({ name, schedule }) => ({ name, schedule })),
      outbound: own === undefined ? null : typeof own.outbound === "string" ? own.outbound : [...own.outbound],
      isolation: own?.isolation ?? null,
      compat: own?.compat ?? null,
      process: app.processId === null ? null : processView(kernelWalls(app.processId)),
      streams: own?.streams ?? null,
      node_compat: own?.nodeCompat ?? null,
      start: own?.starts ?? null,
      assets: own?.assets ? { path: own.assets.path, single_page: own.assets.singlePage !== false } : null,
      bindings: (own?.bindings ?? []).map((one) => ({
        name: one.name,
        kind: one.kind,
        store: "store" in one ? one.store : null,
      })),
      requests_by_end: Object.fromEntries(this.#target.observations.requestsByEnd(name)),
      requests_by_status: Object.fromEntries(this.#target.observations.requestsByStatus(name)),
    };
  }

  /** @param config undefined for an app that is being removed */
  #view(app: AppSnapshot, config: AppConfig | undefined): AppView {
    const { observations } = this.#target;
    const { requests, errors, p50Seconds, p99Seconds } = observations.requestSummary(app.name);
    const { lastExit, since } = app;
    const { origin, tag } = this.#kept(app.name);
    return {
      name: app.name,
      state: app.state,
      error: app.error,
      hostnames: [...app.hostnames],
      port: app.port,
      path: config?.path ?? null,
      version: app.version,
      since: isoTime(since),
      uptime_seconds: app.state === "running" ? Math.max(0, this.#now() - since) / 1000 : 0,
      start_seconds: app.startSeconds,
      restarts: { ...app.restarts },
      restarts_total: Object.values(app.restarts).reduce((sum, count) => sum + count, 0),
      crashes: app.crashes,
      last_exit: lastExit && { ...lastExit, at: isoTime(lastExit.at) },
      in_flight: app.inFlight,
      queued: app.queued,
      requests,
      errors,
      latency: { p50_seconds: p50Seconds, p99_seconds: p99Seconds },
      heap_bytes: app.heapBytes,
      external_bytes: app.externalBytes,
      data_folder: app.kept === null ? null : keptView(app.kept),
      cpu_seconds: app.cpuSeconds,
      limits: config === undefined ? null : writtenAppLimits(config),
      origin: origin === null ? null : originView(origin),
      tag,
    };
  }

  /** An app that drains before it is gone has a snapshot and no entry any more. */
  #kept(name: string): { origin: AppOrigin | null; tag: string | null } {
    const { operations } = this.#target;
    try {
      return { origin: operations.apps.originOf(name), tag: operations.apps.tagOf(name) };
    } catch (error) {
      if (error instanceof NanoError && error.code === "NOT_FOUND") return { origin: null, tag: null };
      throw error;
    }
  }
}

/** ISO 8601 of ms since the epoch. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

function processView(walls: KernelWalls | null): AppDetail["process"] {
  if (walls === null) return null;
  const { pid, user, noNewPrivileges, filtersCalls, capabilities, namespaces, descriptors, oomScore } = walls;
  const bound = (value: number) => value === Infinity ? null : value;
  return {
    pid,
    user,
    no_new_privileges: noNewPrivileges,
    filters_system_calls: filtersCalls,
    capabilities,
    namespaces: [...namespaces],
    cgroup: walls.group,
    descriptors,
    max_descriptors: bound(walls.maxDescriptors),
    max_threads: bound(walls.maxThreads),
    max_file_bytes: bound(walls.maxFileBytes),
    max_core_bytes: bound(walls.maxCoreBytes),
    oom_score: oomScore,
  };
}

function keptView({ bytes, maxBytes, entries, maxEntries }: KeptFiles): NonNullable<AppView["data_folder"]> {
  return { bytes, max_bytes: maxBytes, entries, max_entries: maxEntries };
}

function originView(
  { source, versionOf, overrides, deployed, previous, rollout }: AppOrigin,
): NonNullable<AppView["origin"]> {
  return {
    source,
    version_of: versionOf,
    overrides: overrides === null ? null : { ...overrides },
    deployed,
    previous,
    rollout: rollout === null ? null : { ...rollout },
  };
}
