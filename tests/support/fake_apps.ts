/** Apps as a fake NANO has them: plausible configurations, snapshots and versions. */
import type { AppConfig, AppOrigin, AppSnapshot, AppStateName, VersionView } from "../../runtime/mod.ts";
import { resolveAppLimits, resolveHostLimits } from "../../runtime/config/resolve_limits.ts";

/** One app of the fake; tests change it in place. */
export interface FakeApp {
  config: AppConfig;
  snapshot: AppSnapshot;
  origin: AppOrigin;
  /** Counts the changes; the tag is made of it. */
  revision: number;
  /** Newest first. */
  versions: VersionView[];
  /** What served before, for a rollback without a version; `path` is the app's own path. */
  before: string | null;
}

/** An app's configuration with all defaults, one variable and one secret. */
export function fakeAppConfig(name: string, changes: Partial<AppConfig> = {}): AppConfig {
  return {
    name,
    path: `/srv/${name}`,
    hostnames: [`${name}.localhost`],
    port: null,
    env: { PLAIN: "text", apiKey: "very-secret" },
    secrets: ["apiKey"],
    ...resolveAppLimits({}, resolveHostLimits({})),
    isolation: "worker",
    compat: "web",
    run: [],
    ffi: false,
    streams: "native",
    assets: null,
    bindings: [],
    outbound: "public",
    nodeCompat: true,
    starts: "eager",
    crons: [{ schedule: "*/5 * * * *", name: "tidy" }],
    consumers: [],
    main: null,
    root: null,
    jsonVars: {},
    services: [],
    project: null,
    ...changes,
  };
}

/** A running app without requests. */
export function fakeSnapshot(name: string, changes: Partial<AppSnapshot> = {}): AppSnapshot {
  return {
    name,
    state: "running",
    hostnames: [`${name}.localhost`],
    port: null,
    version: "5f2c9d1e8a7b",
    since: 1_000_000,
    restarts: {},
    crashes: 0,
    lastExit: null,
    error: null,
    inFlight: 0,
    queued: 0,
    heapBytes: 12_000_000,
    externalBytes: 400_000,
    processId: null,
    kept: null,
    cpuSeconds: 1.5,
    startSeconds: 0.012,
    ...changes,
  };
}

/** An app with a past: some failed, some idle, some restarted, some deployed. */
export function plausible(index: number, now: number): Partial<FakeApp> {
  const name = `app-${index}`;
  const state: AppStateName = index % 10 === 0 ? "failed" : index % 7 === 0 ? "idle" : "running";
  const lastExit = index % 4 === 0
    ? { reason: "out_of_memory", detail: "The isolate used 128 MiB of 128 MiB", at: now - index * 60_000 } as const
    : null;
  const versions = index % 3 === 0 ? ["v2", "v1"].map((version) => fakeVersion(version, now - 3_600_000)) : [];
  const error = state === "failed"
    ? `Cannot start app "${name}": SyntaxError: Unexpected token '}' (index.ts:3:1)`
    : null;
  return {
    snapshot: fakeSnapshot(name, {
      state,
      error,
      lastExit,
      since: now - index * 90_000,
      restarts: lastExit === null ? {} : { out_of_memory: (index % 5) + 1 },
      heapBytes: 8_000_000 + (index % 40) * 1_000_000,
      externalBytes: (index % 13) * 250_000,
      cpuSeconds: index / 3,
    }),
    versions: versions.map((view, at) => at === 0 ? { ...view, role: "active" } : view),
    origin: {
      source: index % 5 === 0 ? "api" : "file",
      versionOf: null,
      overrides: index % 8 === 0 ? { memory_mb: 256 } : null,
      deployed: versions.length > 0 ? "v2" : null,
      previous: versions.length > 0 ? "v1" : null,
      rollout: null,
    },
    before: versions.length > 0 ? "v1" : null,
  };
}

/** A version that is kept and serves nobody. */
export function fakeVersion(version: string, createdAt: number, changes: Partial<VersionView> = {}): VersionView {
  return {
    version,
    createdAt,
    bytes: 48_213,
    files: 12,
    note: "",
    actor: "api 127.0.0.1",
    role: "kept",
    previewHost: null,
    ...changes,
  };
}
