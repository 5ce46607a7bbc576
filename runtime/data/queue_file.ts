/** One queue in one SQLite file: what was sent waits in it until it is settled. */
import type { DatabaseSync } from "node:sqlite";
import type { Plain } from "../protocol/binding_call.ts";
import type { DataOperation, QueueOperation, QueueWrite } from "./data_messages.ts";
import { type NamedStatements, openStore, USED_BYTES_SQL } from "./open_store.ts";
import { queueFull, tooManyMessages } from "./queue_refusals.ts";
import { joined } from "./queue_store.ts";
import type { StoreFile } from "./store_file.ts";
import { inSavepoint, inTransaction } from "./store_transaction.ts";

/** A queue that holds more has lost its consumer; SQLite would take them, but who counts them? */
const MAX_MESSAGES = 1_000_000;

/** Each step leads from `user_version` = its index to the next; a released step is never edited, only followed. */
const MIGRATIONS: readonly string[] = [
  // Bodies apart: who leases a message rewrites its row. `visible` is when it may be delivered, or its lease ends.
  `CREATE TABLE messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    sent INTEGER NOT NULL,
    visible INTEGER NOT NULL,
    lease TEXT,
    failures INTEGER NOT NULL,
    type TEXT NOT NULL,
    origin TEXT,
    size INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX waiting ON messages (visible, seq) WHERE lease IS NULL;
  CREATE INDEX leased ON messages (lease, visible) WHERE lease IS NOT NULL;
  CREATE TABLE bodies (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
  CREATE TABLE totals (messages INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT;
  INSERT INTO totals VALUES (0, 0);
  CREATE TRIGGER message_came AFTER INSERT ON messages BEGIN
    UPDATE totals SET messages = messages + 1, bytes = bytes + new.size;
  END;
  CREATE TRIGGER message_went AFTER DELETE ON messages BEGIN
    DELETE FROM bodies WHERE seq = old.seq;
    UPDATE totals SET messages = messages - 1, bytes = bytes - old.size;
  END;`,
];

const STATEMENTS = {
  add: `INSERT INTO messages (id, sent, visible, failures, type, origin, size) VALUES (?, ?, ?, 0, ?, ?, ?)
    ON CONFLICT (id) DO NOTHING`,
  addBody: "INSERT INTO bodies (seq, body) VALUES (?, ?)",
  totals: "SELECT messages, bytes, (SELECT sent FROM messages ORDER BY seq LIMIT 1) AS oldest FROM totals",
  strays: "UPDATE messages SET lease = NULL, visible = ? WHERE lease IS NOT NULL AND lease <> ?",
  expire: "UPDATE messages SET lease = NULL, visible = ?1 WHERE lease = ?2 AND visible <= ?1",
  ready: `SELECT seq, id, sent, visible, failures, type, origin, size FROM messages WHERE lease IS NULL AND visible <= ?
    ORDER BY visible, seq LIMIT ?`,
  next: "SELECT min(visible) AS at FROM messages WHERE lease IS NULL AND visible > ?",
  lapse: "SELECT min(visible) AS at FROM messages WHERE lease = ?",
  lease: "UPDATE messages SET lease = ?, visible = ? WHERE seq = ?",
  body: "SELECT body FROM bodies WHERE seq = ?",
  start: "SELECT substr(body, 1, ?) AS body FROM bodies WHERE seq = ?",
  acknowledge: "DELETE FROM messages WHERE seq = ? AND lease = ?",
  retry: "UPDATE messages SET lease = NULL, visible = ?, failures = failures + 1 WHERE seq = ? AND lease = ?",
  release: "UPDATE messages SET lease = NULL, visible = ? WHERE seq = ? AND lease = ?",
  peek:
    `SELECT seq, id, sent, visible, lease, failures, type, origin, size FROM messages WHERE seq > ? ORDER BY seq LIMIT ?`,
  named: "SELECT seq, id, sent, visible, lease, failures, type, origin, size FROM messages WHERE id = ?",
  // A lease that is over may be that of a process that is gone, in a queue that nobody consumes any more.
  remove: "DELETE FROM messages WHERE id = ? AND (lease IS NULL OR visible <= ?)",
  purge: "DELETE FROM messages WHERE seq IN (SELECT seq FROM messages ORDER BY seq LIMIT ?)",
  delayed: "SELECT count(*) AS messages FROM messages WHERE lease IS NULL AND visible > ?",
  leases: "SELECT count(*) AS messages FROM messages WHERE lease IS NOT NULL AND visible > ?",
  pages: USED_BYTES_SQL,
} as const;

const WRITES: ReadonlySet<DataOperation> = new Set<QueueWrite>([
  "queue.send",
  "queue.take",
  "queue.settle",
  "queue.remove",
  "queue.purge",
]);

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly sent: number;
  readonly visible: number;
  readonly lease: string | null;
  readonly failures: number;
  readonly type: string;
  readonly origin: string | null;
  readonly size: number;
}

/** The messages of a queue; times are ms since the epoch. See data/queue_store.ts for arguments and values. */
export class QueueFile implements StoreFile {
  readonly isHeld = false;
  readonly #database: DatabaseSync;
  readonly #statements: NamedStatements<keyof typeof STATEMENTS>;
  /** Who takes; leases of others belong to processes that are gone. */
  #owner: string | null = null;

  /** @param path of the file, made when missing */
  constructor(path: string) {
    const { database, statements } = openStore(path, MIGRATIONS, STATEMENTS);
    this.#database = database;
    this.#statements = statements;
  }

  /** Whether an operation changes what is kept. */
  isWrite(operation: DataOperation): boolean {
    return WRITES.has(operation);
  }

