/** What a Workers project's own file says, in the terms of nano.json; what NANO does not have is named with its line. */
import { dirname, isAbsolute, join, relative } from "node:path";
import type { WrittenApp } from "./app_schema.ts";
import { rateLimitConfig } from "../bindings/rate_limit/config.ts";
import type { BindingConfig } from "./binding_configs.ts";
import { cronProblem } from "./cron_expression.ts";
import { normalizeHostPattern } from "./hostnames.ts";
import { readWranglerFile, type WranglerFile } from "./wrangler_file.ts";

/** A value of `vars`: texts, and what else JSON has. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | {
  readonly [name: string]: JsonValue;
};

/** A binding that the project asks for and NANO does not have. */
export interface MissingBinding {
  /** What the app finds it by in `env`. */
  readonly name: string;
  /** As people call it: "KV namespace". */
  readonly kind: string;
  /** Where it is asked for, such as "wrangler.jsonc, line 12". */
  readonly where: string;
}

/** A binding that the project asks for and NANO has; the id of a store is whatever tells it from others of the project. */
export type ProjectBinding =
  | { readonly name: string; readonly kind: "kv"; readonly id: string }
  | Extract<BindingConfig, { readonly kind: "rate_limit" }>;

/** Another Worker that the project calls. */
export interface ProjectService {
  /** In `env`. */
  readonly name: string;
  /** Its name, as wrangler knows it. */
  readonly service: string;
  readonly where: string;
}

/** How requests pass between a project's static files and its code. */
export interface ProjectAssets {
  /** Absolute. */
  readonly path: string;
  /** Its name in `env`; null without one. */
  readonly binding: string | null;
  readonly singlePage: boolean;
  /** Whether the code is asked before the files: always, never, or on paths that fit these patterns. */
  readonly workerFirst: boolean | readonly string[];
}

/** A project as NANO takes it. */
export interface WorkersProject {
  /** Name of the file, as seen from the project's folder. */
  readonly file: string;
  /** Absolute path of the first module; null for a project of static files alone. */
  readonly main: string | null;
  readonly vars: Readonly<Record<string, JsonValue>>;
  /** Keys of nano.json that the file fills where nano.json does not. */
  readonly entry: { readonly hostname?: readonly string[]; readonly crons?: NonNullable<WrittenApp["crons"]> };
  readonly assets: ProjectAssets | null;
  readonly bindings: readonly ProjectBinding[];
  /** Its own name, or null. */
  readonly name: string | null;
  readonly services: readonly ProjectService[];
  readonly missing: readonly MissingBinding[];
  /** What else it says that has no effect here, each a sentence with its line. */
  readonly notes: readonly string[];
}

/** As nano.json takes names in `env`. */
const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Lists of bindings: key of the file, name of the binding within an item, what people call it. */
const BINDING_LISTS: readonly (readonly [key: string, name: string, kind: string])[] = [
  ["d1_databases", "binding", "D1 database"],
  ["r2_buckets", "binding", "R2 bucket"],
  ["hyperdrive", "binding", "Hyperdrive"],
  ["vectorize", "binding", "Vectorize index"],
  ["analytics_engine_datasets", "binding", "Analytics Engine dataset"],
  ["dispatch_namespaces", "binding", "dispatch namespace"],
  ["mtls_certificates", "binding", "client certificate"],
  ["pipelines", "binding", "pipeline"],
  ["workflows", "binding", "workflow"],
  ["send_email", "name", "email binding"],
  ["secrets_store_secrets", "binding", "Secrets Store secret"],
];
/** The same where one object stands instead of a list. */
const SINGLE_BINDINGS: readonly (readonly [key: string, kind: string])[] = [
  ["ai", "Workers AI"],
  ["browser", "browser rendering"],
  ["images", "Images"],
  ["version_metadata", "version metadata"],
];

/**
 * Reads the project in a folder.
 * @param environment of the file's `env`; null for its top level
 * @returns null when the folder holds none
 * @throws {WranglerFileError} when its file cannot be read or says what nobody can do
 */
export async function readWorkersProject(folder: string, environment: string | null): Promise<WorkersProject | null> {
  const file = await readWranglerFile(folder);
  return file === null ? null : workersProject(folder, file, environment);
}

