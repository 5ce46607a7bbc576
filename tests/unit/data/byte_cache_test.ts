/** Values in two halves of a bound: what is used stays, what was not used for half of the bound may go. */
import { assert, assertEquals } from "@std/assert";
import { ByteCache } from "../../../runtime/data/byte_cache.ts";

/** What an entry of these tests takes: 256, two for each character of its key, and its bytes. */
const ENTRY_BYTES = 256 + 2 * 4 + 736;

function filled(entries: number, keys: Iterable<number>): ByteCache<number> {
  const cache = new ByteCache<number>(entries * ENTRY_BYTES);
  for (const at of keys) cache.keep(nameOf(at), at, 736);
  return cache;
}

function nameOf(at: number): string {
  return String(at).padStart(4, "0");
}

function* upTo(count: number): Iterable<number> {
  for (let at = 0; at < count; at++) yield at;
}

Deno.test("The bound holds whatever is kept and used, and the last half of it stays", () => {
  const cache = filled(10, []);
  for (const at of upTo(1000)) {
    cache.keep(nameOf(at), at, 736);
    cache.find(nameOf(at * 7 % (at + 1)));
    assert(cache.bytes <= 10 * ENTRY_BYTES, `${cache.bytes}`);
    assertEquals(cache.find(nameOf(at)), at);
  }
  const unused = filled(10, upTo(1000));
  for (let at = 995; at < 1000; at++) assertEquals(unused.find(nameOf(at)), at);
});

Deno.test("What is used between others stays for ever", () => {
  const cache = filled(10, [0]);
  for (const at of upTo(1000)) {
    cache.keep(nameOf(1 + at), at, 736);
    assertEquals(cache.find(nameOf(0)), 0);
  }
});

Deno.test("A value takes the place of another one in either half, and what is forgotten takes nothing", () => {
  const cache = filled(10, upTo(8));
  assertEquals([...cache.keys].sort(), [...upTo(8)].map(nameOf));
  for (const at of upTo(8)) cache.keep(nameOf(at), at + 100, 736);
  for (const at of upTo(8)) if (cache.find(nameOf(at)) !== undefined) assertEquals(cache.find(nameOf(at)), at + 100);
  for (const at of upTo(8)) cache.forget(nameOf(at));
  assertEquals([cache.bytes, [...cache.keys]], [0, []]);
});

Deno.test("What takes more than half of the bound is not kept, and leaves the rest where it is", () => {
  const cache = filled(10, upTo(3));
  cache.keep("long", 1, 6 * ENTRY_BYTES);
  assertEquals([cache.find("long"), cache.bytes], [undefined, 3 * ENTRY_BYTES]);
});
