/** The key `fleet` as the rest of NANO reads it, and what its keys must agree on. */
import { isLoopback } from "./is_loopback.ts";
import { CONFIG_DEFAULTS } from "./defaults.ts";
import { FLEET_BINDINGS, type WrittenFleet } from "./fleet_schema.ts";
import type { Mistakes } from "./mistakes.ts";
import type { Sketch } from "./sketch.ts";

/** A kind of binding that a fleet can keep. */
export type FleetBinding = "kv" | "r2" | "queue";

/** What this NANO does in a fleet. */
export interface FleetConfig {
  /** Where the nodes meet. */
  readonly engine: FleetEngineConfig;
  /** What the node is called, or null for a name that is made up and kept. */
  readonly name: string | null;
  /** `serve`: it takes no changes. */
  readonly role: "full" | "serve";
  /** Kinds of bindings whose data the engine keeps for all nodes. */
  readonly bindings: readonly FleetBinding[];
  /** Whether nodes take a new version one after the other. */
  readonly oneByOne: boolean;
  /** What becomes of jobs while the engine cannot be reached. */
  readonly cronsAlone: "skip" | "run";
  /** How long a start waits for the engine before the node calls itself ready. */
  readonly startTimeoutMs: number;
}

/** Where the nodes of a fleet meet. */
export type FleetEngineConfig =
  | {
    /** Which engine. */
    readonly kind: "nats";
    /** URLs of the servers. */
    readonly servers: readonly string[];
    /** What the node shows, or null. */
    readonly credentials: string | null;
    /** Certificates, or null. */
    readonly tls: FleetTlsConfig | null;
    /** Null: as many as the servers allow. */
    readonly replicas: number | null;
    /** Whether old servers are taken. */
    readonly allowOldServer: boolean;
    /** Whether TLS may be left out although a server is on another machine. */
    readonly insecure: boolean;
  }
  | {
    /** Which engine. */
    readonly kind: "postgres";
    /** URL of the database. */
    readonly url: string;
    /** Certificates, or null. */
    readonly tls: FleetTlsConfig | null;
    /** Whether TLS may be left out although the engine is on another machine. */
    readonly insecure: boolean;
  };

/** Absolute paths of PEM files. */
export interface FleetTlsConfig {
  /** Who signed the engine's certificate. */
  readonly ca: string | null;
  /** This node's own certificate. */
  readonly cert: string | null;
  /** Its private key. */
  readonly key: string | null;
}

/** What of `fleet` was read from outside. */
export interface OutsideFleet {
  name: string | undefined;
  postgres: string | undefined;
  credentials: string | undefined;
}

/** The resolved key. @param absolute makes paths absolute */
export function resolvedFleet(
  fleet: WrittenFleet | undefined,
  outside: OutsideFleet,
  absolute: (path: string) => string,
): FleetConfig | null {
  if (fleet === undefined) return null;
  const { fleet: defaults } = CONFIG_DEFAULTS;
  const path = (written: string | undefined) => written === undefined ? null : absolute(written);
  const tls = fleet.tls === undefined
    ? null
    : { ca: path(fleet.tls.ca), cert: path(fleet.tls.cert), key: path(fleet.tls.key) };
  const insecure = fleet.insecure ?? defaults.insecure;
  const plain = (written: WrittenFleet["name" | "credentials"]) => typeof written === "string" ? written : null;
  return {
    engine: fleet.nats === undefined
      ? { kind: "postgres", url: outside.postgres ?? plain(fleet.postgres) ?? "", tls, insecure }
      : {
        kind: "nats",
        servers: fleet.nats,
        credentials: outside.credentials ?? plain(fleet.credentials),
        tls,
        replicas: fleet.replicas ?? null,
        allowOldServer: fleet.allow_old_server ?? defaults.allow_old_server,
        insecure,
      },
    name: outside.name ?? plain(fleet.name),
    role: fleet.role ?? defaults.role,
    bindings: fleet.bindings ?? (fleet.nats === undefined ? [] : FLEET_BINDINGS),
    oneByOne: fleet.one_by_one ?? defaults.one_by_one,
    cronsAlone: fleet.crons_alone ?? defaults.crons_alone,
    startTimeoutMs: fleet.start_timeout_ms ?? defaults.start_timeout_ms,
  };
}

/** Adds a mistake for what the keys contradict each other in. */
export function checkFleet(fleet: Sketch<WrittenFleet> | undefined, mistakes: Mistakes): void {
  if (fleet === undefined) return;
  const { nats, postgres, tls } = fleet;
  if (nats === undefined && postgres === undefined && !mistakes.has(["fleet"])) {
    mistakes.add(["fleet", "nats"], undefined, 'expected the servers that the nodes meet at, or "postgres"');
  }
  if (nats !== undefined && postgres !== undefined) {
    mistakes.add(["fleet", "postgres"], postgres, 'expected nothing beside "nats": the nodes meet at one engine');
  }
  if (nats === undefined && postgres !== undefined && (fleet.bindings?.length ?? 0) > 0) {
    mistakes.add(
      ["fleet", "bindings"],
      fleet.bindings,
      'expected []: bindings of a fleet need "nats"; with "postgres" their data stay on each node',
    );
  }
  if ((tls?.cert === undefined) !== (tls?.key === undefined) && !mistakes.has(["fleet", "tls"])) {
    const missing = tls?.cert === undefined ? "cert" : "key";
    mistakes.add(["fleet", "tls", missing], undefined, 'expected both "cert" and "key", or none of them');
  }
  if (tls !== undefined || fleet.insecure === true) return;
  nats?.forEach((server, index) => {
    const url = server === undefined ? null : URL.parse(server);
    if (url === null || url.protocol === "tls:" || isLoopback(url.hostname)) return;
    mistakes.add(
      ["fleet", "nats", index],
      server,
      'expected TLS, since it is another machine: write "tls://", give "fleet.tls", or "fleet.insecure": true',
    );
  });
}
