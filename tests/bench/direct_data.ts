/**
 * The other side of the ratios of bindings: node:sqlite and Deno.connect called directly, in a process of its own.
 * Run: direct_data.ts FOLDER; it prints the port of an echo, then for each line "WHAT MS [PORT]" how many a second.
 */
import { DatabaseSync } from "node:sqlite";
import { AT_ONCE, ECHO_BYTES, ENTRIES, NEW_POINT_SQL, POINT_SQL, TABLE_SQL, VALUE_CHARS } from "./binding_apps.ts";

const value = "v".repeat(VALUE_CHARS);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** With the pragmas of runtime/data/. */
function opened(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000");
  return database;
}

/** The table of a namespace in data/kv_file.ts. */
function kvDatabase(folder: string): DatabaseSync {
  const database = opened(`${folder}/kv.db`);
  database.exec(
    `CREATE TABLE entries (key BLOB PRIMARY KEY NOT NULL, expires INTEGER, metadata TEXT, value BLOB NOT NULL)
    STRICT; BEGIN`,
  );
  const put = database.prepare("INSERT INTO entries (key, value) VALUES (?, ?)");
  for (let at = 0; at < ENTRIES; at++) put.run(encoder.encode(`key-${at}`), encoder.encode(value));
  database.exec("COMMIT");
  return database;
}

function sqlDatabase(folder: string): DatabaseSync {
  const database = opened(`${folder}/d1.db`);
  database.exec(`${TABLE_SQL}; BEGIN`);
  const insert = database.prepare("INSERT INTO posts (id, name, body) VALUES (?, ?, ?)");
  for (let at = 0; at < ENTRIES; at++) insert.run(at, `post ${at}`, value);
  database.exec("COMMIT");
  return database;
}

function rate(ms: number, one: (at: number) => void): number {
  let count = 0;
  const began = performance.now();
  for (let at = 0; performance.now() < began + ms; at += 7) {
    one(at % ENTRIES);
    count++;
  }
  return count / (performance.now() - began) * 1000;
}

async function echoRate(ms: number, port: number): Promise<number> {
  const bytes = new Uint8Array(ECHO_BYTES).fill(97);
  let count = 0;
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const reader = connection.readable.getReader();
    const writer = connection.writable.getWriter();
    while (performance.now() < began + ms) {
      writer.write(bytes).catch(() => {});
      for (let got = 0; got < ECHO_BYTES;) {
        const { done, value } = await reader.read();
        if (done) throw new Error("The echo ended");
        got += value.byteLength;
      }
      count++;
    }
    reader.releaseLock();
    writer.releaseLock();
  }));
  return count / (performance.now() - began) * 1000;
}

/** Sends everything back. */
async function serveEcho(listener: Deno.Listener): Promise<never> {
  for (;;) {
    const connection = await listener.accept();
    connection.readable.pipeTo(connection.writable).catch(() => {});
  }
}

if (import.meta.main) {
  const [folder] = Deno.args as [string];
  if (folder === "echo") {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    console.log((listener.addr as Deno.NetAddr).port);
    await serveEcho(listener);
  }
  const get = kvDatabase(folder).prepare("SELECT value, metadata FROM entries WHERE key = ?");
  const database = sqlDatabase(folder);
  const point = database.prepare(POINT_SQL);
  const newPoint = database.prepare(NEW_POINT_SQL);
  let newCalls = 0;
  const rows = database.prepare("SELECT id, name, body FROM posts WHERE id >= ? ORDER BY id LIMIT 100");
  console.log("ready");
  const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value: line } = await reader.read();
    if (done) break;
    const [what, ms, port] = line.trim().split(" ") as [string, string, string];
    const one = {
      kv: (at: number) => {
        const found = get.get(encoder.encode(`key-${at}`)) as { value: Uint8Array };
        if (decoder.decode(found.value) !== value) throw new Error("SQLite answered something else");
      },
      d1: (at: number) => {
        if (point.get(at)!["id"] !== at) throw new Error("SQLite answered something else");
      },
      "d1-new": (at: number) => {
        if (newPoint.get(at, ++newCalls)!["id"] !== at) throw new Error("SQLite answered something else");
      },
      rows: (at: number) => {
        if (rows.all(at % 900).length !== 100) throw new Error("SQLite answered something else");
      },
    }[what];
    console.log(one === undefined ? await echoRate(Number(ms), Number(port)) : rate(Number(ms), one));
  }
}
