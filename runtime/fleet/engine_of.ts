/** Opens the engine that nano.json names; its client is loaded with the first call. */
import type { FleetConfig, FleetTlsConfig } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";
import { type EngineTls, natsCredentials, natsEngine, postgresEngine } from "./engine_config.ts";
import type { FleetStore } from "./fleet_store.ts";
import { openFleetStore } from "./link.ts";

/** @param name what the engine shows this node as @throws {NanoError} CONFIG_INVALID when it cannot be used so */
export async function engineOf({ engine }: FleetConfig, name: string): Promise<FleetStore> {
  const tls = await readTls(engine.tls);
  if (engine.kind === "postgres") {
    const { url, insecure } = engine;
    return openFleetStore(postgresEngine({ url, name, tls, isInsecure: insecure }));
  }
  const { servers, credentials, replicas, allowOldServer, insecure } = engine;
  return openFleetStore(natsEngine({
    servers,
    name,
    credentials: natsCredentials(credentials ?? ""),
    // `tls://` asks for it by itself.
    tls: tls ?? (servers.some((server) => server.startsWith("tls:")) ? { ca: null, own: null } : null),
    isInsecure: insecure,
    allowsOldServer: allowOldServer,
    ...replicas === null ? {} : { replicas },
  }));
}

async function readTls(tls: FleetTlsConfig | null): Promise<EngineTls | null> {
  if (tls === null) return null;
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(textOf));
  return { ca: ca ?? null, own: cert && key ? { cert, key } : null };
}

async function textOf(path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    throw new NanoError("CONFIG_INVALID", `Cannot read "${path}" for the fleet: ${messageOf(cause)}`, { cause });
  }
}
