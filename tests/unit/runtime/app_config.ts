/** Configurations for unit tests: complete, with round numbers. */
import type { AppConfig, NanoConfig } from "../../../runtime/config/resolved_config.ts";
import { resolveAppLimits, resolveHostLimits } from "../../../runtime/config/resolve_limits.ts";

/** An app's configuration. */
export function appConfig(changes: Partial<AppConfig> = {}): AppConfig {
  const name = changes.name ?? "blog";
  return {
    name,
    path: `/apps/${name}`,
    hostnames: [name],
    port: null,
    env: {},
    secrets: [],
    ...resolveAppLimits(
      { memory_mb: 64, external_mb: 32, max_concurrent: 4, max_queue: 3, max_body_bytes: 1000 },
      resolveHostLimits({ drain_timeout_ms: 20_000 }),
    ),
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
    crons: [],
    consumers: [],
    main: null,
    root: null,
    jsonVars: {},
    services: [],
    project: null,
    ...changes,
  };
}

/** A whole configuration. */
export function nanoConfig(apps: readonly AppConfig[], changes: Partial<NanoConfig> = {}): NanoConfig {
  return {
    file: null,
    hostname: "127.0.0.1",
    port: 0,
    tls: null,
    admin: false,
    stateDir: "/state",
    fleet: null,
    install: { registry: null, token: null, uploads: false, timeoutMs: 300_000 },
    ...resolveHostLimits({ drain_timeout_ms: 20_000 }),
    trustedProxies: [],
    secretFiles: [],
    layers: { given: [], setAside: [], hidden: [], sources: {}, rollouts: {} },
    withLayers: () => Promise.reject(new Error("This configuration comes from no document")),
    defaultApp: null,
    log: { level: "info", format: "json" },
    apps,
    ...changes,
  };
}
