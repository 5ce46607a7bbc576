/** Entries that were read lately are what the disk holds, whatever is written when. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { KvCache, type KvCached } from "../../../runtime/data/kv_cache.ts";

const entry = (value: string, expires: number | null = null): KvCached => ({
  size: value.length,
  value,
  metadata: null,
  expires,
});

/** A disk that answers when it is told to. */
class Disk {
  readonly cache: KvCache;
  reads = 0;

  constructor(readonly now: () => number = () => 0, maxBytes?: number) {
    this.cache = new KvCache(now, maxBytes);
  }

  async read(key: string, found: KvCached | null | Promise<KvCached | null>, store = "a"): Promise<unknown> {
    const known = this.cache.find(store, key);
    const shown = known !== undefined ? known : await this.cache.read(store, key, async () => {
      this.reads++;
      return await found;
    });
    return shown?.value ?? null;
  }
}

Deno.test("A key is read from the disk once, also one without a value, and each store has its own keys", async () => {
  const disk = new Disk();
  for (let at = 0; at < 2; at++) {
    assertEquals(await disk.read("k", entry("v")), "v");
    assertEquals(await disk.read("none", null), null);
    assertEquals(await disk.read("k", entry("other"), "b"), "other");
  }
  assertEquals(disk.reads, 3);
});

Deno.test("After a write the disk is read again, also when the write failed", async () => {
  const disk = new Disk();
  await disk.read("k", entry("old"));
  await disk.cache.write("a", "k", () => Promise.resolve());
  assertEquals(await disk.read("k", entry("new")), "new");
  await assertRejects(() => disk.cache.write("a", "k", () => Promise.reject(new Error("the disk is full"))));
  assertEquals(await disk.read("k", entry("newer")), "newer");
  assertEquals(disk.reads, 3);
});

Deno.test("A read that a write overtakes is not kept, nor one that begins and ends during the write", async () => {
  const disk = new Disk();
  const slow = Promise.withResolvers<KvCached>();
  const written = Promise.withResolvers<void>();
  const reading = disk.read("k", slow.promise);
  const writing = disk.cache.write("a", "k", () => written.promise);
  assertEquals(await disk.read("k", entry("old")), "old");
  const late = Promise.withResolvers<KvCached>();
  const during = disk.read("other", entry("o")).then(() => disk.cache.find("a", "other"));
  const overtaken = disk.cache.read("a", "k", () => late.promise);
  written.resolve();
  await writing;
  slow.resolve(entry("old"));
  late.resolve(entry("old"));
  assertEquals([await reading, (await overtaken)?.value], ["old", "old"]);
  assertEquals(disk.cache.find("a", "k"), undefined);
  assert(await during !== undefined);
  assertEquals(await disk.read("k", entry("new")), "new");
});

Deno.test("A kept entry is gone the second it expires", async () => {
  let nowMs = 1_000_000;
  const disk = new Disk(() => nowMs);
  await disk.read("k", entry("v", 1060));
  nowMs = 1_059_999;
  assertEquals(disk.cache.find("a", "k")?.value, "v");
  nowMs = 1_060_000;
  assertEquals(disk.cache.find("a", "k"), undefined);
  assertEquals(disk.cache.bytes, 0);
});

Deno.test("The cache holds no more than its bytes: the least used goes, and long values are not kept", async () => {
  const disk = new Disk(() => 0, 3_000);
  await disk.read("first", entry("v".repeat(500)));
  await disk.read("second", entry("v".repeat(500)));
  assert(disk.cache.find("a", "first") !== undefined);
  await disk.read("third", entry("v".repeat(500)));
  assert(disk.cache.bytes <= 3_000, `${disk.cache.bytes}`);
  assertEquals(["first", "second", "third"].filter((key) => disk.cache.find("a", key) !== undefined), [
    "first",
    "third",
  ]);
  const large = new Disk();
  await large.read("k", entry("v".repeat(65 * 1024)));
  assertEquals([large.cache.find("a", "k"), large.cache.bytes], [undefined, 0]);
});
