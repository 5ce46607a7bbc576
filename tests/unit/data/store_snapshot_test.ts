/** Copies of stores while they are written, and what is kept meanwhile. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { DataThread } from "../../../runtime/data/data_thread.ts";
import { kvStore } from "../../../runtime/data/kv_store.ts";
import { R2Engine } from "../../../runtime/data/r2_engine.ts";
import { StageThread } from "../../../runtime/data/stage_thread.ts";
import { BadStore } from "../../../runtime/data/store_check.ts";
import { waitingPath } from "../../../runtime/data/restore_plan.ts";

const PUT = { expires: null, metadata: null, maxBytes: 1e12 };
const { signal } = new AbortController();

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("A namespace that is written all the time is copied as it was at one moment", () =>
  inFolder(async (folder) => {
    await using data = new DataThread(folder);
    using stage = new StageThread(folder);
    const store = kvStore(data, "a");
    const long = new Uint8Array(500_000);
    for (let at = 0; at < 40; at++) await store.put(`long ${at}`, long, PUT);
    let isOver = false;
    let round = 0;
    const writing = (async () => {
      // Both keys in one turn, which is one transaction.
      while (!isOver) {
        const value = new TextEncoder().encode(String(++round));
        await Promise.all([store.put("first", value, PUT), store.put("second", value, PUT)]);
      }
    })();
    const before = round;
    const { bytes } = await stage.snapshot({ from: `${folder}/kv/a.db`, to: `${folder}/copy.db`, objects: null });
    isOver = true;
    await writing;
    assert(bytes > 20_000_000 && round > before);
    const copy = new DatabaseSync(`${folder}/copy.db`);
    const found = copy.prepare("SELECT CAST(value AS TEXT) AS value FROM entries WHERE key IN (?, ?)")
      .all(new TextEncoder().encode("first"), new TextEncoder().encode("second")) as { value: string }[];
    const { entries } = copy.prepare("SELECT count(*) AS entries FROM entries WHERE length(value) = 500000").get() as {
      entries: number;
    };
    copy.close();
    assertEquals(entries, 40);
    assertEquals(new Set(found.map(({ value }) => value)).size <= 1, true, JSON.stringify(found));
  }));

Deno.test("Rows of a table without a key of their own keep their rowids", () =>
  inFolder(async (folder) => {
    using stage = new StageThread(folder);
    const source = new DatabaseSync(`${folder}/a.db`);
    source.exec("CREATE TABLE t (v TEXT); INSERT INTO t VALUES ('a'), ('b'), ('c'); DELETE FROM t WHERE v = 'a'");
    source.close();
    await stage.snapshot({ from: `${folder}/a.db`, to: `${folder}/b.db`, objects: null });
    const copy = new DatabaseSync(`${folder}/b.db`);
    assertEquals(copy.prepare("SELECT rowid AS id FROM t").all().map(({ id }) => id), [2, 3]);
    copy.close();
  }));

Deno.test("Objects that are deleted while a bucket is kept have their files until it is not", () =>
  inFolder(async (folder) => {
    await using data = new DataThread(folder);
    using engine = new R2Engine(folder, data);
    const store = engine.store("a");
    const options = {
      ...{ http: "{}", custom: "{}", storageClass: "Standard" },
      ...{ size: 3, maxBytes: 1e12, signal, condition: null, checksums: new Map() },
    };
    await store.put("one", new Uint8Array([1, 2, 3]), options);
    await store.put("two", new Uint8Array([4, 5, 6]), options);
    const files = () => [...Deno.readDirSync(`${folder}/r2/a.files`)].filter(({ isFile }) => isFile).length;
    {
      await using _kept = await engine.keep("a");
      await store.delete(["one"]);
      assertEquals(files(), 2);
      // And what is put again meanwhile stays.
      await store.put("three", new Uint8Array([1, 2, 3]), options);
      await store.delete(["two"]);
      assertEquals(files(), 2);
    }
    assertEquals(files(), 1);
    const found = await store.get("three", { condition: null, range: null, signal });
    assertEquals(await new Response(found!.content!.body as BodyInit).bytes(), new Uint8Array([1, 2, 3]));
  }));

Deno.test("Files that are none of their kind are refused", () =>
  inFolder(async (folder) => {
    using stage = new StageThread(folder);
    const check = (kind: string) => stage.check({ kind, path: `${folder}/x.db`, objects: null });
    await Deno.writeTextFile(`${folder}/x.db`, "no database at all, but long enough for its head. ".repeat(20));
    for (const kind of ["kv", "d1", "queues", "r2"]) {
      await assertRejects(() => check(kind), BadStore, "file is not a database");
    }
    await Deno.remove(`${folder}/x.db`);
    const other = new DatabaseSync(`${folder}/x.db`);
    other.exec("CREATE TABLE entries (x); PRAGMA user_version = 99");
    other.close();
    await assertRejects(() => check("kv"), BadStore, "Cannot open it: a newer NANO wrote it (version 99)");
    await check("d1");
  }));

Deno.test("After an exchange nobody reads what was remembered of the old file", () =>
  inFolder(async (folder) => {
    await using data = new DataThread(folder);
    const store = kvStore(data, "a");
    const text = (value: string) => new TextEncoder().encode(value);
    await store.put("key", text("old"), PUT);
    assertEquals((await store.get("key", 100))?.value, "old");
    const waiting = `${waitingPath(folder, "one", "kv/a")}.db`;
    await Deno.mkdir(waiting.replace("/a.db", ""), { recursive: true });
    await using other = new DataThread(`${folder}/other`);
    await kvStore(other, "a").put("key", text("new"), PUT);
    await other[Symbol.asyncDispose]();
    await Deno.rename(`${folder}/other/kv/a.db`, waiting);
    const during = store.get("key", 100);
    await data.swap({ id: "one", stores: ["kv/a"] });
    assertEquals((await during)?.value, "old");
    assertEquals((await store.get("key", 100))?.value, "new");
    await store.put("key", text("newer"), PUT);
    assertEquals((await store.get("key", 100))?.value, "newer");
  }));
