/** The limits of nano.json as one table: the schema, the resolved types, the API, dashboard, docs are made of it. */

/** One limit: a whole number of a unit. */
export interface Limit {
  /** What one of it is. */
  readonly unit: "MiB" | "milliseconds" | "requests" | "bytes" | "isolates";
  /** The least that is taken. */
  readonly min: number;
  /** The most that is taken. */
  readonly max: number;
  /** What holds when nobody writes it: a number, what another limit says, or (null) what is measured at the start. */
  readonly default: number | { readonly app: string } | { readonly host: string } | null;
  /** What a form calls it. */
  readonly label: string;
  /** What it bounds, in Markdown; with the unit and, where it is no number, the default. */
  readonly help: string;
  /** What 0 means, where it is no bound. */
  readonly zero?: string;
  /** When a change holds: at once, or in the isolate that boots for it and takes over. Neither needs a restart of NANO. */
  readonly change: "at once" | "new isolate";
}

/** The longest timeout that timers take, in milliseconds (2^31 - 1, about 24 days). */
export const MAX_TIMEOUT_MS = 2_147_483_647;

/** Limits that an app may set, and `defaults` for all apps; an app's own key wins. */
export const APP_LIMITS = {
  memory_mb: {
    unit: "MiB",
    min: 16,
    max: 65_536,
    default: 128,
    label: "Heap",
    help: "Cap of the isolate's JavaScript heap, in MiB.",
    change: "new isolate",
  },
  external_mb: {
    unit: "MiB",
    min: 16,
    max: 65_536,
    default: { app: "memory_mb" },
    label: "External memory",
    help:
      "Cap of what the app holds outside the heap (ArrayBuffers, WebAssembly memory), in MiB. Default: the app's `memory_mb`.",
    change: "new isolate",
  },
  cpu_ms: {
    unit: "milliseconds",
    min: 50,
    max: MAX_TIMEOUT_MS,
    default: 5_000,
    label: "Computing without a pause",
    help: "How long the isolate may compute without giving its event loop a turn, in milliseconds.",
    change: "new isolate",
  },
  timeout_ms: {
    unit: "milliseconds",
    min: 1,
    max: MAX_TIMEOUT_MS,
    default: 30_000,
    label: "Wait for a response head",
    help: "How long a request may wait for its response head, in milliseconds.",
    change: "new isolate",
  },
  max_concurrent: {
    unit: "requests",
    min: 1,
    max: 1_000_000,
    default: 512,
    label: "Requests at once",
    help: "Requests in the isolate at once; above it they queue.",
    change: "new isolate",
  },
  max_queue: {
    unit: "requests",
    min: 0,
    max: 1_000_000,
    default: 512,
    label: "Requests that queue",
    help: "Requests that may wait for the isolate; above it 503 at once.",
    change: "new isolate",
  },
  max_body_bytes: {
    unit: "bytes",
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    default: 104_857_600,
    label: "Request body",
    help: "Longest request body, in bytes; a longer one gets 413.",
    change: "new isolate",
  },
  idle_timeout_ms: {
    unit: "milliseconds",
    min: 0,
    max: MAX_TIMEOUT_MS,
    default: 0,
    label: "Parked after",
    help:
      "After this long without a request the isolate is parked and its memory given back, in milliseconds; the next request wakes it. 0: never.",
    zero: "never",
    change: "new isolate",
  },
  storage_mb: {
    unit: "MiB",
    min: 1,
    max: 16_777_216,
    default: 1024,
    label: "Storage",
    help:
      'What each store among the app\'s `bindings` may hold on the disk, in MiB, and its folder `data` with `"compat": "full"`; a write beyond it is refused.',
    change: "new isolate",
  },
  drain_timeout_ms: {
    unit: "milliseconds",
    min: 0,
    max: MAX_TIMEOUT_MS,
    default: { host: "drain_timeout_ms" },
    label: "Drain",
    help: "How long a reload or removal waits for this app's requests, in milliseconds. Default: the global one.",
    change: "new isolate",
  },
} as const satisfies Readonly<Record<string, Limit>>;

/** Limits at the top of nano.json, of the whole host. */
export const HOST_LIMITS = {
  drain_timeout_ms: {
    unit: "milliseconds",
    min: 0,
    max: MAX_TIMEOUT_MS,
    default: 30_000,
    label: "Drain",
    help: "How long a shutdown, reload or removal waits for requests in flight, in milliseconds.",
    change: "at once",
  },
  max_memory_mb: {
    unit: "MiB",
    min: 64,
    max: 16_777_216,
    default: null,
    label: "Memory of all apps",
    help:
      "What all apps together may take of memory, in MiB; beyond it the app most above its part is ended. Default: three quarters of what the machine, or the cgroup, has.",
    change: "at once",
  },
  spare_isolates: {
    unit: "isolates",
    min: 0,
    max: 64,
    default: null,
    label: "Isolates in reserve",
    help:
      "Booted, empty isolates that are kept for each `memory_mb` in use, so that a start, a reload or a wake need not wait for one. Default: one for every four apps, two at least and four at most.",
    change: "at once",
  },
} as const satisfies Readonly<Record<string, Limit>>;

/** A key of a limit of an app. */
export type AppLimitKey = keyof typeof APP_LIMITS;

/** A key of a limit of the host. */
export type HostLimitKey = keyof typeof HOST_LIMITS;

/** The property that a key of nano.json becomes: `memory_mb`, `memoryMb`. */
export type PropertyOf<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<PropertyOf<Tail>>}`
  : Key;

/** The limits of an app as they hold: for every key of {@linkcode APP_LIMITS} a property, `memory_mb` as `memoryMb`. */
export type AppLimits = { readonly [Key in AppLimitKey as PropertyOf<Key>]: number };

/** The limits of the host as they hold; null for what is measured at the start. */
export type HostLimits = {
  readonly [Key in HostLimitKey as PropertyOf<Key>]: (typeof HOST_LIMITS)[Key]["default"] extends null ? number | null
    : number;
};

/** Limits as they are written, each of which may be missing. */
export type WrittenLimits<Key extends string> = { readonly [K in Key]?: number | undefined };
