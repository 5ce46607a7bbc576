/** The bindings that a Workers project asks for: those that lead to other apps, and those that NANO does not have. */
import { rateLimitConfig } from "../bindings/rate_limit/config.ts";
import { type BindingConfig, MIGRATIONS_TABLE, type MigrationsConfig, ownStore } from "./binding_configs.ts";
import { consumerSchema, MAX_DELAY_SECONDS, type WrittenConsumer } from "./consumer_configs.ts";
import { type MissingBinding, missingBindings } from "./missing_bindings.ts";
import type { WranglerReader } from "./wrangler_reader.ts";

/** A binding that the project asks for and NANO has; the id of a store is whatever tells it from others of the project. */
export type ProjectBinding =
  | { readonly name: string; readonly kind: "kv" | "r2"; readonly id: string }
  | {
    readonly name: string;
    readonly kind: "d1";
    readonly id: string;
    readonly title: string | null;
    readonly migrations: MigrationsConfig;
  }
  | { readonly name: string; readonly kind: "queue"; readonly id: string; readonly deliveryDelay: number }
  | Extract<BindingConfig, { readonly kind: "rate_limit" | "version_metadata" }>;

/** A binding that keeps data, as it holds for an app. */
export function ownBinding(app: string, binding: Extract<ProjectBinding, { readonly id: string }>): BindingConfig {
  const { id, ...rest } = binding;
  return { ...rest, store: ownStore(app, id) };
}

/** Another Worker that the project calls. */
export interface ProjectService {
  /** In `env`. */
  readonly name: string;
  /** Its name, as wrangler knows it. */
  readonly service: string;
  /** Name among its exports. */
  readonly entrypoint: string;
  /** What it finds in `ctx.props`, or null. */
  readonly props: unknown;
  readonly where: string;
}

/** The absolute path of a written one; null, and noted, where it leads out of the project. */
type PathsWithin = (written: string, place: readonly (string | number)[]) => string | null;

/** All bindings of a project but that of its assets. */
export interface ProjectBindings {
  readonly bindings: readonly ProjectBinding[];
  readonly services: readonly ProjectService[];
  /** Queues whose messages it takes. */
  readonly consumers: readonly WrittenConsumer[];
  readonly missing: readonly MissingBinding[];
}

/** As nano.json takes names in `env`. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** All of them. */
export function projectBindings(reader: WranglerReader, within: PathsWithin): ProjectBindings {
  const services: ProjectService[] = [];
  const missing = missingBindings(reader);
  const list = reader.value("services");
  for (const [at, item] of (Array.isArray(list) ? list : []).entries()) {
    const { binding: name, service, entrypoint = "default", props = null } = item ?? {};
    if (typeof name !== "string" || typeof service !== "string" || typeof entrypoint !== "string") continue;
    services.push({ name, service, entrypoint, props, where: reader.where(["services", at]) });
  }
  return { bindings: haveBindings(reader, within), services, consumers: consumersOf(reader), missing };
}

