/** A namespace in its file: expiry, order, what a failure in the middle of a turn leaves. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { DataShelf } from "../../../runtime/data/data_shelf.ts";
import type { DataCall, DataOperation } from "../../../runtime/data/data_messages.ts";
import { KvFile } from "../../../runtime/data/kv_file.ts";
import type { Plain } from "../../../runtime/protocol/binding_call.ts";

const GIB = 1024 ** 3;
const value = (text: string) => new TextEncoder().encode(text);

class Scene implements Disposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "nano-test-" });
  readonly shelf = new DataShelf(this.folder, () => this.nowMs);
  nowMs = 1_000_000;
  #next = 1;

  call(operation: DataOperation, args: readonly Plain[], store = "kv/a"): DataCall {
    return { id: this.#next++, store, operation, args };
  }

  put(key: string, text: string, expires: number | null = null, maxBytes = GIB): DataCall {
    return this.call("put", [key, value(text), expires, null, maxBytes]);
  }

  run(...calls: DataCall[]) {
    return this.shelf.run(calls);
  }

  values(call: DataCall): readonly Plain[] {
    const [result] = this.run(call);
    assert("values" in result!, JSON.stringify(result));
    return result.values;
  }

  names(prefix = "", cursor: string | null = null, limit = 1000): string[] {
    const [keys] = this.values(this.call("list", [prefix, cursor, limit]));
    return (JSON.parse(keys as string) as { name: string }[]).map(({ name }) => name);
  }

  [Symbol.dispose](): void {
    this.shelf[Symbol.dispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("An entry is gone the second it expires, and is taken from the file by the writes that follow", () => {
  using scene = new Scene();
  scene.run(scene.put("k", "v", 1060), scene.put("forever", "v"));
  scene.nowMs = 1_059_999;
  assertEquals(scene.values(scene.call("get", ["k", 100]))[0], 1);
  scene.nowMs = 1_060_000;
  assertEquals([scene.values(scene.call("get", ["k", 100])), scene.names()], [[], ["forever"]]);
  const bytes = new TextEncoder().encode("v");
  assertEquals(scene.values(scene.call("getMany", [1, "k", "forever"])), [null, null, bytes, null]);
  scene.run(scene.put("other", "v"));
  scene.nowMs = 1_000_000;
  assertEquals(scene.names(), ["forever", "other"]);
});

Deno.test("A value that is longer than asked for is told with its length", () => {
  using scene = new Scene();
  scene.run(scene.put("k", "four"));
  assertEquals(scene.values(scene.call("get", ["k", 3])), [4, null, null, null]);
  assertEquals(scene.values(scene.call("getMany", [7, "k", "k"])), []);
  assertEquals(scene.values(scene.call("getMany", [8, "k", "k"])).length, 4);
});

Deno.test("Prefixes and cursors hold for every byte that UTF-8 has, NUL and the last one of Unicode among them", () => {
  using scene = new Scene();
  const keys = ["\0", "\0\0", "a", "a\0", "a\u{10ffff}", "b", "é", "\u{10ffff}", "\u{10ffff}\u{10ffff}"];
  scene.run(...keys.map((key) => scene.put(key, "v")));
  assertEquals(scene.names(), keys);
  for (const prefix of ["", ...keys, "a\u{10fff0}", "zz"]) {
    const expected = keys.filter((key) => key.startsWith(prefix));
    assertEquals(scene.names(prefix), expected);
    const paged: string[] = [];
    let cursor: string | null = null;
    do {
      const [found, next] = scene.values(scene.call("list", [prefix, cursor, 1])) as [string, string | null];
      paged.push(...(JSON.parse(found) as { name: string }[]).map(({ name }) => name));
      cursor = next;
    } while (cursor !== null);
    assertEquals(paged, expected);
  }
});

Deno.test("What is refused in the middle of a turn changes nothing, and what stands around it is kept", () => {
  using scene = new Scene();
  const [first, full, last] = scene.run(scene.put("a", "1"), scene.put("b", "2", null, 1), scene.put("c", "3"));
  assert("values" in first! && "values" in last!);
  assert("error" in full! && full.told && full.error.code === "STORAGE_FULL");
  assertEquals(scene.names(), ["a", "c"]);
});

Deno.test("A file that is no database fails its own calls alone, and the app is not told why", () => {
  using scene = new Scene();
  Deno.mkdirSync(`${scene.folder}/kv`);
  Deno.writeTextFileSync(
    `${scene.folder}/kv/bad.db`,
    "no database at all, but long enough to have a header".repeat(100),
  );
  const [bad, good] = scene.run(scene.call("get", ["k", 1], "kv/bad"), scene.call("get", ["k", 1], "kv/good"));
  assert("error" in bad! && !bad.told);
  assert("values" in good!);
});

Deno.test("More stores than may be open at once all keep what they were given", () => {
  using scene = new Scene();
  const stores = Array.from({ length: 70 }, (_, at) => `kv/s${at}`);
  const put = (store: string) => scene.call("put", ["k", value(store), null, null, GIB], store);
  for (const result of scene.run(...stores.map(put))) assert("values" in result);
  for (const store of stores) {
    const [, kept] = scene.values(scene.call("get", ["k", 100], store));
    assertEquals(new TextDecoder().decode(kept as Uint8Array), store);
  }
});

Deno.test("A file of a newer NANO is refused and stays as it is", () => {
  using scene = new Scene();
  scene.run(scene.put("k", "v"));
  scene.shelf[Symbol.dispose]();
  const path = `${scene.folder}/kv/a.db`;
  {
    using file = new KvFile(path, () => 0);
    assert(file.bytes > 0);
  }
  const newer = new TextEncoder().encode("\0\0\0\x09");
  using file = Deno.openSync(path, { write: true });
  // Where SQLite keeps user_version: https://sqlite.org/fileformat.html#the_database_header
  file.seekSync(60, Deno.SeekMode.Start);
  file.writeSync(newer);
  assertThrows(() => new KvFile(path, () => 0), Error, "newer NANO");
});
