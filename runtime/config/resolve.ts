/** Turns a written document into the configuration that the rest of NANO reads. */
import { resolve } from "node:path";
import { normalizeCidr } from "./cidr.ts";
import { crossCheck } from "./cross_checks.ts";
import { CONFIG_DEFAULTS } from "./defaults.ts";
import { resolvedFleet } from "./fleet_config.ts";
import { checkHost, type ConfigHost, type OutsideValues } from "./host_checks.ts";
import { type CheckedDocument, fitLayers, type Laid } from "./fit_layers.ts";
import type { AppLayer } from "./layers.ts";
import { type FoundProject, withProjects } from "./found_projects.ts";
import { Mistakes } from "./mistakes.ts";
import { resolvedApp, withServices } from "./resolve_app.ts";
import { resolveHostLimits } from "./resolve_limits.ts";
import { type Resolved, ResolveMemory } from "./resolve_memory.ts";
import type { NanoConfig } from "./resolved_config.ts";
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
  return resolveAfter(document, options, { mistakes: new Mistakes(), memory: new ResolveMemory() });
}

/** What is known when a document is resolved. */
export interface Known {
  /** Those that the reading of the text already found. */
  readonly mistakes: Mistakes;
  /** What was made of the apps that a document before this one had. */
  readonly memory: ResolveMemory;
  /** Whether what was made holds whatever the machine looks like by now. */
  readonly trusting?: boolean;
}

/**
 * The same after the text was read. A layer that does not fit is set aside, since it must not hold nano.json down.
 * @throws {NanoError} CONFIG_INVALID with every mistake of the document in `details`
 */
export async function resolveAfter(document: unknown, options: ResolveOptions, known: Known): Promise<NanoConfig> {
  const { layers = [], baseDir } = options;
  const { mistakes, memory, trusting = false } = known;
  const check = async (whole: unknown, laid: Laid) => {
    // A mistake that the reading of the text found belongs to the document, with layers or without.
    const resolving = (some: unknown) => resolveDocument(some, { ...options, laid }, mistakes.copy());
    const { config, names } = await memory.resolve(whole, { resolve: resolving, trusting });
    return { ...config, apps: withServices(config.apps, names) };
  };
  const { config, report } = await fitLayers(document, layers, { baseDir, check });
  const withLayers = (others: readonly AppLayer[]) =>
    resolveAfter(document, { ...options, layers: others }, { mistakes, memory, trusting: true });
  return { ...config, layers: report, withLayers };
}

async function resolveDocument(
  document: unknown,
  options: ResolveOptions & { readonly laid: Laid },
  mistakes: Mistakes,
): Promise<Resolved> {
  const { baseDir, hostEnv = (name: string) => Deno.env.get(name), laid } = options;
  const host = { baseDir, hostEnv, coming: laid.coming };
  const { document: filled, projects, marked } = await withProjects(
    document,
    options.baseDir,
    options.environment ?? null,
  );
  document = filled;
  const parsed = configSchema.safeParse(document);
  if (!parsed.success) mistakes.addIssues(parsed.error.issues, document);
  addUnspeakableVariables(document, mistakes);
  // The schema vouches for all that it did not complain of.
  const sketch = (mistakes.withoutMistakes(document) ?? {}) as Sketch<WrittenConfig>;
  crossCheck(sketch, mistakes, laid.versions);
  const outside = await checkHost(sketch, host, mistakes);
  mistakes.throwIfAny(options.file === null ? "the configuration" : `configuration "${options.file}"`);
  const resolution = { file: options.file, host, outside, projects, logFormat: options.logFormat };
  const names = [...projects].map(([index, { project }]) => [index, project?.name ?? null] as const);
  return { config: resolved(document as WrittenConfig, resolution), names, marked };
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
    apps: (config.apps ?? []).map((app, index) =>
      resolvedApp({ ...config.defaults, ...definedOnly(app) }, {
        absolute,
        hostLimits,
        outsideEnv: outside.env.get(index) ?? new Map(),
        project: projects.get(index) ?? null,
      })
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

/** Listeners take an IPv6 address without the brackets that it has in a URL. */
function bindAddress(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1");
}

/** Without optional keys that are undefined, as a caller that builds a document may leave them; they must not hide a default. */
function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}
