/** Turns a written document into the configuration that the rest of NANO reads. */
import { dirname, resolve } from "node:path";
import type { WrittenApp } from "./app_schema.ts";
import { type BindingConfig, ownStore, resolvedBindings } from "./binding_configs.ts";
import { normalizeCidr } from "./cidr.ts";
import { resolvedConsumers } from "./consumer_configs.ts";
import { crossCheck } from "./cross_checks.ts";
import { APP_DEFAULTS, ASSETS_DEFAULTS, CONFIG_DEFAULTS } from "./defaults.ts";
import { resolvedFleet } from "./fleet_config.ts";
import { HTML_HANDLINGS } from "./html_handling.ts";
import { checkHost, type ConfigHost, type OutsideValues } from "./host_checks.ts";
import { normalizeHostPattern, normalizeOutbound } from "./hostnames.ts";
import { type CheckedDocument, fitLayers } from "./fit_layers.ts";
import type { AppLayer } from "./layers.ts";
import { type FoundProject, withProjects } from "./found_projects.ts";
import type { HostLimits } from "./limits.ts";
import { Mistakes } from "./mistakes.ts";
import { ownBinding } from "./project_bindings.ts";
import { resolveAppLimits, resolveHostLimits } from "./resolve_limits.ts";
import type { AppConfig, JsonValue, NanoConfig } from "./resolved_config.ts";
import { resolvedServices } from "./service_configs.ts";
import { configSchema, type WrittenConfig } from "./schema.ts";
import type { Sketch } from "./sketch.ts";

/** Where a document comes from. */
export interface ResolveOptions {
  /** Absolute path of nano.json, or null when the document was made up. */
  readonly file: string | null;
  /** Absolute path of the folder that relative paths start at. */
  readonly baseDir: string;
  /** Reads a variable for `from_env`; the process's environment unless given. */
  readonly hostEnv?: ((name: string) => string | undefined) | undefined;
  /** How the log is written where the document does not say; JSON unless given. */
  readonly logFormat?: "json" | "pretty" | undefined;
  /** Which `env` of Workers projects' files holds; the top level unless given. */
  readonly environment?: string | undefined;
  /** What the admin API keeps, the oldest change first; see `applyLayers`. */
  readonly layers?: readonly AppLayer[] | undefined;
}

/**
 * Checks a document and applies its defaults.
 *
 * @param document what was parsed from nano.json, or built in its shape
 * @throws {NanoError} CONFIG_INVALID with every mistake in `details`
 * @example
 * ```ts
 * import { resolveConfig } from "./resolve.ts";
 * const config = await resolveConfig({ port: 0 }, { file: null, baseDir: "/srv" });
 * config.stateDir; // "/srv/.nano"
 * ```
 */
export function resolveConfig(document: unknown, options: ResolveOptions): Promise<NanoConfig> {
  return resolveAfter(document, options, new Mistakes());
}

/**
 * The same after the text was read. A layer that does not fit is set aside, since it must not hold nano.json down.
 *
 * @param mistakes those that the reading of the text already found
 * @throws {NanoError} CONFIG_INVALID with every mistake of the document in `details`
 */
export async function resolveAfter(
  document: unknown,
  options: ResolveOptions,
  mistakes: Mistakes,
): Promise<NanoConfig> {
  const { layers = [], baseDir } = options;
  // A mistake that the reading of the text found belongs to the document, with layers or without.
  const check = (whole: unknown, versions: ReadonlySet<string>) =>
    resolveDocument(whole, { ...options, versions }, mistakes.copy());
  const { config, report } = await fitLayers(document, layers, { baseDir, check });
  const withLayers = (others: readonly AppLayer[]) => resolveAfter(document, { ...options, layers: others }, mistakes);
  return { ...config, layers: report, withLayers };
}

async function resolveDocument(
  document: unknown,
  options: ResolveOptions & { readonly versions: ReadonlySet<string> },
  mistakes: Mistakes,
): Promise<CheckedDocument> {
  const host = { baseDir: options.baseDir, hostEnv: options.hostEnv ?? ((name: string) => Deno.env.get(name)) };
  const { document: filled, projects } = await withProjects(document, options.baseDir, options.environment ?? null);
  document = filled;
  const parsed = configSchema.safeParse(document);
  if (!parsed.success) mistakes.addIssues(parsed.error.issues, document);
  addUnspeakableVariables(document, mistakes);
  // The schema vouches for all that it did not complain of.
  const sketch = (mistakes.withoutMistakes(document) ?? {}) as Sketch<WrittenConfig>;
  crossCheck(sketch, mistakes, options.versions);
  const outside = await checkHost(sketch, host, mistakes);
  mistakes.throwIfAny(options.file === null ? "the configuration" : `configuration "${options.file}"`);
  return resolved(document as WrittenConfig, {
    file: options.file,
    host,
    outside,
    projects,
    logFormat: options.logFormat,
  });
}