  /** Runs calls whose writes are on the disk when it returns, or none of them is. */
  transaction<Result>(run: () => Result): Result {
    return inTransaction(this.#database, run);
  }

  /** Runs one call; one that fails has changed nothing. */
  run(operation: DataOperation, args: readonly Plain[]): readonly Plain[] {
    return inSavepoint(this.#database, () => this.#run(operation as QueueOperation, args));
  }

  #run(operation: QueueOperation, args: readonly Plain[]): readonly Plain[] {
    switch (operation) {
      case "queue.send":
        return this.#send(args);
      case "queue.take":
        return this.#take(args);
      case "queue.settle":
        return this.#settle(args);
      case "queue.peek":
        return this.#peek(args as readonly [number, number, number]);
      case "queue.read":
        return this.#read(args as readonly [number, ...string[]]);
      case "queue.remove":
        return this.#remove(args as readonly [number, ...string[]]);
      case "queue.purge":
        return [this.#statements.purge.run(args[0] as number).changes as number, ...this.#totals()];
      case "queue.backlog":
        return this.#totals();
      case "queue.info":
        return [...this.#totals(), ...this.#counts(args[0] as number), this.#bytes];
    }
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }

  /** Bytes of the pages in use. */
  get #bytes(): number {
    return (this.#statements.pages.get() as { bytes: number }).bytes;
  }

  #totals(): [messages: number, bytes: number, oldest: number | null] {
    const { messages, bytes, oldest } = this.#statements.totals.get() as Record<string, number | null>;
    return [messages!, bytes!, oldest!];
  }

  #counts(now: number): number[] {
    const { delayed, leases } = this.#statements;
    return [delayed, leases].map((statement) => (statement.get(now) as { messages: number }).messages);
  }

  #send([maxBytes, body, ...facts]: readonly Plain[]): readonly Plain[] {
    const bytes = body as Uint8Array<ArrayBuffer>;
    if (this.#bytes + bytes.byteLength > (maxBytes as number)) throw queueFull(maxBytes as number);
    if (this.#totals()[0] + facts.length / 6 > MAX_MESSAGES) throw tooManyMessages(MAX_MESSAGES);
    let from = 0;
    for (let at = 0; at < facts.length; at += 6) {
      const [id, sent, visible, type, origin, size] = facts.slice(at, at + 6) as [
        string,
        number,
        number,
        string,
        string | null,
        number,
      ];
      const { changes, lastInsertRowid } = this.#statements.add.run(id, sent, visible, type, origin, size);
      if (changes === 1) this.#statements.addBody.run(lastInsertRowid, bytes.subarray(from, from + size));
      from += size;
    }
    return [...this.#totals(), this.#bytes];
  }

  #take([owner, now, limit, waitMs, until]: readonly Plain[]): readonly Plain[] {
    const [me, present, most] = [owner as string, now as number, limit as number];
    if (this.#owner !== me) {
      this.#statements.strays.run(present, me);
      this.#owner = me;
    }
    this.#statements.expire.run(present, me);
    const rows = this.#statements.ready.all(present, most) as unknown as Row[];
    const due = rows.length === 0 ? null : rows[0]!.visible + (waitMs as number);
    if (due === null || (rows.length < most && present < due)) {
      return [...this.#totals(), this.#next(present, due), null];
    }
    const bodies = rows.map(({ seq }) => {
      this.#statements.lease.run(me, until as number, seq);
      return (this.#statements.body.get(seq) as { body: Uint8Array }).body;
    });
    return [
      ...this.#totals(),
      null,
      joined(bodies),
      ...rows.flatMap(({ seq, id, sent, failures, type, size }) => [seq, id, sent, failures, type, size]),
    ];
  }

  /** When something may be ready that is not: a batch has waited long enough, a delay or a lease is over. */
  #next(present: number, due: number | null): number | null {
    const { next, lapse } = this.#statements;
    const later = [next.get(present), lapse.get(this.#owner)].map((row) => (row as { at: number | null }).at);
    const times = [due, ...later].filter((at) => at !== null);
    return times.length === 0 ? null : Math.min(...times);
  }

  #settle([owner, ...decisions]: readonly Plain[]): readonly Plain[] {
    const me = owner as string;
    for (let at = 0; at < decisions.length; at += 3) {
      const [seq, decision, visible] = decisions.slice(at, at + 3) as [number, string, number];
      if (decision === "ack") this.#statements.acknowledge.run(seq, me);
      else if (decision === "retry") this.#statements.retry.run(visible, seq, me);
      else this.#statements.release.run(visible, seq, me);
    }
    return this.#totals();
  }

  #peek([after, limit, bodyBytes]: readonly [number, number, number]): readonly Plain[] {
    return (this.#statements.peek.all(after, limit) as unknown as Row[]).flatMap((row) => this.#shown(row, bodyBytes));
  }

  #read([bodyBytes, ...ids]: readonly [number, ...string[]]): readonly Plain[] {
    const rows = ids.map((id) => this.#statements.named.get(id) as unknown as Row | undefined);
    return rows.filter((row) => row !== undefined).flatMap((row) => this.#shown(row, bodyBytes));
  }

  #remove([now, ...ids]: readonly [number, ...string[]]): readonly Plain[] {
    for (const id of ids) this.#statements.remove.run(id, now);
    return this.#totals();
  }

  #shown(row: Row, bodyBytes: number): Plain[] {
    const { seq, id, sent, visible, lease, failures, type, origin, size } = row;
    const { body } = this.#statements.start.get(bodyBytes, seq) as { body: Uint8Array };
    return [seq, id, sent, visible, lease !== null, failures, type, origin, size, body];
  }
}
