/** How an engine is reached: plain data that a thread of its own can be given. */
import { isLoopback } from "../config/is_loopback.ts";
import { NanoError } from "../errors.ts";
import { BLOB_GRACE_MS, CLAIM_MS, LEASE_MS, NODE_SEEN_MS } from "./fleet_store.ts";

/** How to log in at a NATS server. */
export type NatsCredentials =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly user: string; readonly password: string }
  /** The seed of an nkey. */
  | { readonly kind: "nkey"; readonly seed: string }
  /** The text of a file of credentials, as `nsc` makes it: JWT and seed. */
  | { readonly kind: "creds"; readonly text: string };

/** Certificates, as PEM texts. */
export interface EngineTls {
  /** Who signed the server's; without it, those that the system trusts. */
  readonly ca: string | null;
  /** This node's own, with its key. */
  readonly own: { readonly cert: string; readonly key: string } | null;
}

/** How long things stand; shortened in tests. */
export interface EngineTimes {
  readonly leaseMs: number;
  readonly nodeSeenMs: number;
  readonly claimMs: number;
  readonly blobGraceMs: number;
  /** Of a call of the engine, with all its tries. */
  readonly callMs: number;
  /** Until a server has to have let a node in, for the first try; servers that are far away are given more then. */
  readonly dialMs: number;
  /** After which a server that lets nodes in and answers none of their calls is left for another one. */
  readonly silentMs: number;
}

/** NATS servers with JetStream. */
export interface NatsEngine {
  readonly kind: "nats";
  /** `nats://host:port`, `tls://host:port` or `host:port` each; 4222 when there is no port. */
  readonly servers: readonly string[];
  /** Before all names of streams and subjects; fleets that share servers differ in it. */
  readonly space: string;
  /** What the servers show this node as. */
  readonly name: string;
  readonly credentials: NatsCredentials;
  /** `null` for none, which only servers on this machine may have unless `isInsecure`. */
  readonly tls: EngineTls | null;
  readonly isInsecure: boolean;
  /** Copies of everything, when the streams are made. */
  readonly replicas: number;
  /** Takes servers that are known to lose what they acknowledged. */
  readonly allowsOldServer: boolean;
  readonly times: EngineTimes;
}

/** A PostgreSQL database. */
export interface PostgresEngine {
  readonly kind: "postgres";
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** The schema that its tables lie in. */
  readonly space: string;
  /** What the server shows this node as. */
  readonly name: string;
  readonly tls: EngineTls | null;
  readonly isInsecure: boolean;
  readonly times: EngineTimes;
}

/** What a store is opened from. */
export type EngineConfig = NatsEngine | PostgresEngine;

/** As the contract has them; an election of NATS takes 4 to 9 s, which a call has to sit out. */
export const ENGINE_TIMES: EngineTimes = {
  leaseMs: LEASE_MS,
  nodeSeenMs: NODE_SEEN_MS,
  claimMs: CLAIM_MS,
  blobGraceMs: BLOB_GRACE_MS,
  callMs: 15_000,
  dialMs: 2_000,
  silentMs: 5_000,
};

/** All but what is said. */
const NATS_DEFAULTS = {
  space: "nano",
  credentials: { kind: "none" },
  tls: null,
  isInsecure: false,
  replicas: 1,
  allowsOldServer: false,
  times: ENGINE_TIMES,
} as const satisfies Partial<NatsEngine>;

const POSTGRES_DEFAULTS = {
  space: "nano",
  tls: null,
  isInsecure: false,
  times: ENGINE_TIMES,
} as const satisfies Partial<PostgresEngine>;

/** What has to be said of an engine, and what may be. */
type Said<E, D> = Omit<E, keyof D | "kind"> & Partial<Pick<E, Extract<keyof D, keyof E>>>;

/**
 * An engine of NATS servers. Without `replicas`, as many copies as there are servers in the list: one, or three.
 * @throws {NanoError} CONFIG_INVALID when it cannot be used so
 */
export function natsEngine(said: Said<NatsEngine, typeof NATS_DEFAULTS>): NatsEngine {
  const replicas = said.replicas ?? (said.servers.length < 3 ? 1 : 3);
  const engine: NatsEngine = { kind: "nats", ...NATS_DEFAULTS, ...said, replicas };
  if (engine.servers.length === 0) throw refused("there is no NATS server in the list");
  const hosts = engine.servers.map(hostOfServer);
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(engine.space)) {
    throw refused(`space "${engine.space}" is no name of up to 32 letters, digits, "_" and "-"`);
  }
  demandTls(engine, hosts);
  return engine;
}

/**
 * An engine in a PostgreSQL database. `sslmode` in the URL has no say: it is TLS with a checked certificate, or none.
 * @throws {NanoError} CONFIG_INVALID when it cannot be used so
 */
export function postgresEngine(said: Said<PostgresEngine, typeof POSTGRES_DEFAULTS>): PostgresEngine {
  const engine: PostgresEngine = { kind: "postgres", ...POSTGRES_DEFAULTS, ...said };
  if (!/^[a-z_][a-z0-9_]{0,31}$/.test(engine.space)) {
    throw refused(`space "${engine.space}" is no name of up to 32 small letters, digits and "_"`);
  }
  // The URL holds a password, which no message may show.
  const url = URL.canParse(engine.url) ? new URL(engine.url) : null;
  if (!url || !/^postgres(ql)?:$/.test(url.protocol) || url.hostname === "") {
    throw refused("the address of PostgreSQL has not the form postgres://user:password@host:port/database");
  }
  demandTls(engine, [url.hostname]);
  return engine;
}

/** What a file or variable with the login of a NATS server holds: it is told from how it looks. */
export function natsCredentials(text: string): NatsCredentials {
  const line = text.trim();
  if (line === "") return { kind: "none" };
  if (line.includes("-----BEGIN NATS USER JWT-----")) return { kind: "creds", text };
  if (/^SU[A-Z2-7]{56}$/.test(line)) return { kind: "nkey", seed: line };
  const colon = line.indexOf(":");
  if (colon > 0) return { kind: "password", user: line.slice(0, colon), password: line.slice(colon + 1) };
  return { kind: "token", token: line };
}

/** @throws {NanoError} CONFIG_INVALID */
function hostOfServer(server: string): string {
  const address = /^(?:nats|tls):\/\//.test(server) ? server : `nats://${server}`;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (!url || url.hostname === "" || url.username !== "" || url.password !== "" || !/^\/?$/.test(url.pathname)) {
    throw refused(`a NATS server has not the form nats://host:port, logins are told apart from it`);
  }
  return url.hostname;
}

function demandTls({ tls, isInsecure }: EngineConfig, hosts: readonly string[]): void {
  const open = hosts.find((host) => !isLoopback(host));
  if (tls || isInsecure || open === undefined) return;
  throw refused(
    `"${open}" is not on this machine and TLS is not configured: whoever can write there runs code on all nodes; give "fleet.tls", or "fleet.insecure": true`,
  );
}

function refused(why: string): NanoError {
  return new NanoError("CONFIG_INVALID", `Cannot join a fleet: ${why}`);
}
