/** Connections to a PostgreSQL server, and calls that are made again while what fails may pass. */
// @ts-types="@types/pg"
import pg from "pg";
import { inTime, LATE } from "../deadline.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { PostgresEngine } from "./engine_config.ts";
import { fleetUnavailable } from "./fleet_store.ts";
import type { PostgresSql } from "./postgres_schema.ts";

/** Of one try; commits wait for the disk, and for who writes at the same time. */
const TRY_MS = 5_000;
/** The same as the server has it, which then says why: sooner, or nobody is there to hear it. */
const SERVER_TRY_MS = 4_500;
const LOCK_MS = 2_000;
const DIAL_MS = 3_000;
const AGAIN_MS = 200;
/** At once; a node pulls, announces itself and moves an archive. */
const CONNECTIONS = 4;
const IDLE_MS = 60_000;

/** Codes of https://www.postgresql.org/docs/current/errcodes-appendix.html, or the start of them, that pass by themselves. */
const PASSING = ["08", "40", "53", "55", "57", "58"];
/** A certificate that is not trusted, by https://nodejs.org/api/tls.html#x509-certificate-error-codes: it stays so. */
const UNTRUSTED = /CERT|^UNABLE_TO_|^HOSTNAME_MISMATCH$|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_EXCEEDED$/;
const UNDEFINED_TABLE = ["42P01", "3F000"];

/** One row, as the statements of this engine have them. */
export type PostgresRow = Readonly<Record<string, unknown>>;

/** Rows and how many were touched. */
export interface Rows {
  readonly rows: readonly PostgresRow[];
  readonly count: number;
}

/** Runs a statement. */
export type Query = (sql: string, values?: readonly unknown[]) => Promise<Rows>;

/** Connects, and calls. */
export class PostgresSession implements AsyncDisposable {
  readonly #engine: PostgresEngine;
  readonly #sql: PostgresSql;
  readonly #pool: pg.Pool;
  readonly #onNotified: () => void;
  #made: Promise<void> | null = null;
  #listener: pg.Client | null = null;
  #isListening = false;
  #isClosed = false;

  /** @param onNotified when the server tells that something was written, or may have done so in vain */
  constructor(
    engine: PostgresEngine,
    { sql, onNotified }: { readonly sql: PostgresSql; readonly onNotified: () => void },
  ) {
    this.#engine = engine;
    this.#sql = sql;
    this.#onNotified = onNotified;
    this.#pool = new pg.Pool({ ...clientConfig(engine), max: CONNECTIONS, idleTimeoutMillis: IDLE_MS });
    // Of connections that nobody uses just now; without a listener they would end the thread.
    this.#pool.on("error", () => {});
    // A server may be set to acknowledge before its disk has it; one that is set to more than that stays so.
    // What this node has given up the server gives up, too: or tries go on waiting at a lock that somebody holds, and keep
    // their connections for as long.
    this.#pool.on("connect", (client: pg.PoolClient) => {
      client.query(
        `select set_config('statement_timeout', '${SERVER_TRY_MS}', false), set_config('lock_timeout', '${LOCK_MS}', false),
set_config('synchronous_commit', case current_setting('synchronous_commit') when 'off' then 'on' else current_setting('synchronous_commit') end, false)`,
      ).catch(() => {});
    });
  }

  /**
   * Calls, and calls again while what fails may pass.
   * @throws {NanoError} FLEET_UNAVAILABLE
   */
  async call<T>(action: string, run: (query: Query) => Promise<T>, callMs = this.#engine.times.callMs): Promise<T> {
    const until = performance.now() + callMs;
    let last: unknown = new Error("no answer came");
    for (;;) {
      try {
        if (this.#isClosed) throw fleetUnavailable(action, new Error("this store is closed"));
        const came = await inTime(this.#try(run), until - performance.now());
        if (came === LATE) throw fleetUnavailable(action, last);
        return came;
      } catch (error) {
        if (error instanceof NanoError) throw error;
        const code = codeOf(error);
        last = reasonOf(error, code);
        if (UNDEFINED_TABLE.includes(code)) this.#made = null;
        const passes = !/^[0-9A-Z]{5}$/.test(code) && !UNTRUSTED.test(code) || UNDEFINED_TABLE.includes(code) ||
          PASSING.some((start) => code.startsWith(start));
        if (!passes || performance.now() + AGAIN_MS > until) throw fleetUnavailable(action, last);
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  /** Has itself told of writes from now on, also when the server was away. */
  listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#keepListening();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const ends = [this.#pool.end(), this.#listener?.end()];
    await inTime(Promise.allSettled(ends), DIAL_MS);
  }

  async #try<T>(run: (query: Query) => Promise<T>): Promise<T> {
    await (this.#made ??= this.#make().catch((error) => {
      this.#made = null;
      throw error;
    }));
    return await run((sql, values = []) => this.#query(sql, values));
  }

  /** A login that may only read finds them made by others. */
  async #make(): Promise<void> {
    const { rows } = await this.#query(this.#sql.isThere, []);
    if (rows[0]?.is_there !== true) await this.#pool.query(this.#sql.make);
  }

  async #query(sql: string, values: readonly unknown[]): Promise<Rows> {
    const { rows, rowCount } = await this.#pool.query<PostgresRow>(sql, [...values]);
    return { rows, count: rowCount ?? 0 };
  }

  async #keepListening(): Promise<void> {
    while (!this.#isClosed) {
      const client = new pg.Client(clientConfig(this.#engine));
      const ended = Promise.withResolvers<void>();
      client.on("error", () => ended.resolve());
      client.on("end", () => ended.resolve());
      client.on("notification", this.#onNotified);
      this.#listener = client;
      try {
        await client.connect();
        await client.query(this.#sql.listen);
        // What was told before is not heard.
        this.#onNotified();
        await ended.promise;
      } catch {
        // Tried again: until then nodes look by themselves.
      }
      await client.end().catch(() => {});
      if (!this.#isClosed) await new Promise((resolve) => setTimeout(resolve, DIAL_MS));
    }
  }
}

function clientConfig({ url: text, name, tls }: PostgresEngine): pg.ClientConfig {
  const url = new URL(text);
  const password = decodeURIComponent(url.password);
  return {
    host: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username) || "postgres",
    // Given by a function, as pg looks for a text that is empty in the environment and in files.
    password: () => password,
    database: decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username) || "postgres",
    application_name: `nano ${name}`,
    connectionTimeoutMillis: DIAL_MS,
    query_timeout: TRY_MS,
    keepAlive: true,
    ssl: tls === null ? false : {
      rejectUnauthorized: true,
      ...tls.ca !== null && { ca: tls.ca },
      ...tls.own,
    },
  };
}

/** What there is to do, where that is not plain from what the server says. */
const ADVICE: Readonly<Record<string, string>> = {
  "55P03": "somebody holds a lock on the fleet's tables",
  "57014": "the server is too slow, or somebody holds a lock on the fleet's tables",
  "53300": 'every node needs 5 connections: raise "max_connections", or end others',
  "25006": "it is a standby or set to read only, and the fleet needs one that can be written",
};

function reasonOf(error: unknown, code: string): unknown {
  const advice = ADVICE[code];
  return advice === undefined ? error : new Error(`${messageOf(error)} (${advice})`, { cause: error });
}

function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : messageOf(error);
}
