/** Whether and from where the packages of an app are installed: the operator's word, never the app's. */

import { join, sep } from "node:path";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { isListed } from "../outbound/address_policy.ts";

/** How an app's packages are installed. */
export interface InstallPolicy {
  /** Null: the installer's own. */
  readonly registry: string | null;
  readonly token: string | null;
  readonly timeoutMs: number;
  /** A folder that nobody else writes to; null: the system's temporary one. */
  readonly workDir: string | null;
  /** Why nothing is installed, and what to do; null where it may be. */
  readonly refusal: string | null;
}

/** As nano.json has it. */
export function installPolicyOf(app: AppConfig, { install, stateDir }: NanoConfig): InstallPolicy {
  const { registry, token, timeoutMs } = install;
  const workDir = join(stateDir, "installs");
  return { registry, token, timeoutMs, workDir, refusal: refusalOf(app, { install, stateDir }) };
}

function refusalOf(
  { path, outbound }: AppConfig,
  { install, stateDir }: Pick<NanoConfig, "install" | "stateDir">,
): string | null {
  const isUpload = path.startsWith(join(stateDir, "versions") + sep);
  if (isUpload && !install.uploads) {
    return `nothing is installed for uploaded versions; upload node_modules or a bundle, or set "install.uploads" to true`;
  }
  if (outbound === "none") return `the app's "outbound" is "none"; install them in the app's folder yourself`;
  if (typeof outbound === "string") return null;
  if (install.registry === null) {
    return `the app's "outbound" is a list; set "install.registry", and list its host there`;
  }
  const { hostname } = new URL(install.registry);
  return isListed(hostname, outbound) ? null : `the registry's host "${hostname}" is not in the app's "outbound"`;
}
