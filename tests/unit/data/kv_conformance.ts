/** What every engine of KV namespaces has to do: one suite, run on each. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { KvStore, StoredKeyPage } from "../../../runtime/data/kv_store.ts";
import { BindingError } from "../../../runtime/protocol/binding_call.ts";

const MIB = 1024 * 1024;
const ROOM = { expires: null, metadata: null, maxBytes: 1024 * MIB } as const;
const bytes = (text: string) => new TextEncoder().encode(text);
const seconds = () => Math.floor(Date.now() / 1000);

/** An engine under test. */
export interface KvBench {
  /** A handle on a namespace that is empty at first; handles of one name share it. */
  open(name: string): KvStore;
  /** Why the engine may lose what many write at once: one that NANO does not take without being told to. */
  readonly excuse?: string | null;
}

/** Runs all of it, a step a promise. */
export async function kvConformance(t: Deno.TestContext, bench: KvBench): Promise<void> {
  let next = 0;
  for (const [promise, check] of Object.entries(CHECKS)) {
    await t.step(promise, async () => {
      const name = `c${next++}`;
      await check(bench.open(name), bench.open(name), bench.excuse ?? null);
    });
  }
}

const CHECKS: Readonly<Record<string, (store: KvStore, other: KvStore, excuse: string | null) => Promise<void>>> = {
  "An empty namespace has no values, no keys and no bytes that were put": async (store) => {
    assertEquals(await store.get("k", MIB), null);
    assertEquals(await store.getMany(["a", "b"], MIB), [null, null, null, null]);
    assertEquals(names(await store.list({ prefix: "", cursor: null, limit: 10 })), []);
    assertEquals((await store.count(10)).keys, 0);
    await store.delete("k");
  },
  "What was put is there for the next read of whoever reads": async (store, other) => {
    await store.put("text", bytes("héllo"), { ...ROOM, metadata: '{"a":1}' });
    const { size, value, metadata } = (await other.get("text", MIB))!;
    assertEquals([size, value, metadata], [6, "héllo", '{"a":1}']);
    await other.put("text", bytes(""), ROOM);
    assertEquals((await store.get("text", MIB))?.size, 0);
    await store.put("bytes", new Uint8Array([0xff, 0, 1]), ROOM);
    assertEquals([...(await other.get("bytes", MIB))!.value as Uint8Array], [0xff, 0, 1]);
    await other.delete("bytes");
    assertEquals(await store.get("bytes", MIB), null);
    await other.delete("bytes");
    await store.put("bytes", bytes("again"), ROOM);
    assertEquals((await other.get("bytes", MIB))?.value, "again");
  },
  "A value that is longer than asked for is told with its length": async (store) => {
    await store.put("k", bytes("four"), ROOM);
    const { size, value } = (await store.get("k", 3))!;
    assertEquals([size, value], [4, null]);
    assertEquals(await store.getMany(["k", "k"], 7), null);
    assertEquals((await store.getMany(["k", "k"], 8))!.length, 4);
  },
  "Long values come back as they were, through replacements by short and long ones": async (store, other) => {
    for (const length of [16_384, 16_385, 262_145, 3 * MIB, 10, 700_000]) {
      const value = new Uint8Array(length).map((_, at) => at * 31 + length);
      await store.put("long", value, ROOM);
      const found = await other.get("long", 25 * MIB);
      assertEquals(found!.size, length);
      const same = typeof found!.value === "string" ? bytes(found!.value) : found!.value!;
      assert(same.every((byte, at) => byte === value[at]), `of ${length} bytes`);
    }
    await other.delete("long");
    assertEquals(await store.get("long", 25 * MIB), null);
    // What was replaced takes no room, but for what an engine keeps to remember.
    await store.put("short", bytes("x"), ROOM);
    const { bytes: left } = await store.count(10);
    assert(left < MIB, `${left} bytes are left`);
  },
  "More than a bulk get may have is refused": async (store) => {
    const value = new Uint8Array(13 * MIB);
    await store.put("a", value, ROOM);
    await store.put("b", value, ROOM);
    const refused = await assertRejects(() => store.getMany(["a", "b"], 25 * MIB), BindingError);
    assertEquals(refused.message, "KV GET_BULK failed: 413 Total size of request exceeds the limit of 25MB");
  },
  "What has expired is gone, and comes back with another value": async (store, other) => {
    await store.put("past", bytes("x"), { ...ROOM, expires: seconds() - 1 });
    await store.put("future", bytes("x"), { ...ROOM, expires: seconds() + 3600 });
    assertEquals([await store.get("past", MIB), await other.getMany(["past"], MIB)], [null, [null, null]]);
    assertEquals(names(await other.list({ prefix: "", cursor: null, limit: 10 })), ["future"]);
    assertEquals((await store.count(10)).keys, 1);
    await other.put("past", bytes("now"), ROOM);
    assertEquals((await store.get("past", MIB))?.value, "now");
  },
  "Prefixes and cursors hold for every byte that UTF-8 has, NUL and the last one of Unicode among them": async (
    store,
  ) => {
    const keys = ["\0", "\0\0", "a", "a\0", "a*.>", "a\u{10ffff}", "b", "é", "\uffee", "\u{10ffff}"];
    await Promise.all(keys.map((key) => store.put(key, bytes("v"), { ...ROOM, metadata: JSON.stringify(key) })));
    await store.put("gone", bytes("v"), ROOM);
    await store.delete("gone");
    for (const prefix of ["", ...keys, "a\u{10fff0}", "zz"]) {
      const expected = keys.filter((key) => key.startsWith(prefix));
      assertEquals(names(await store.list({ prefix, cursor: null, limit: 1000 })), expected);
      const paged: string[] = [];
      let cursor: string | null = null;
      do {
        const page: StoredKeyPage = await store.list({ prefix, cursor, limit: 2 });
        paged.push(...names(page));
        cursor = page.cursor;
      } while (cursor !== null);
      assertEquals(paged, expected);
    }
    const [first] = JSON.parse((await store.list({ prefix: "é", cursor: null, limit: 1 })).keys);
    assertEquals(first, { name: "é", expires: null, metadata: '"é"' });
  },
  "A key has the longest name that it may have": async (store, other) => {
    const key = "ä".repeat(256);
    await store.put(key, new Uint8Array(20_000), ROOM);
    assertEquals((await other.get(key, MIB))?.size, 20_000);
    assertEquals(names(await other.list({ prefix: key, cursor: null, limit: 1 })), [key]);
  },
  "A namespace that is full refuses what comes, and has room again after a delete": async (store) => {
    const small = { ...ROOM, maxBytes: MIB };
    let put = 0;
    const refused = await assertRejects(async () => {
      for (; put < 30; put++) await store.put(`k${put}`, new Uint8Array(100_000), small);
    }, BindingError);
    assertEquals(refused.code, "STORAGE_FULL");
    assertEquals(
      refused.message,
      "KV PUT failed: 413 The namespace would hold more than storage_mb allows, 1 MiB",
    );
    for (let at = 0; at < put; at++) await store.delete(`k${at}`);
    await store.put("again", new Uint8Array(100_000), small);
  },
  "Many puts of one key at once all come to an end, and one of them stands": async (store, other, excuse) => {
    const values = Array.from({ length: 20 }, (_, at) => `v${at}`);
    await Promise.all(values.map((value, at) => (at % 2 === 0 ? store : other).put("hot", bytes(value), ROOM)));
    assert(values.includes((await store.get("hot", MIB))?.value as string));
    const long = Array.from({ length: 6 }, (_, at) => new Uint8Array(300_000).fill(at + 1));
    await Promise.all(long.map((value, at) => (at % 2 === 0 ? store : other).put("hot", value, ROOM)));
    try {
      const found = (await other.get("hot", MIB))!.value as Uint8Array;
      assert(found.length === 300_000 && found.every((byte) => byte === found[0]) && found[0]! > 0);
    } catch (error) {
      const isLost = error instanceof BindingError && error.reason?.endsWith("parts of a value are missing");
      if (excuse === null || !isLost) throw error;
      console.log(`Lost, and not held to be kept: ${excuse}`);
    }
  },
};

function names({ keys }: StoredKeyPage): string[] {
  return (JSON.parse(keys) as { name: string }[]).map(({ name }) => name);
}
