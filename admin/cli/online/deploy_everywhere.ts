/** What `nano deploy` does in a fleet once the version is in force on the node that was asked. */
import { AdminError } from "../../client/client.ts";
import type { Version } from "../../schemas/app_schemas.ts";
import { failedNodes, type Spread, spreadLine, spreadOf } from "./fleet_spread.ts";
import type { Online } from "./online_command.ts";

/** A version that one node serves. */
export interface DeployedVersion {
  readonly app: string;
  readonly version: Version;
  /** Whether the deploy made the app. */
  readonly isNew: boolean;
}

/** Waits for the nodes of the fleet, and tells of each. @returns null when there is no fleet */
export async function waitForNodes(
  { line, io, client }: Online,
  { app, version }: DeployedVersion,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly Spread[] | null> {
  if (version.fleet === undefined) return null;
  const isQuiet = line.flag("json");
  const onNode = (spread: Spread) => isQuiet || io.out(spreadLine(spread));
  return await spreadOf(client, { app, revision: version.fleet.revision, onNode, signal });
}

/** Tells of nodes that do not have it; with --all takes it back from all. @returns whether all have it */
export async function settleNodes(
  { line, io, client }: Online,
  { deployed, spreads, signal }: {
    readonly deployed: DeployedVersion;
    readonly spreads: readonly Spread[];
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { app, version, isNew } = deployed;
  const failed = failedNodes(spreads);
  if (failed.length === 0) return true;
  const failure = `nano: ${version.version} of app "${app}" is not in force on ${failed.join(", ")}`;
  if (!line.flag("all")) {
    const back = isNew ? `nano remove ${app} removes it from all` : `nano rollback ${app} goes back on all`;
    io.err(`${failure}; ${back}`);
    return false;
  }
  io.err(failure);
  try {
    await takeBack(client, deployed);
  } catch (error) {
    if (!(error instanceof AdminError)) throw error;
    io.err(`nano: It was not rolled back: ${error.message}`);
    return false;
  }
  const { revision } = await client.fleet.view(signal);
  const behind = failedNodes(await spreadOf(client, { app, revision, signal }));
  io.err(`nano: Rolled back on all nodes${behind.length === 0 ? "" : ` but ${behind.join(", ")}`}`);
  return false;
}

/** Only what this deploy has brought: whatever came after it is somebody else's. */
async function takeBack(client: Online["client"], { app, version, isNew }: DeployedVersion): Promise<void> {
  const { tag } = await client.app(app);
  const ifMatch = tag === null ? {} : { ifMatch: tag };
  const now = (await client.versions(app)).find((one) => one.version === version.version);
  if (now === undefined || now.role !== version.role) {
    throw new AdminError("CONFLICT", `App "${app}" was changed meanwhile`);
  }
  if (version.role === "rollout") await client.rollout(app, version.version, 0, ifMatch);
  else if (version.role === "preview") await client.removeVersion(app, version.version, ifMatch);
  else if (isNew) await client.removeApp(app, ifMatch);
  else await client.rollback(app, null, ifMatch);
}
