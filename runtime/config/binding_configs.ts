/** The `bindings` of an app: what it finds in `env` beside texts, by kind. */
import { createHash } from "node:crypto";
import type { z } from "zod";
import { D1_OPTIONS, d1Config } from "../bindings/d1/config.ts";
import { kvConfig } from "../bindings/kv/config.ts";
import { queueConfig } from "../bindings/queue/config.ts";
import { r2Config } from "../bindings/r2/config.ts";
import { rateLimitConfig } from "../bindings/rate_limit/config.ts";
import { SERVICE_OPTIONS, serviceConfig } from "../bindings/service/config.ts";
import { versionMetadataConfig } from "../bindings/version_metadata/config.ts";
import { section } from "./written_value.ts";

/** The key of each kind that nano.json names, and what its value may be. */
const KINDS = {
  kv: kvConfig,
  d1: d1Config,
  queue: queueConfig,
  r2: r2Config,
  rate_limit: rateLimitConfig,
  service: serviceConfig,
  version_metadata: versionMetadataConfig,
} as const satisfies { readonly [Kind in NamedKind]: z.ZodType };

/** A kind of binding that nano.json names. */
export type NamedKind = BindingConfig["kind"] | "service";

const example = 'an object such as { "kv": "cache" }';

const shape = Object.fromEntries(Object.entries(KINDS).map(([kind, schema]) => [kind, schema.optional()])) as {
  readonly [Kind in NamedKind]: z.ZodOptional<(typeof KINDS)[Kind]>;
};

/** One binding: one key, its kind. */
export const bindingSchema = section({ ...shape, ...SERVICE_OPTIONS, ...D1_OPTIONS }, example).refine(
  (binding) => {
    const keys = Object.keys(binding);
    const [kind, ...others] = keys.filter((key) => Object.hasOwn(KINDS, key));
    const own: Readonly<Record<string, object>> = { service: SERVICE_OPTIONS, d1: D1_OPTIONS };
    return kind !== undefined && others.length === 0 &&
      keys.every((key) => key === kind || Object.hasOwn(own[kind] ?? {}, key));
  },
  { error: `expected ${example}, with one key`, when: ({ issues }) => issues.length === 0 },
);

/** A binding as it is written. */
export type WrittenBinding = z.input<typeof bindingSchema>;

/** A binding as it holds. */
export type BindingConfig =
  | {
    /** What the app finds it by in `env`. */
    readonly name: string;
    /** A KV namespace. */
    readonly kind: "kv";
    /** Which one: the written name, or for one of a Workers project a name that no other app can have. */
    readonly store: string;
  }
  | {
    /** What the app finds it by in `env`. */
    readonly name: string;
    /** A D1 database. */
    readonly kind: "d1";
    /** Which one, as for KV. */
    readonly store: string;
    /** What its Workers project calls it, or null. */
    readonly title: string | null;
    /** Null without any. */
    readonly migrations: MigrationsConfig | null;
  }
  | {
    /** What the app finds it by in `env`. */
    readonly name: string;
    /** An R2 bucket. */
    readonly kind: "r2";
    /** Which one, as for KV. */
    readonly store: string;
  }
  | {
    /** What the app finds it by in `env`. */
    readonly name: string;
    /** A queue, to send to. */
    readonly kind: "queue";
    /** Which one, as for KV. */
    readonly store: string;
    /** Seconds that a message waits where `send` does not say. */
    readonly deliveryDelay: number;
  }
  | {
    /** What the app finds it by in `env`. */
    readonly name: string;
    /** A rate limiter. */
    readonly kind: "rate_limit";
    /** Calls of a key that succeed within a period. */
    readonly limit: number;
    /** The period. */
    readonly periodSeconds: number;
  }
  | {
    /** What the app finds it by in `env`. */
    readonly name: string;
    /** Id and time of the version that runs. */
    readonly kind: "version_metadata";
  };

/** Where the migrations of a D1 database are. */
export interface MigrationsConfig {
  /** Absolute paths, of which the first that exists holds. */
  readonly folders: readonly string[];
  /** The table that remembers which were applied. */
  readonly table: string;
}

/** As wrangler names it. */
export const MIGRATIONS_TABLE = "d1_migrations";

/** Of the prefix that names of versions have. */
const VERSION_PREFIX = /^v[0-9]+--/;
const PLAIN_ID = /^[a-z0-9-]{1,64}$/;

/**
 * Name of a store that a Workers project asks for: no other app has it, but all versions of this one.
 * @param id as the project's file has it
 */
export function ownStore(app: string, id: string): string {
  const shown = PLAIN_ID.test(id) ? id : createHash("sha256").update(id).digest("hex").slice(0, 32);
  return `${nameWithoutVersion(app)}.${shown}`;
}

/** Name of the app that a version beside it belongs to, or its own. */
export function nameWithoutVersion(app: string): string {
  return app.replace(VERSION_PREFIX, "");
}

/**
 * Resolves bindings.
 * @param foldersOf where a folder of an app may be, by its written path
 */
export function resolvedBindings(
  written: Readonly<Record<string, WrittenBinding>>,
  foldersOf: (path: string) => readonly string[],
): BindingConfig[] {
  return Object.entries(written).flatMap(([name, binding]): BindingConfig[] => {
    const { kv, d1, migrations, r2, queue, rate_limit, version_metadata } = binding;
    if (kv !== undefined) return [{ name, kind: "kv", store: kv }];
    if (d1 !== undefined) {
      const folders = migrations === undefined ? null : foldersOf(migrations);
      return [{
        name,
        kind: "d1",
        store: d1,
        title: null,
        migrations: folders && { folders, table: MIGRATIONS_TABLE },
      }];
    }
    if (r2 !== undefined) return [{ name, kind: "r2", store: r2 }];
    if (queue !== undefined) {
      const { name: store, delivery_delay: deliveryDelay = 0 } = typeof queue === "string" ? { name: queue } : queue;
      return [{ name, kind: "queue", store, deliveryDelay }];
    }
    if (version_metadata !== undefined) return [{ name, kind: "version_metadata" }];
    if (rate_limit === undefined) return [];
    return [{ name, kind: "rate_limit", limit: rate_limit.limit, periodSeconds: rate_limit.period }];
  });
}
