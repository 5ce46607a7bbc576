/** Tests the table of calls inside an isolate. */
import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import { CallTable } from "../../../runtime/wall/call_table.ts";
import { FakeCall } from "../app/fake_call.ts";

Deno.test("CallTable finds a call by its id and by nothing else", () => {
  const table = new CallTable();
  const slot = table.add(new FakeCall());
  const other = table.add(new FakeCall());
  assertStrictEquals(table.get(slot.id), slot);
  assertStrictEquals(table.get(other.id), other);
  for (const id of [undefined, null, "0", {}, NaN, Infinity, -1, 0.5, 2, slot.id + 65536, 2 ** 40]) {
    assertEquals(table.get(id), undefined, String(id));
  }
});

Deno.test("CallTable never gives an id twice in a row: a late answer meets no new call", () => {
  const table = new CallTable();
  const old = table.add(new FakeCall());
  assertEquals([table.delete(old), table.delete(old)], [true, false]);
  const fresh = table.add(new FakeCall());
  assertNotEquals(fresh.id, old.id);
  assertEquals(table.get(old.id), undefined);
  assertEquals(table.delete(old), false);
  assertStrictEquals(table.get(fresh.id), fresh);
});

Deno.test("CallTable's ids stay small integers through all generations and repeat only after 16,384", () => {
  const table = new CallTable();
  const seen = new Set<number>();
  for (let turn = 0; turn < 16_384; turn++) {
    const slot = table.add(new FakeCall());
    assert(Number.isInteger(slot.id) && slot.id >= 0 && slot.id < 2 ** 30);
    assert(!seen.has(slot.id));
    seen.add(slot.id);
    table.delete(slot);
  }
  assert(seen.has(table.add(new FakeCall()).id));
});

Deno.test("CallTable counts and lists what it holds", () => {
  const table = new CallTable();
  const slots = [0, 1, 2].map(() => table.add(new FakeCall()));
  table.delete(slots[1]!);
  assertEquals([table.size, table.all()], [2, [slots[0]!, slots[2]!]]);
  for (const slot of table.all()) table.delete(slot);
  assertEquals([table.size, table.all()], [0, []]);
});
