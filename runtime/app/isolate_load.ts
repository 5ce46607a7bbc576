/** What an isolate is told to become an app: from the app's configuration and code. */
import { basename, dirname, relative } from "node:path";
import { appBindings } from "./app_bindings.ts";
import { compatibilityFlags } from "../config/compatibility.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { WorkersFacts } from "../protocol/messages.ts";
import type { IsolateLoad } from "../pool/isolate.ts";
import type { AppCode } from "./supervisor_tools.ts";

/** The first message to a booted isolate, and the limits that hold for it. */
export function isolateLoad(app: AppConfig, code: AppCode, nanoVersion: string): IsolateLoad {
  return {
    app: app.name,
    entry: code.entry,
    modules: code.modules,
    env: app.env,
    jsonVars: { ...app.jsonVars, ...versionVars(app, code) },
    missingBindings: (app.project?.missing ?? []).map(({ name, kind, where, instead }) => [
      name,
      `Cannot use env.${name}: it is a ${kind}, which NANO does not have (${where}); ${instead}`,
    ]),
    nodeCompat: app.nodeCompat,
    nodeEnv: code.nodeEnv ?? "production",
    streams: app.streams,
    externalBytes: app.externalMb * 1024 * 1024,
    assetsPrefix: app.assets === null ? null : prefixOf(app, app.assets.path),
    bindings: appBindings(app, code.modules).map(({ kind, name }) => ({ kind, name })),
    hasCrons: app.crons.length > 0,
    queues: app.consumers.map(({ queue }) => queue),
    nanoVersion,
    workers: workersFacts(app),
    cpuMs: app.cpuMs,
    maxBodyBytes: app.maxBodyBytes,
    version: code.version,
  };
}

function workersFacts({ project, jsonVars }: AppConfig): WorkersFacts | null {
  return project === null ? null : {
    flags: compatibilityFlags(project.compatibility),
    variables: Object.fromEntries(Object.entries(jsonVars).map(([name, value]) => [name, JSON.stringify(value)])),
  };
}

/** Bindings that need no call. */
function versionVars({ bindings }: AppConfig, { metadata }: AppCode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    bindings.filter(({ kind }) => kind === "version_metadata").map(({ name }) => [name, metadata]),
  );
}

/** Path from the app's folder, which may be named by the entry file in it; "" when one has to leave it. */
function prefixOf({ path }: AppConfig, assets: string): string {
  const isEntry = /\.[cm]?[jt]sx?$/.test(basename(path));
  const prefix = relative(isEntry ? dirname(path) : path, assets);
  return prefix.startsWith("..") ? "" : prefix;
}
