/** Buckets on the disk: what kills leave, what a failure leaves, who waits for whom. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { DataThread } from "../../../runtime/data/data_thread.ts";
import { R2Engine } from "../../../runtime/data/r2_engine.ts";
import type { R2Entry } from "../../../runtime/protocol/r2_entry.ts";
import type { PutOptions, R2Store } from "../../../runtime/data/r2_store.ts";
import { killedProcess } from "../../support/killed_process.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const METADATA = { http: "{}", custom: "{}", storageClass: "Standard" };
const { signal } = new AbortController();

/** A bucket below a folder that is removed at the end, unless it is somebody else's. */
class Scene implements AsyncDisposable {
  readonly folder: string;
  readonly store: R2Store;
  readonly engine: R2Engine;
  readonly #data: DataThread;
  readonly #isOwn: boolean;

  constructor(folder?: string) {
    this.folder = folder ?? Deno.makeTempDirSync({ prefix: "nano-test-" });
    this.#isOwn = folder === undefined;
    this.#data = new DataThread(this.folder);
    this.engine = new R2Engine(this.folder, this.#data);
    this.store = this.engine.store("a");
  }

  put(key: string, body: Uint8Array | ReadableStream<Uint8Array>, size: number, options: Partial<PutOptions> = {}) {
    const given = { ...METADATA, size, maxBytes: 1e12, signal, condition: null, checksums: new Map(), ...options };
    return this.store.put(key, body, given);
  }

  async get(key: string): Promise<Uint8Array | null> {
    const found = await this.store.get(key, { condition: null, range: null, signal });
    return found === null ? null : await new Response(found.content!.body as BodyInit).bytes();
  }

  /** Names of files of objects, and of unfinished ones. */
  files(): { kept: string[]; unfinished: string[] } {
    const names = (path: string) => [...Deno.readDirSync(path)].map(({ name }) => name);
    const folder = `${this.folder}/r2/a.files`;
    return { kept: names(folder).filter((name) => name !== "tmp"), unfinished: names(`${folder}/tmp`) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.engine[Symbol.dispose]();
    await this.#data[Symbol.asyncDispose]();
    if (this.#isOwn) await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("No acknowledged write of a bucket is lost by 25 kills, and nothing unfinished stays", async () => {
  const random = new SeededRandom(12);
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  const script = new URL("../../support/put_in_loop.ts", import.meta.url);
  try {
    let checked = 0;
    for (let kill = 0; kill < 25; kill++) {
      const args = [folder, `${random.below(100_000)}`];
      const lines = await killedProcess(script, { args, lines: 10 + random.below(20), withinMs: 60, random });
      const told = new Map<string, string>();
      for (const line of lines) {
        const [key, size] = line.split(" ");
        // What was begun and not acknowledged may be either way.
        if (key!.startsWith("?")) told.delete(key!.slice(1));
        else told.set(key!, size!);
      }
      await using scene = new Scene(folder);
      await scene.engine.prepare();
      for (const [key, size] of told) {
        const bytes = await scene.get(key);
        assertEquals(`${bytes?.byteLength ?? null}`, size, `${key} after kill ${kill}`);
        const entry = JSON.parse((await scene.store.head(key)) ?? "null") as R2Entry | null;
        if (bytes !== null && !entry!.etag.includes("-")) {
          assertEquals(createHash("md5").update(bytes).digest("hex"), entry!.etag, key);
        }
        checked++;
      }
      assertEquals(scene.files().unfinished, []);
    }
    assert(checked >= 100, `${checked} acknowledged states were looked at`);
    await using scene = new Scene(folder);
    const { objects } = await scene.store.list({
      prefix: "",
      delimiter: null,
      startAfter: null,
      cursor: null,
      limit: 1000,
      withHttp: false,
      withCustom: false,
    });
    await scene.store.delete((JSON.parse(objects) as R2Entry[]).map(({ key }) => key));
    // Parts of uploads that were never completed may stay, as their uploads do.
    assert(scene.files().kept.length <= 2 * 25 * 3, `${scene.files().kept.length} files`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("Two keys with the same bytes share one file, which goes with the last of them", async () => {
  await using scene = new Scene();
  const bytes = () => new Uint8Array(1000).fill(1);
  await Promise.all([scene.put("a", bytes(), 1000), scene.put("b", bytes(), 1000)]);
  assertEquals(scene.files(), { kept: [createHash("sha256").update(bytes()).digest("hex")], unfinished: [] });
  await scene.put("a", bytes(), 1000);
  await scene.store.delete(["a"]);
  assertEquals(await scene.get("b"), bytes());
  await scene.store.delete(["b", "b", "none"]);
  assertEquals(scene.files().kept, []);
});

Deno.test("A body that is being read is whole, also when its object is deleted, put again and deleted", async () => {
  await using scene = new Scene();
  const bytes = () => crypto.getRandomValues(new Uint8Array(65_536));
  const first = new Uint8Array(600_000);
  for (let at = 0; at < first.length; at += 65_536) first.set(bytes().subarray(0, first.length - at), at);
  await scene.put("k", first.slice(), first.length);
  const found = await scene.store.get("k", { condition: null, range: null, signal });
  await scene.store.delete(["k"]);
  await scene.put("k", first.slice(), first.length);
  await scene.store.delete(["k"]);
  assertEquals(scene.files().kept.length, 1);
  const read = await new Response(found!.content!.body as ReadableStream<Uint8Array>).bytes();
  assertEquals(createHash("md5").update(read).digest("hex"), createHash("md5").update(first).digest("hex"));
  // The ticket was given back before this answer.
  assertEquals(await scene.store.head("k"), null);
  assertEquals(scene.files().kept, []);
});

Deno.test("A put that fails leaves the object that was there and no file", async () => {
  await using scene = new Scene();
  await scene.put("k", new Uint8Array([1]), 1);
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(new Uint8Array(300_000));
      controller.error(new Error("gone"));
    },
  }, { highWaterMark: 0 });
  await assertRejects(() => scene.put("k", broken, 600_000), Error, "The stream of the value failed: gone (10029)");
  await assertRejects(() => scene.put("k", new Uint8Array(2), 3), Error, "had 2 bytes, not the 3 that it promised");
  await assertRejects(() => scene.put("k", new Uint8Array(4), 3), Error, "more than the 3 bytes that it promised");
  await assertRejects(
    () => scene.put("k", new Uint8Array(9), 9, { checksums: new Map([["md5", "00"]]) }),
    Error,
    "MD5",
  );
  await assertRejects(() => scene.put("k", new Uint8Array(9e5), 9e5, { maxBytes: 8e5 }), Error, "storage_mb");
  const aborted = new AbortController();
  const endless = new ReadableStream<Uint8Array>({ pull: () => aborted.abort(new Error("given up")) });
  await assertRejects(() => scene.put("k", endless, 10, { signal: aborted.signal }), Error, "given up");
  assertEquals((await scene.put("k", new Uint8Array(9), 9, { condition: { matches: [] } })).entry, null);
  assertEquals(await scene.get("k"), new Uint8Array([1]));
  assertEquals(scene.files().kept.length, 1);
  // What is removed behind the answers' back is gone with the next start at the latest.
  await using again = new Scene(scene.folder);
  await again.engine.prepare();
  assertEquals(again.files().unfinished, []);
});

Deno.test("Uploads at once do not exceed what a bucket may hold", async () => {
  await using scene = new Scene();
  const size = 400_000;
  const results = await Promise.allSettled(
    [1, 2, 3, 4].map((fill) => scene.put(`${fill}`, new Uint8Array(size).fill(fill), size, { maxBytes: 3 * size })),
  );
  const kept = results.filter(({ status }) => status === "fulfilled").length;
  assert(kept >= 1 && kept <= 2, `${kept} were kept`);
  assertEquals(scene.files().kept.length, kept);
});

Deno.test("What is deleted while it is read takes its room until nobody reads it any more", async () => {
  await using scene = new Scene();
  const size = 400_000;
  const maxBytes = 1_000_000;
  const body = (fill: number) => new Uint8Array(size).fill(fill);
  const held = async (key: string) => {
    const found = await scene.store.get(key, { condition: null, range: null, signal });
    return found!.content!.body as ReadableStream<Uint8Array>;
  };
  await scene.put("a", body(1), size, { maxBytes });
  const first = await held("a");
  await scene.put("a", body(2), size, { maxBytes });
  const second = await held("a");
  // Two files are on the disk, be it that only one object is there.
  await assertRejects(() => scene.put("a", body(3), size, { maxBytes }), Error, "storage_mb");
  await scene.store.delete(["a"]);
  await assertRejects(() => scene.put("a", body(3), size, { maxBytes }), Error, "storage_mb");
  await Promise.all([first.cancel(), second.cancel()]);
  await scene.put("a", body(3), size, { maxBytes });
  // The same bytes again are no second file.
  const third = await held("a");
  await scene.store.delete(["a"]);
  await scene.put("a", body(3), size, { maxBytes });
  await scene.put("b", body(4), size, { maxBytes });
  await third.cancel();
  assertEquals(await scene.get("a"), body(3));
});

Deno.test("Uploads that are begun take room, too: a full bucket begins no more of them", async () => {
  await using scene = new Scene();
  const facts = { ...METADATA, custom: JSON.stringify({ a: "x".repeat(8_000) }), maxBytes: 300_000 };
  let begun = 0;
  const error = await assertRejects(
    async () => {
      for (; begun < 100; begun++) await scene.store.createUpload("a", facts);
    },
    Error,
    "storage_mb",
  );
  assertEquals((error as { code?: string }).code, "STORAGE_FULL");
  assert(begun > 10, `${begun}`);
});