/** The schema passes over this one key, since as a variable or binding it would change the object that holds the variables. */
function addUnspeakableVariables(document: unknown, mistakes: Mistakes): void {
  const apps = (document as { apps?: unknown } | null | undefined)?.apps;
  if (!Array.isArray(apps)) return;
  apps.forEach((app, index) => {
    for (const key of ["env", "bindings"]) {
      const named = app?.[key];
      if (typeof named === "object" && named !== null && Object.hasOwn(named, "__proto__")) {
        mistakes.addVariableName(["apps", index, key, "__proto__"], "expected another name");
      }
    }
  });
}

interface Resolution {
  readonly file: string | null;
  readonly host: ConfigHost;
  readonly outside: OutsideValues;
  /** By place in `apps`. */
  readonly projects: ReadonlyMap<number, FoundProject>;
  readonly logFormat: "json" | "pretty" | undefined;
}

function resolved(config: WrittenConfig, { file, host, outside, projects, logFormat }: Resolution): CheckedDocument {
  const absolute = (path: string) => resolve(host.baseDir, path);
  const hostLimits = resolveHostLimits(config);
  return {
    file,
    hostname: bindAddress(config.hostname ?? CONFIG_DEFAULTS.hostname),
    port: config.port ?? CONFIG_DEFAULTS.port,
    tls: config.tls === undefined ? null : { cert: absolute(config.tls.cert), key: absolute(config.tls.key) },
    admin: resolvedAdmin(config.admin, outside.token),
    stateDir: absolute(config.state_dir ?? CONFIG_DEFAULTS.state_dir),
    ...hostLimits,
    trustedProxies: (config.trusted_proxies ?? []).map((range) => normalizeCidr(range) ?? range),
    defaultApp: config.default_app ?? null,
    install: {
      registry: config.install?.registry ?? null,
      token: outside.installToken ?? (typeof config.install?.token === "string" ? config.install.token : null),
      uploads: config.install?.uploads ?? CONFIG_DEFAULTS.install.uploads,
      timeoutMs: config.install?.timeout_ms ?? CONFIG_DEFAULTS.install.timeout_ms,
    },
    log: {
      level: config.log?.level ?? CONFIG_DEFAULTS.log.level,
      format: config.log?.format ?? logFormat ?? CONFIG_DEFAULTS.log.format,
    },
    fleet: resolvedFleet(config.fleet, outside.fleet, absolute),
    apps: withServices(
      (config.apps ?? []).map((app, index) =>
        resolvedApp({ ...config.defaults, ...definedOnly(app) }, {
          absolute,
          hostLimits,
          outsideEnv: outside.env.get(index) ?? new Map(),
          project: projects.get(index) ?? null,
        })
      ),
      [...projects].map(([index, { project }]) => [index, project?.name ?? null]),
    ),
    secretFiles: secretFilesOf(config).map(absolute),
  };
}

function secretFilesOf({ apps = [], install, fleet }: WrittenConfig): string[] {
  const values = [
    install?.token,
    fleet?.postgres,
    fleet?.credentials,
    ...apps.flatMap(({ env }) => Object.values(env ?? {})),
  ];
  const files = values.map((value) => typeof value === "object" && "from_file" in value ? value.from_file : undefined);
  return [...new Set(files.filter((file) => file !== undefined))].sort();
}

function resolvedAdmin(admin: WrittenConfig["admin"], outsideToken: string | undefined): NanoConfig["admin"] {
  if (admin === false) return false;
  return {
    hostname: bindAddress(admin?.hostname ?? CONFIG_DEFAULTS.admin.hostname),
    port: admin?.port ?? CONFIG_DEFAULTS.admin.port,
    token: outsideToken ?? (typeof admin?.token === "string" ? admin.token : null),
  };
}

interface AppResolution {
  readonly absolute: (path: string) => string;
  readonly hostLimits: HostLimits;
  readonly outsideEnv: ReadonlyMap<string, string>;
  readonly project: FoundProject | null;
}

