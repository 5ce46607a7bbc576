/** A fleet's engine in a PostgreSQL database. Order and compare-and-set come from the lock of one row. */
import { chunksAhead } from "./chunks_ahead.ts";
import { digested } from "./digested.ts";
import type { PostgresEngine } from "./engine_config.ts";
import {
  type FleetHead,
  type FleetRecord,
  type FleetStore,
  fleetUnavailable,
  type HeardReport,
  type NewRecord,
  type NodeReport,
  type WriteBase,
  type WriteOutcome,
} from "./fleet_store.ts";
import { Hints } from "./hints.ts";
import { type PostgresSql, postgresSql } from "./postgres_schema.ts";
import { type PostgresRow, PostgresSession, type Query } from "./postgres_session.ts";
import { decodeRecord, encodeRecord } from "./record_text.ts";

/** Written as one row each; a row is held in memory whole by the server, as hexadecimal digits on the way. */
const CHUNK_BYTES = 524_288;
const CHUNK_MS = 30_000;
/** Chunks read before they are asked for. */
const AHEAD = 2;
/** Records of a page: the longest have half a megabyte each. */
const PAGE = 64;
const HEAD_MS = 5_000;

/** A handle on the database; nothing is asked of it before the first call. */
export class PostgresStore implements FleetStore {
  readonly engine = "postgres";
  readonly #engine: PostgresEngine;
  readonly #sql: PostgresSql;
  readonly #session: PostgresSession;
  readonly #hints = new Hints();

  constructor(engine: PostgresEngine) {
    this.#engine = engine;
    this.#sql = postgresSql(engine.space);
    this.#session = new PostgresSession(engine, { sql: this.#sql, onNotified: () => this.#hints.tell() });
  }

  head(): Promise<FleetHead> {
    return this.#session.call("ask the fleet's engine for its newest change", (query) => this.#head(query), HEAD_MS);
  }

  found(epoch: string, replacing: string | null = null): Promise<boolean> {
    return this.#session.call("found a fleet", async (query) => {
      if (replacing === null) await query(this.#sql.found, [epoch]);
      else await query(this.#sql.replace, [epoch, replacing]);
      return (await this.#head(query)).epoch === epoch;
    });
  }

  async *since(revision: number): AsyncGenerator<FleetRecord, void> {
    for (let at = revision;;) {
      const after = at;
      const { rows } = await this.#session.call(
        "read the fleet's changes",
        (query) => query(this.#sql.since, [after, PAGE]),
      );
      for (const row of rows) {
        const record = recordOf(row);
        at = record.revision;
        yield record;
      }
      if (rows.length < PAGE) return;
    }
  }

  async write(record: NewRecord, expected: WriteBase): Promise<WriteOutcome> {
    const body = new TextDecoder().decode(encodeRecord(record));
    let isFirst = true;
    return await this.#session.call("write to the fleet", async (query) => {
      const mayBeStored = !isFirst;
      isFirst = false;
      const { rows: [stored] } = await query(this.#sql.write, [
        ...[expected.revision, expected.epoch, record.key, body],
        expected.ofKey ?? null,
      ]);
      if (stored) return { outcome: "written", revision: Number(stored.revision) };
      const { rows: [newest] } = mayBeStored ? await query(this.#sql.record, [record.key]) : { rows: [] };
      const held = newest ? recordOf(newest) : null;
      return held?.id === record.id ? { outcome: "written", revision: held.revision } : { outcome: "conflict" };
    });
  }

  async putBlob(sha256: string, archive: ReadableStream<Uint8Array>): Promise<void> {
    const run = (sql: string, values: readonly unknown[]) =>
      this.#session.call("keep an archive", (query) => query(sql, values), CHUNK_MS);
    if ((await run(this.#sql.touchBlob, [sha256])).count === 1) {
      await archive.cancel();
      return;
    }
    await run(this.#sql.beginBlob, [sha256]);
    let chunks = 0;
    for await (const chunk of digested(archive, { sha256, chunkBytes: CHUNK_BYTES })) {
      await run(this.#sql.chunk, [sha256, chunks++, chunk]);
    }
    const { count } = await run(this.#sql.endBlob, [sha256, chunks]);
    if (count === 0) throw fleetUnavailable("keep an archive", new Error(`"${sha256}" was removed in the meantime`));
  }

  async getBlob(sha256: string): Promise<ReadableStream<Uint8Array> | null> {
    const { rows: [blob] } = await this.#session.call(
      "fetch an archive",
      (query) => query(this.#sql.blob, [sha256]),
      CHUNK_MS,
    );
    if (!blob) return null;
    return chunksAhead((chunk) => this.#chunk(sha256, chunk), { chunks: Number(blob.chunks), atOnce: AHEAD });
  }

  removeBlobs(keep: ReadonlySet<string>): Promise<number> {
    return this.#session.call("remove archives", async (query) => {
      await query(this.#sql.forgetHolds);
      return (await query(this.#sql.removeBlobs, [[...keep], this.#engine.times.blobGraceMs])).count;
    });
  }

  lease(name: string, holder: string): Promise<boolean> {
    return this.#session.call("take a lease", async (query) => {
      return (await query(this.#sql.take, [`lease.${name}`, holder, this.#engine.times.leaseMs, true])).count === 1;
    });
  }

  release(name: string, holder: string): Promise<void> {
    return this.#session.call("give a lease back", async (query) => {
      await query(this.#sql.release, [`lease.${name}`, holder]);
    });
  }

  claim(name: string, holder: string): Promise<boolean> {
    return this.#session.call("claim a turn", async (query) => {
      await query(this.#sql.take, [`claim.${name}`, holder, this.#engine.times.claimMs, false]);
      const { rows: [held] } = await query(this.#sql.holder, [`claim.${name}`]);
      return held?.holder === holder;
    });
  }

  announce(node: NodeReport): Promise<void> {
    return this.#session.call("announce this node", async (query) => {
      await query(this.#sql.announce, [node.name, JSON.stringify(node), this.#engine.times.nodeSeenMs]);
    });
  }

  nodes(): Promise<readonly HeardReport[]> {
    return this.#session.call("read the fleet's nodes", async (query) => {
      const { rows } = await query(this.#sql.nodes, [this.#engine.times.nodeSeenMs]);
      return rows.map(({ report, heard_at }): HeardReport => ({
        ...JSON.parse(String(report)) as NodeReport,
        heardAt: Number(heard_at),
      }));
    });
  }

  onChange(listener: () => void): Disposable {
    this.#session.listen();
    return this.#hints.listen(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#hints.clear();
    await this.#session[Symbol.asyncDispose]();
  }

  async #head(query: Query): Promise<FleetHead> {
    const { rows: [head] } = await query(this.#sql.head);
    return head ? { epoch: String(head.epoch), revision: Number(head.revision) } : { epoch: null, revision: 0 };
  }

  async #chunk(sha256: string, at: number): Promise<Uint8Array> {
    const { rows: [row] } = await this.#session.call(
      "fetch an archive",
      (query) => query(this.#sql.readChunk, [sha256, at]),
      CHUNK_MS,
    );
    if (!row) throw fleetUnavailable("fetch an archive", new Error(`part ${at} of "${sha256}" is missing`));
    return row.bytes as Uint8Array;
  }
}

function recordOf({ revision, body }: PostgresRow): FleetRecord {
  return decodeRecord(new TextEncoder().encode(String(body)), Number(revision));
}
