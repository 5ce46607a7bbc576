/** The default of every key of nano.json but the limits, written once; keys as they are written in the file. */

/** Defaults of the keys at the top of nano.json. */
export const CONFIG_DEFAULTS = {
  hostname: "0.0.0.0",
  port: 8080,
  admin: { hostname: "127.0.0.1", port: 9090 },
  state_dir: ".nano",
  log: { level: "info", format: "json" },
  install: { uploads: false, timeout_ms: 300_000 },
  fleet: {
    role: "full",
    one_by_one: false,
    crons_alone: "skip",
    start_timeout_ms: 10_000,
    allow_old_server: false,
    insecure: false,
  },
} as const;

/** Defaults of an app's keys. `hostname` follows the name. */
export const APP_DEFAULTS = {
  isolation: "worker",
  compat: "web",
  streams: "native",
  outbound: "public",
  node_compat: true,
  start: "auto",
} as const;

/** Defaults of the keys of `assets`, where it is an object. */
export const ASSETS_DEFAULTS = { single_page: false } as const;