/** @param app the app as written, with `defaults` already filled in */
function resolvedApp(app: WrittenApp, { absolute, hostLimits, outsideEnv, project }: AppResolution): AppConfig {
  const hosts = app.hostname === undefined ? [app.name] : [app.hostname].flat();
  const own = Object.entries(app.env ?? {}).map(([name, value]) =>
    [name, typeof value === "string" ? value : outsideEnv.get(name) ?? ""] as const
  );
  const vars = Object.entries(project?.project?.vars ?? {});
  const texts = vars.filter((pair): pair is [string, string] => typeof pair[1] === "string");
  const others = vars.filter(([name, value]) => typeof value !== "string" && !Object.hasOwn(app.env ?? {}, name));
  const path = absolute(app.path);
  // The app's path may be a file.
  const bindings = resolvedBindings(
    app.bindings ?? {},
    (folder) => [absolute(folder), resolve(path, folder), resolve(dirname(path), folder)],
  );
  const taken = new Set([...Object.keys(app.bindings ?? {}), ...Object.keys(app.env ?? {})]);
  const projectBindings = (project?.project?.bindings ?? []).filter(({ name }) => !taken.has(name))
    .map((binding): BindingConfig => "id" in binding ? ownBinding(app.name, binding) : binding);
  const consumers = app.queues === undefined
    ? resolvedConsumers(project?.project?.consumers ?? [], (queue) => ownStore(app.name, queue))
    : resolvedConsumers(app.queues.consumers ?? []);
  return {
    name: app.name,
    path,
    root: app.root === undefined ? null : absolute(app.root),
    hostnames: hosts.map(normalizedHost),
    port: app.port ?? null,
    env: Object.fromEntries([...texts, ...own]),
    secrets: [...outsideEnv.keys()].sort(),
    ...resolveAppLimits(app, hostLimits),
    isolation: app.isolation ?? APP_DEFAULTS.isolation,
    streams: app.streams ?? APP_DEFAULTS.streams,
    assets: resolvedAssets(app.assets, absolute) ?? project?.project?.assets ?? null,
    bindings: [...bindings, ...projectBindings],
    outbound: resolvedOutbound(app.outbound ?? APP_DEFAULTS.outbound),
    nodeCompat: app.node_compat ?? APP_DEFAULTS.node_compat,
    starts: app.start ?? APP_DEFAULTS.start,
    crons: (app.crons ?? []).map(({ schedule, name }) => ({
      schedule: schedule.trim(),
      name: name ?? schedule.trim(),
    })),
    consumers,
    main: project?.project?.main ?? null,
    jsonVars: Object.fromEntries(others),
    services: [
      ...resolvedServices(app.bindings ?? {}),
      ...(project?.project?.services ?? []).filter(({ name }) => !taken.has(name))
        .map(({ service, ...rest }) => ({ ...rest, app: service, props: rest.props as JsonValue })),
    ],
    project: project?.report ?? null,
  };
}

/** A service is an app's name, else the name that a Workers project gives itself. @param names those, by place */
function withServices(apps: readonly AppConfig[], names: readonly (readonly [number, string | null])[]): AppConfig[] {
  const own = new Set(apps.map(({ name }) => name));
  const byProject = new Map(names.map(([index, name]) => [name, apps[index]!.name]));
  return apps.map((app) => ({
    ...app,
    services: app.services.map((one) => own.has(one.app) ? one : { ...one, app: byProject.get(one.app) ?? one.app }),
  }));
}

function resolvedAssets(assets: WrittenApp["assets"], absolute: (path: string) => string): AppConfig["assets"] {
  if (assets === undefined) return null;
  const { path, single_page } = typeof assets === "string" ? { path: assets, single_page: undefined } : assets;
  return {
    path: absolute(path),
    binding: "ASSETS",
    workerFirst: false,
    singlePage: single_page ?? ASSETS_DEFAULTS.single_page,
    htmlHandling: HTML_HANDLINGS[0],
  };
}

function resolvedOutbound(outbound: NonNullable<WrittenApp["outbound"]>): AppConfig["outbound"] {
  return typeof outbound === "string" ? outbound : outbound.map((entry) => normalizeOutbound(entry) ?? entry);
}

function normalizedHost(host: string): string {
  return normalizeHostPattern(host) ?? host;
}

/** Listeners take an IPv6 address without the brackets that it has in a URL. */
function bindAddress(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** Without optional keys that are undefined, as a caller that builds a document may leave them; they must not hide a default. */
function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
