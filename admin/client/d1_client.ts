/** The part of the client that looks at and changes D1 databases. */
import type { D1Database, D1Import, D1MigrationList, D1Query, D1Results } from "../schemas/d1_schemas.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { pathPart } from "./url_parts.ts";

/** A migration from elsewhere than the app's folder. */
export interface MigrationFile {
  readonly name: string;
  readonly sql: string;
}

/** What of a database is exported. */
export interface ExportQuery {
  readonly noSchema?: boolean;
  readonly noData?: boolean;
  /** Only these tables. */
  readonly tables?: readonly string[];
}

/** D1 databases of a running NANO; every method throws {@linkcode AdminError}. */
export class D1Client {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  async databases(): Promise<readonly D1Database[]> {
    return (await this.#json<{ databases: readonly D1Database[] }>("GET", "")).databases;
  }

  /** Runs SQL as one transaction. @returns what each statement came to */
  async query(database: string, query: D1Query): Promise<D1Results["results"]> {
    return (await this.#json<D1Results>("POST", `/${pathPart(database)}/query`, query)).results;
  }

  /** Runs a file of SQL of any length, as one transaction. */
  async import(database: string, sql: BodyInit): Promise<D1Import> {
    const headers = { "content-type": "application/octet-stream" };
    return await (await this.#fetch("POST", `/${pathPart(database)}/import`, { body: sql, headers })).json();
  }

  /** The database as SQL, as it comes. */
  async export(database: string, query: ExportQuery = {}): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const search = new URLSearchParams();
    if (query.noSchema === true) search.set("no_schema", "1");
    if (query.noData === true) search.set("no_data", "1");
    for (const table of query.tables ?? []) search.append("table", table);
    const response = await this.#fetch("GET", `/${pathPart(database)}/export?${search}`, { isSlow: true });
    return response.body ?? new Blob([]).stream();
  }

  /** @param files in the place of those in the app's folder */
  async migrations(database: string, files: readonly MigrationFile[] | null = null): Promise<D1MigrationList> {
    const path = `/${pathPart(database)}/migrations`;
    return files === null ? await this.#json("GET", path) : await this.#json("POST", `${path}/pending`, { files });
  }

  /** @param files in the place of those in the app's folder @returns names of those that were applied */
  async migrate(database: string, files: readonly MigrationFile[] | null = null): Promise<readonly string[]> {
    const body = files === null ? {} : { files };
    return (await this.#json<{ applied: readonly string[] }>("POST", `/${pathPart(database)}/migrations`, body))
      .applied;
  }

  async #json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    if (body === undefined) return await (await this.#fetch(method, path)).json();
    const headers = { "content-type": "application/json" };
    return await (await this.#fetch(method, path, { body: JSON.stringify(body), headers })).json();
  }

  #fetch(method: string, path: string, init: RequestInit & { isSlow?: boolean } = {}): Promise<Response> {
    return this.#connection.fetch(`${this.#connection.url}/admin/d1${path}`, { method, ...init });
  }
}