function workersProject(folder: string, file: WranglerFile, environment: string | null): WorkersProject {
  const reader = new Reader(file, environment);
  const base = dirname(file.path);
  const within = (value: string, key: string): string => {
    const path = isAbsolute(value) ? value : join(base, value);
    if (relative(folder, path).startsWith("..")) {
      reader.note(`"${value}" lies outside the project's folder`, [key]);
    }
    return path;
  };
  const main = reader.text("main");
  const assets = reader.object("assets");
  const directory = assets?.["directory"];
  const hosts = hostsOf(reader);
  const crons = cronsOf(reader);
  return {
    file: file.shown,
    main: main === null ? null : within(main, "main"),
    vars: (reader.object("vars") ?? {}) as Record<string, JsonValue>,
    entry: {
      ...hosts.length === 0 ? {} : { hostname: hosts },
      ...crons.length === 0 ? {} : { crons: crons.map((schedule) => ({ schedule })) },
    },
    assets: typeof directory === "string" ? projectAssets(assets!, within(directory, "assets"), reader) : null,
    bindings: projectBindings(reader),
    name: reader.text("name"),
    ...serviceBindings(reader),
    notes: reader.notes,
  };
}

function projectAssets(assets: Readonly<Record<string, unknown>>, path: string, reader: Reader): ProjectAssets {
  const { binding, not_found_handling, run_worker_first, html_handling } = assets;
  if (html_handling !== undefined && html_handling !== "auto-trailing-slash") {
    reader.note(`html_handling "${html_handling}" has no effect: it is always as "auto-trailing-slash"`, [
      "assets",
      "html_handling",
    ]);
  }
  const patterns = Array.isArray(run_worker_first) ? run_worker_first.filter((one) => typeof one === "string") : null;
  return {
    path,
    binding: typeof binding === "string" ? binding : null,
    singlePage: not_found_handling === "single-page-application",
    workerFirst: patterns ?? run_worker_first === true,
  };
}

