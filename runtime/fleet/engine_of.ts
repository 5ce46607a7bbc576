/** The engine that nano.json names, with what its files hold. */
import type { FleetConfig, FleetTlsConfig } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";
import { MAX_PEM_BYTES } from "../config/tls_check.ts";
import { readRegularText } from "../regular_file.ts";
import { type EngineConfig, type EngineTls, natsCredentials, natsEngine, postgresEngine } from "./engine_config.ts";

/** How the engine is reached. @param name what it shows this node as @throws {NanoError} CONFIG_INVALID */
export async function engineOf({ engine }: FleetConfig, name: string): Promise<EngineConfig> {
  const tls = await readTls(engine.tls);
  if (engine.kind === "postgres") {
    const { url, insecure } = engine;
    return postgresEngine({ url, name, tls, isInsecure: insecure });
  }
  const { servers, credentials, replicas, allowOldServer, insecure } = engine;
  return natsEngine({
    servers,
    name,
    credentials: natsCredentials(credentials ?? ""),
    // `tls://` asks for it by itself.
    tls: tls ?? (servers.some((server) => server.startsWith("tls:")) ? { ca: null, own: null } : null),
    isInsecure: insecure,
    allowsOldServer: allowOldServer,
    ...replicas === null ? {} : { replicas },
  });
}

async function readTls(tls: FleetTlsConfig | null): Promise<EngineTls | null> {
  if (tls === null) return null;
  const [ca, cert, key] = await Promise.all([tls.ca, tls.cert, tls.key].map(textOf));
  return { ca: ca ?? null, own: cert && key ? { cert, key } : null };
}

async function textOf(path: string | null): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readRegularText(path, MAX_PEM_BYTES);
  } catch (cause) {
    throw new NanoError("CONFIG_INVALID", `Cannot read "${path}" for the fleet: ${messageOf(cause)}`, { cause });
  }
}
