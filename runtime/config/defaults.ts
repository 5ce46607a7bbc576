/** The default of every key of nano.json, written once; keys as they are written in the file. */

/** Defaults of the keys at the top of nano.json. */
export const CONFIG_DEFAULTS = {
  hostname: "0.0.0.0",
  port: 8080,
  admin: { hostname: "127.0.0.1", port: 9090 },
  state_dir: ".nano",
  drain_timeout_ms: 30_000,
  log: { level: "info", format: "json" },
  install: { uploads: false, timeout_ms: 300_000 },
} as const;

/**
 * Defaults of an app's keys.
 * `hostname` (the name), `external_mb` (the app's `memory_mb`) and `drain_timeout_ms` (the global one) follow other keys.
 */
export const APP_DEFAULTS = {
  memory_mb: 128,
  cpu_ms: 5_000,
  timeout_ms: 30_000,
  max_concurrent: 512,
  max_queue: 512,
  max_body_bytes: 104_857_600,
  idle_timeout_ms: 0,
  streams: "native",
  outbound: "public",
  node_compat: true,
} as const;

/** Defaults of the keys of `assets`, where it is an object. */
export const ASSETS_DEFAULTS = { single_page: false } as const;
