/** What the bundler is told of an app: from the app's configuration, and that of the NANO around it. */

import { join, sep } from "node:path";
import { nameWithoutVersion } from "../config/binding_configs.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import type { ReachRule } from "./app_reach.ts";
import type { BundleSource } from "./bundler.ts";
import type { ProjectStart } from "./find_entry.ts";
import { installPolicyOf } from "./install_policy.ts";

/** @param nodeEnv `process.env.NODE_ENV` where the app's variables do not say */
export function sourceOf(app: AppConfig, config: NanoConfig, nodeEnv: string): AppConfig & BundleSource {
  return {
    ...app,
    start: projectStartOf(app),
    install: installPolicyOf(app, config),
    keptData: keptDataOf(app, config),
    reach: reachOf(app, config),
    hidden: [...ownFiles(config), ...config.secretFiles],
    nodeEnv: app.env["NODE_ENV"] ?? nodeEnv,
  };
}

/** Whatever makes another bundle of the same files. */
export function keyOfSource(app: BundleSource): string {
  const { name, path, nodeCompat, start, install, reach, hidden, nodeEnv, compat, keptData } = app;
  return JSON.stringify([name, path, nodeCompat, start, install, reach, hidden, nodeEnv, compat, keptData]);
}

/** Where what an app writes is kept whose versions NANO keeps; null for one that stays where it lies. */
function keptDataOf({ name, path }: AppConfig, { stateDir }: Pick<NanoConfig, "stateDir">): string | null {
  return path.startsWith(stateDir + sep) ? join(stateDir, "data", "files", nameWithoutVersion(name)) : null;
}

/** What the folder's own file says of its beginning. */
export function projectStartOf({ main, project, assets }: AppConfig): ProjectStart | null {
  if (project === null) return null;
  const { file, error, build } = project;
  return { file, error, main, site: main === null && build.functions === null ? assets?.path ?? null : null, build };
}

/** How far an app's imports may go: what was uploaded lies in NANO's own folder, where nothing else is its business. */
export function reachOf({ path, root }: AppConfig, { stateDir }: Pick<NanoConfig, "stateDir">): ReachRule {
  if (root !== null) return { root };
  return path.startsWith(stateDir + sep) ? "own" : "found";
}

/** Files and folders of NANO itself. */
export function ownFiles({ file, stateDir, tls }: Pick<NanoConfig, "file" | "stateDir" | "tls">): string[] {
  return [file, stateDir, tls?.cert, tls?.key].filter((path) => typeof path === "string");
}
