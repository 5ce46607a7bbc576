/** Turns one written app into the configuration that the rest of NANO reads. */
import { dirname, resolve } from "node:path";
import type { WrittenApp } from "./app_schema.ts";
import { type BindingConfig, ownStore, resolvedBindings } from "./binding_configs.ts";
import { resolvedConsumers } from "./consumer_configs.ts";
import { APP_DEFAULTS, ASSETS_DEFAULTS } from "./defaults.ts";
import { HTML_HANDLINGS } from "./html_handling.ts";
import { normalizeHostPattern, normalizeOutbound } from "./hostnames.ts";
import type { FoundProject } from "./found_projects.ts";
import type { HostLimits } from "./limits.ts";
import { pagesVars } from "./pages_project.ts";
import { ownBinding } from "./project_bindings.ts";
import { resolveAppLimits } from "./resolve_limits.ts";
import type { AppConfig, JsonValue, ProjectReport } from "./resolved_config.ts";
import { resolvedServices } from "./service_configs.ts";

/** What an app is resolved with. */
export interface ResolveContext {
  readonly absolute: (path: string) => string;
  readonly hostLimits: HostLimits;
  readonly outsideEnv: ReadonlyMap<string, string>;
  readonly project: FoundProject | null;
}

/** The app; names of services stay as they are written. @param app as written, with `defaults` already filled in */
export function resolvedApp(app: WrittenApp, { absolute, hostLimits, outsideEnv, project }: ResolveContext): AppConfig {
  const hosts = app.hostname === undefined ? [app.name] : [app.hostname].flat();
  const own = Object.entries(app.env ?? {}).map(([name, value]) =>
    [name, typeof value === "string" ? value : outsideEnv.get(name) ?? ""] as const
  );
  const vars = Object.entries(project?.project?.vars ?? {});
  const texts = vars.filter((pair): pair is [string, string] => typeof pair[1] === "string");
  const others = vars.filter(([name, value]) => typeof value !== "string" && !Object.hasOwn(app.env ?? {}, name));
  const isOfPages = project?.project?.assets?.platform === "pages";
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
    env: {
      ...(isOfPages ? pagesVars(normalizedHost(hosts[0] ?? app.name)) : {}),
      ...Object.fromEntries([...texts, ...own]),
    },
    secrets: [...outsideEnv.keys()].sort(),
    ...resolveAppLimits(app, hostLimits),
    isolation: app.isolation ?? APP_DEFAULTS.isolation,
    compat: app.compat ?? APP_DEFAULTS.compat,
    run: app.run ?? [],
    ffi: app.ffi ?? false,
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
    project: project === null ? null : withAbsentSecrets(project, app.env ?? {}),
  };
}

/** What is not given would be undefined at the first request that wants it. */
function withAbsentSecrets({ project, report }: FoundProject, env: Readonly<Record<string, unknown>>): ProjectReport {
  const absent = (project?.secrets ?? []).filter(({ name }) => !Object.hasOwn(env, name));
  const notes = absent.map(({ name, where }) =>
    `${where}: secret "${name}" is required, and "env" of nano.json does not give it`
  );
  return { ...report, notes: [...report.notes, ...notes] };
}

/** A service is an app's name, else the name that a Workers project gives itself. @param names those, by place */
export function withServices(
  apps: readonly AppConfig[],
  names: readonly (readonly [number, string | null])[],
): readonly AppConfig[] {
  if (apps.every(({ services }) => services.length === 0)) return apps;
  const own = new Set(apps.map(({ name }) => name));
  const byProject = new Map(names.map(([index, name]) => [name, apps[index]!.name]));
  return apps.map((app) =>
    app.services.every((one) => own.has(one.app)) ? app : {
      ...app,
      services: app.services.map((one) => own.has(one.app) ? one : { ...one, app: byProject.get(one.app) ?? one.app }),
    }
  );
}

function resolvedAssets(assets: WrittenApp["assets"], absolute: (path: string) => string): AppConfig["assets"] {
  if (assets === undefined) return null;
  const { path, single_page } = typeof assets === "string" ? { path: assets, single_page: undefined } : assets;
  return {
    path: absolute(path),
    binding: "ASSETS",
    workerFirst: false,
    singlePage: single_page ?? ASSETS_DEFAULTS.single_page,
    missingPage: "never",
    htmlHandling: HTML_HANDLINGS[0],
    platform: null,
  };
}

function resolvedOutbound(outbound: NonNullable<WrittenApp["outbound"]>): AppConfig["outbound"] {
  return typeof outbound === "string" ? outbound : outbound.map((entry) => normalizeOutbound(entry) ?? entry);
}

function normalizedHost(host: string): string {
  return normalizeHostPattern(host) ?? host;
}
