/** The part of the client that looks at R2 buckets, gets and puts objects. */
import type { R2Bucket, R2ObjectAnswer, R2ObjectsAnswer } from "../schemas/r2_schemas.ts";
import type { AdminConnection } from "./admin_connection.ts";
import { pathPart, search } from "./url_parts.ts";

/** Which objects are wanted. */
export interface R2ListQuery {
  readonly prefix?: string;
  readonly delimiter?: string;
  /** Of the page before. */
  readonly cursor?: string;
  readonly limit?: number;
}

/** What is kept beside an object. */
export interface R2PutQuery {
  readonly contentType?: string;
  readonly cacheControl?: string;
}

/** R2 buckets of a running NANO; every method throws {@linkcode AdminError}. */
export class R2Client {
  readonly #connection: AdminConnection;

  constructor(connection: AdminConnection) {
    this.#connection = connection;
  }

  async buckets(): Promise<readonly R2Bucket[]> {
    return (await (await this.#fetch("GET", "")).json()).buckets;
  }

  /** A page of objects. */
  async objects(bucket: string, query: R2ListQuery = {}): Promise<R2ObjectsAnswer> {
    return await (await this.#fetch("GET", `/${pathPart(bucket)}/objects${search({ ...query })}`)).json();
  }

  /** An object without its bytes. @throws {AdminError} NOT_FOUND when there is none */
  async head(bucket: string, key: string): Promise<R2ObjectAnswer> {
    return await (await this.#fetch("GET", `/${pathPart(bucket)}/objects/${pathPart(key)}/metadata`)).json();
  }

  /** The bytes of an object, as they come. @throws {AdminError} NOT_FOUND when there is none */
  async get(bucket: string, key: string): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    const { body } = await this.#fetch("GET", `/${pathPart(bucket)}/objects/${pathPart(key)}`);
    return body ?? new Blob([]).stream();
  }

  async put(bucket: string, key: string, value: BodyInit, query: R2PutQuery = {}): Promise<R2ObjectAnswer> {
    const written = search({ content_type: query.contentType, cache_control: query.cacheControl });
    const headers = { "content-type": "application/octet-stream" };
    const path = `/${pathPart(bucket)}/objects/${pathPart(key)}${written}`;
    return await (await this.#fetch("PUT", path, { body: value, headers })).json();
  }

  async delete(bucket: string, key: string): Promise<void> {
    await (await this.#fetch("DELETE", `/${pathPart(bucket)}/objects/${pathPart(key)}`)).body?.cancel();
  }

  #fetch(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    return this.#connection.fetch(`${this.#connection.url}/admin/r2${path}`, { method, ...init });
  }
}
