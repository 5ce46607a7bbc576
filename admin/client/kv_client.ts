/** The part of the client that looks at and changes KV namespaces. */
import type { KvBulk, KvBulkPut, KvKeys, KvNamespace, KvValues } from "../schemas/kv_schemas.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { pathPart, search } from "./url_parts.ts";

/** A value with what is kept beside it. */
export interface KvValue {
  readonly value: Uint8Array<ArrayBuffer>;
  /** Any JSON; null without any. */
  readonly metadata: unknown;
  /** Seconds since the epoch, or null. */
  readonly expiration: number | null;
}

/** How a value is kept. */
export interface KvPutQuery {
  /** Seconds since the epoch. */
  readonly expiration?: number;
  /** Seconds from now; wins over the other. */
  readonly expirationTtl?: number;
  /** Any JSON. */
  readonly metadata?: unknown;
}

/** KV namespaces of a running NANO; every method throws {@linkcode AdminError}. */
export class KvClient {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  async namespaces(): Promise<readonly KvNamespace[]> {
    return (await this.#json<{ namespaces: readonly KvNamespace[] }>("GET", "")).namespaces;
  }

  /** A page of keys. */
  async keys(namespace: string, query: { prefix?: string; cursor?: string; limit?: number } = {}): Promise<KvKeys> {
    return await this.#json("GET", `/${pathPart(namespace)}/keys${search(query)}`);
  }

  /** @throws {AdminError} NOT_FOUND when there is no such key */
  async get(namespace: string, key: string): Promise<KvValue> {
    const response = await this.#fetch("GET", `/${pathPart(namespace)}/values/${pathPart(key)}`);
    const metadata = response.headers.get("nano-kv-metadata");
    const expiration = response.headers.get("nano-kv-expiration");
    return {
      value: await response.bytes(),
      metadata: metadata === null ? null : JSON.parse(metadata),
      expiration: expiration === null ? null : Number(expiration),
    };
  }

  async put(namespace: string, key: string, value: BodyInit, query: KvPutQuery = {}): Promise<void> {
    const { expiration, expirationTtl, metadata } = query;
    const text = metadata === undefined ? undefined : JSON.stringify(metadata);
    const written = search({ expiration, expiration_ttl: expirationTtl, metadata: text });
    const headers = { "content-type": "application/octet-stream" };
    await this.#fetch("PUT", `/${pathPart(namespace)}/values/${pathPart(key)}${written}`, { body: value, headers });
  }

  async delete(namespace: string, key: string): Promise<void> {
    await this.#fetch("DELETE", `/${pathPart(namespace)}/values/${pathPart(key)}`);
  }

  async putBulk(namespace: string, entries: KvBulkPut): Promise<KvBulk> {
    return await this.#json("PUT", `/${pathPart(namespace)}/bulk`, entries);
  }

  async getBulk(namespace: string, keys: readonly string[]): Promise<KvValues["values"]> {
    return (await this.#json<KvValues>("POST", `/${pathPart(namespace)}/bulk/get`, keys)).values;
  }

  async deleteBulk(namespace: string, keys: readonly string[]): Promise<KvBulk> {
    return await this.#json("POST", `/${pathPart(namespace)}/bulk/delete`, keys);
  }

  async #json<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    if (body === undefined) return await (await this.#fetch(method, path)).json();
    const headers = { "content-type": "application/json" };
    return await (await this.#fetch(method, path, { body: JSON.stringify(body), headers })).json();
  }

  #fetch(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return this.#connection.fetch(`${this.#connection.url}/admin/kv${path}`, { method, ...init });
  }
}
