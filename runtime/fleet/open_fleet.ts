/** Makes a node of a running NANO: the one module of the fleet that is loaded by it, when nano.json asks for a fleet. */
import { createHash } from "node:crypto";
import { entryFingerprint } from "../config/layers.ts";
import type { FleetConfig, NanoConfig } from "../config/resolved_config.ts";
import type { AppSnapshot } from "../terms/events.ts";
import { NANO_VERSION } from "../version.ts";
import { engineOf } from "./engine_of.ts";
import { Fleet } from "./fleet.ts";
import type { FleetStore } from "./fleet_store.ts";
import type { FleetTools } from "./fleet_tools.ts";
import { openFleetStore } from "./link.ts";

/** What a node needs of its NANO. */
export interface HostTools
  extends Pick<FleetTools, "state" | "folders" | "clock" | "keptApps" | "follower" | "onCame" | "emit"> {
  readonly apps: () => readonly AppSnapshot[];
  /** In force. */
  readonly config: () => NanoConfig;
}

/** Apps in these states do not work, whatever the fleet says of them. */
const BROKEN = new Set(["failed", "crash_loop", "quarantined"]);
/** These take requests, or will with the next one. */
const UP = new Set(["running", "idle"]);

/**
 * The node.
 * @param given where the nodes meet; the engine of the configuration unless given
 * @throws {NanoError} CONFIG_INVALID when that cannot be used
 */
export async function openFleet(config: NanoConfig, tools: HostTools, given?: FleetStore): Promise<Fleet> {
  const engine = given ?? openFleetStore(await engineOf(config.fleet!, nodeName(config.fleet!, tools)));
  const { state, folders, clock, keptApps, follower, onCame, emit } = tools;
  const startedAt = clock.wall();
  return new Fleet({
    config: config.fleet!,
    engine,
    stateDir: config.stateDir,
    ...{ state, folders, clock, keptApps, follower, onCame, emit },
    host: () => {
      const apps = tools.apps();
      return {
        address: addressOf(config),
        version: NANO_VERSION,
        startedAt,
        appsUp: apps.filter((one) => UP.has(one.state)).length,
        broken: apps.filter((one) => BROKEN.has(one.state))
          .map(({ name, error }) => ({ app: name, revision: 0, error: error ?? "it does not work" })),
        configFingerprint: fingerprintOf(tools.config()),
        memoryBytes: Deno.memoryUsage().rss,
      };
    },
  });
}

/** What a node is called: as nano.json says, or else by the name that its state folder was given. */
export function nodeName({ name }: FleetConfig, { state }: Pick<HostTools, "state">): string {
  return name ?? state.fleet.node;
}

/** Where the admin API is meant to be reached; a port that the system picks is nobody's to know. */
function addressOf({ admin }: NanoConfig): string | null {
  if (admin === false || admin.port === 0) return null;
  const host = admin.hostname.includes(":") ? `[${admin.hostname}]` : admin.hostname;
  return `http://${host}:${admin.port}`;
}

/** Of the apps that nano.json names: what else it says differs between machines by its nature. */
function fingerprintOf({ layers }: NanoConfig): string {
  const apps = Object.entries(layers.sources)
    .flatMap(([name, source]) => source.from === "file" ? [[name, entryFingerprint(source.entry)]] : [])
    .sort(([one], [other]) => one! < other! ? -1 : 1);
  return createHash("sha256").update(JSON.stringify(apps)).digest("hex").slice(0, 16);
}