/** `routes`, `route` and custom domains as hosts; NANO serves a host whole. */
function hostsOf(reader: Reader): string[] {
  const single = reader.value("route");
  const routes = reader.value("routes");
  const all = [...single === undefined ? [] : [single], ...Array.isArray(routes) ? routes : []];
  const hosts: string[] = [];
  for (const route of all) {
    const pattern = typeof route === "string" ? route : (route as { pattern?: unknown } | null)?.pattern;
    if (typeof pattern !== "string") continue;
    const [host, ...path] = pattern.replace(/^https?:\/\//, "").split("/");
    const normal = normalizeHostPattern(host ?? "");
    if (normal === null) {
      reader.note(`route "${pattern}" has no effect: "${host}" is no host that NANO can serve`, ["routes"]);
      continue;
    }
    if (path.length > 0 && path.join("/") !== "*" && path.join("/") !== "") {
      reader.note(`route "${pattern}" takes the whole host: NANO does not route by path`, ["routes"]);
    }
    if (!hosts.includes(normal)) hosts.push(normal);
  }
  return hosts;
}

function cronsOf(reader: Reader): string[] {
  const crons = reader.object("triggers")?.["crons"];
  return (Array.isArray(crons) ? crons : []).filter((schedule, at): schedule is string => {
    const fields = typeof schedule === "string" ? schedule.trim().split(/\s+/).length : 0;
    const problem = fields === 5 ? cronProblem(schedule) : "it has not five fields";
    if (problem !== null) {
      reader.note(`cron ${JSON.stringify(schedule)} has no effect: ${problem}`, ["triggers", "crons", at]);
    }
    return problem === null;
  });
}

function projectBindings(reader: Reader): ProjectBinding[] {
  return [
    ...bindingsOf(reader, { key: "kv_namespaces", nameKey: "binding", kind: "KV namespace" }, (name, { id }) => {
      return { name, kind: "kv", id: typeof id === "string" && id !== "" ? id : name };
    }),
    ...bindingsOf(reader, { key: "ratelimits", nameKey: "name", kind: "rate limiter" }, (name, { simple }) => {
      const checked = rateLimitConfig.safeParse(simple);
      if (!checked.success) return `"simple": ${checked.error.issues[0]!.message}`;
      return { name, kind: "rate_limit", limit: checked.data.limit, periodSeconds: checked.data.period };
    }),
  ];
}

/** @param make a binding of an item of the list, or what is wrong with it */
function bindingsOf(
  reader: Reader,
  { key, nameKey, kind }: { readonly key: string; readonly nameKey: string; readonly kind: string },
  make: (name: string, item: Readonly<Record<string, unknown>>) => ProjectBinding | string,
): ProjectBinding[] {
  const list = reader.value(key);
  return (Array.isArray(list) ? list : []).flatMap((item, at) => {
    const name = item?.[nameKey];
    const isName = typeof name === "string" && VARIABLE_NAME.test(name) && name !== "__proto__";
    const made = isName ? make(name, item) : `its "${nameKey}" is no name`;
    if (typeof made !== "string") return [made];
    reader.note(`a ${kind} has no effect: ${made}`, [key, at]);
    return [];
  });
}

/** Services by their default entrypoint; another one would be called by RPC. */
function serviceBindings(reader: Reader): Pick<WorkersProject, "services" | "missing"> {
  const services: ProjectService[] = [];
  const missing = missingBindings(reader);
  const list = reader.value("services");
  for (const [at, item] of (Array.isArray(list) ? list : []).entries()) {
    const { binding: name, service, entrypoint } = item ?? {};
    if (typeof name !== "string" || typeof service !== "string") continue;
    const where = reader.where(["services", at]);
    if (entrypoint === undefined || entrypoint === "default") services.push({ name, service, where });
    else missing.push({ name, kind: `service with the entrypoint "${entrypoint}"`, where });
  }
  return { services, missing };
}

function missingBindings(reader: Reader): MissingBinding[] {
  const found: MissingBinding[] = [];
  const add = (name: unknown, kind: string, path: readonly (string | number)[]) => {
    if (typeof name === "string") found.push({ name, kind, where: reader.where(path) });
  };
  for (const [key, nameKey, kind] of BINDING_LISTS) {
    const list = reader.value(key);
    if (Array.isArray(list)) list.forEach((item, at) => add(item?.[nameKey], kind, [key, at]));
  }
  for (const [key, kind] of SINGLE_BINDINGS) add(reader.object(key)?.["binding"], kind, [key]);
  const classes = reader.object("durable_objects")?.["bindings"];
  if (Array.isArray(classes)) {
    classes.forEach((item, at) => add(item?.name, "Durable Object", ["durable_objects", "bindings", at]));
  }
  const producers = reader.object("queues")?.["producers"];
  if (Array.isArray(producers)) {
    producers.forEach((item, at) => add(item?.binding, "queue", ["queues", "producers", at]));
  }
  return found;
}

/** Keys that an environment takes over from the top level; all others it has to name itself (wrangler's own rule). */
const INHERITED: ReadonlySet<string> = new Set(["main", "route", "routes", "assets", "triggers"]);

/** Reads keys of a file, those of an environment first. */
class Reader {
  readonly notes: string[] = [];
  readonly #file: WranglerFile;
  readonly #environment: string | null;
  readonly #own: Readonly<Record<string, unknown>> | null;

  constructor(file: WranglerFile, environment: string | null) {
    this.#file = file;
    const all = file.document["env"] as Record<string, Record<string, unknown>> | undefined;
    this.#own = environment === null ? null : all?.[environment] ?? null;
    this.#environment = this.#own === null ? null : environment;
    if (environment !== null && this.#own === null) {
      this.note(`there is no environment "${environment}": the top level holds`, ["env"]);
    }
  }

  value(key: string): unknown {
    if (this.#own === null) return this.#file.document[key];
    return this.#own[key] ?? (INHERITED.has(key) ? this.#file.document[key] : undefined);
  }

  text(key: string): string | null {
    const value = this.value(key);
    return typeof value === "string" && value !== "" ? value : null;
  }

  object(key: string): Readonly<Record<string, unknown>> | null {
    const value = this.value(key);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Record<string, unknown>
      : null;
  }

  /** As people find it. */
  where(path: readonly (string | number)[]): string {
    const own = this.#environment === null ? path : ["env", this.#environment, ...path];
    const line = this.#file.lineOf(own) ?? this.#file.lineOf(path);
    return line === null ? this.#file.shown : `${this.#file.shown}, line ${line}`;
  }

  note(text: string, path: readonly (string | number)[]): void {
    this.notes.push(`${this.where(path)}: ${text}`);
  }
}