function haveBindings(reader: WranglerReader, within: PathsWithin): ProjectBinding[] {
  return [
    ...bindingsOf(reader, { key: "kv_namespaces", nameKey: "binding", kind: "KV namespace" }, (name, { id }) => {
      return { name, kind: "kv", id: typeof id === "string" && id !== "" ? id : name };
    }),
    ...bindingsOf(
      reader,
      { key: "d1_databases", nameKey: "binding", kind: "D1 database" },
      (name, { database_id: id, database_name: title, migrations_dir: dir, migrations_table: table }) => {
        const known = [id, title].find((one): one is string => typeof one === "string" && one !== "");
        const folder = within(textOr(dir, "migrations"), ["d1_databases"]);
        const migrations = {
          folders: folder === null ? [] : [folder],
          table: textOr(table, MIGRATIONS_TABLE),
        };
        return { name, kind: "d1", id: known ?? name, title: typeof title === "string" ? title : null, migrations };
      },
    ),
    ...bindingsOf(
      reader,
      { key: "r2_buckets", nameKey: "binding", kind: "R2 bucket" },
      (name, { bucket_name: bucket }) => {
        return { name, kind: "r2", id: typeof bucket === "string" && bucket !== "" ? bucket : name };
      },
    ),
    ...bindingsOf(
      reader,
      { key: "queues.producers", nameKey: "binding", kind: "queue" },
      (name, { queue, delivery_delay: deliveryDelay = 0 }) => {
        if (typeof queue !== "string" || queue === "") return 'its "queue" is no name';
        if (!isDelay(deliveryDelay)) return `its "delivery_delay" is no number of seconds up to ${MAX_DELAY_SECONDS}`;
        return { name, kind: "queue", id: queue, deliveryDelay };
      },
    ),
    ...bindingsOf(reader, { key: "ratelimits", nameKey: "name", kind: "rate limiter" }, (name, { simple }) => {
      const checked = rateLimitConfig.safeParse(simple);
      if (!checked.success) return `"simple": ${checked.error.issues[0]!.message}`;
      return { name, kind: "rate_limit", limit: checked.data.limit, periodSeconds: checked.data.period };
    }),
    ...versionBinding(reader),
  ];
}

function versionBinding(reader: WranglerReader): ProjectBinding[] {
  const name = reader.object("version_metadata")?.["binding"];
  return typeof name === "string" && VARIABLE_NAME.test(name) ? [{ name, kind: "version_metadata" }] : [];
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" && value !== "" && !value.includes("\0") ? value : otherwise;
}

/** @param make a binding of an item of the list, or what is wrong with it */
function bindingsOf(
  reader: WranglerReader,
  { key, nameKey, kind }: { readonly key: string; readonly nameKey: string; readonly kind: string },
  make: (name: string, item: Readonly<Record<string, unknown>>) => ProjectBinding | string,
): ProjectBinding[] {
  return listAt(reader, key).flatMap((item, at) => {
    const name = item?.[nameKey];
    const isName = typeof name === "string" && VARIABLE_NAME.test(name) && name !== "__proto__";
    const made = isName ? make(name, item) : `its "${nameKey}" is no name`;
    if (typeof made !== "string") return [made];
    reader.note(`a ${kind} has no effect: ${made}`, [...key.split("."), at]);
    return [];
  });
}

/** @param key of a list, or of an object and the list in it */
function listAt(reader: WranglerReader, key: string): readonly Record<string, unknown>[] {
  const [outer, inner] = key.split(".");
  const list = inner === undefined ? reader.value(key) : reader.object(outer!)?.[inner];
  return Array.isArray(list) ? list : [];
}

function isDelay(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_DELAY_SECONDS;
}

/** Consumers by push; what no Worker takes, somebody else would have to pull. */
function consumersOf(reader: WranglerReader): WrittenConsumer[] {
  const taken = new Set<string>();
  return listAt(reader, "queues.consumers").flatMap((item, at): WrittenConsumer[] => {
    const { type = "worker", visibility_timeout_ms: _, ...keys } = item ?? {};
    const refuse = (why: string) => {
      reader.note(`a consumer of a queue has no effect: ${why}`, ["queues", "consumers", at]);
      return [];
    };
    if (type !== "worker") return refuse(`NANO hands messages to apps only, and this one is of type "${type}"`);
    const checked = consumerSchema.safeParse(keys);
    if (checked.success) {
      const { queue, dead_letter_queue } = checked.data;
      if (taken.has(queue)) return refuse(`"${queue}" has one already`);
      if (dead_letter_queue === queue) return refuse("its dead_letter_queue is the queue itself");
      taken.add(queue);
      return [checked.data];
    }
    const { path, message } = checked.error.issues[0]!;
    return refuse(`${path.map((key) => `"${String(key)}": `).join("")}${message}`);
  });
}
