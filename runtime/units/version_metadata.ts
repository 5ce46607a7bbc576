/** What an app is told of its own version, by a binding of the kind `version_metadata`. */
import { basename, dirname, sep } from "node:path";
import type { VersionMetadata } from "../app/supervisor_tools.ts";
import type { AppBundle } from "../bundle/bundler.ts";
import type { AppConfig } from "../config/resolved_config.ts";

/** As versions that were deployed are named (store/version_folders.ts). */
const DEPLOYED = /^v[1-9][0-9]{0,14}$/;

/** Null for an app that does not ask. */
export function versionMetadata(app: AppConfig, code: Pick<AppBundle, "version" | "inputs">): VersionMetadata | null {
  if (!app.bindings.some(({ kind }) => kind === "version_metadata")) return null;
  const folder = basename(app.path);
  const isDeployed = DEPLOYED.test(folder) && basename(dirname(dirname(app.path))) === "versions";
  // What an archive says of its files' times is its maker's; the folder was made when the version came in.
  const files = isDeployed ? [app.path] : code.inputs.filter((path) => !path.includes(`${sep}node_modules${sep}`));
  return {
    id: code.version,
    tag: isDeployed ? folder : "",
    timestamp: new Date(Math.max(0, ...files.map(changedAt))).toISOString(),
  };
}

function changedAt(path: string): number {
  try {
    return Deno.statSync(path).mtime?.getTime() ?? 0;
  } catch {
    // It went away meanwhile; the others tell enough.
    return 0;
  }
}
