/** Holds the table of operations, and how batches are taken apart, honest ones and others. */
import { assertEquals, assertThrows } from "@std/assert";
import { type Handlers, handlerTable, newBatch, runBatch } from "../../../runtime/protocol/batch.ts";
import { FIELDS_BY_CODE, OP, OPERATIONS } from "../../../runtime/protocol/operations.ts";
import { WireViolation } from "../../../runtime/protocol/wire_violation.ts";

Deno.test("Every code stands once, and no gap leads to a prototype", () => {
  const codes = Object.values(OPERATIONS).map(({ code }) => code);
  assertEquals(new Set(codes).size, codes.length);
  assertEquals(codes.toSorted((a, b) => a - b), codes.map((_, index) => index + 1));
  assertEquals(FIELDS_BY_CODE.length, codes.length + 1);
  assertEquals(FIELDS_BY_CODE[0], -1);
  for (const { code, fields } of Object.values(OPERATIONS)) assertEquals(FIELDS_BY_CODE[code], fields.length);
});

Deno.test("runBatch() hands each operation its fields, as many as the table says", () => {
  const told: unknown[][] = [];
  const handlers = Object.fromEntries(
    Object.keys(OPERATIONS).map((name) => [name, (...fields: unknown[]) => told.push([name, ...fields])]),
  ) as unknown as Handlers<keyof typeof OPERATIONS>;
  const sent = Object.entries(OPERATIONS).map((
    [name, { fields }],
  ) => [name, ...fields.map((_, index) => `${name} ${index}`)]);
  const batch = sent.flatMap(([name, ...fields]) => [OP[name as keyof typeof OPERATIONS], ...fields]);
  let turns = 0;
  runBatch(batch, handlerTable(handlers), { before: () => turns++ });
  assertEquals(told, sent);
  assertEquals(turns, sent.length);
});

Deno.test("runBatch() refuses what is no operation, and one that this side does not take", () => {
  const table = handlerTable({ DRAIN: () => {} });
  runBatch([OP.DRAIN, OP.DRAIN], table);
  const nonsense = [0, -1, 99, 1.5, NaN, Infinity, "12", "length", "push", null, undefined, {}, [OP.DRAIN], true, 12n];
  for (const code of [...nonsense, OP.DRAINED]) {
    assertThrows(() => runBatch([code], table), WireViolation, "an unknown operation");
    assertThrows(() => runBatch([OP.DRAIN, code], table), WireViolation, "an unknown operation");
  }
});

Deno.test("runBatch() runs what stands behind an operation that throws, if somebody takes the error", () => {
  const told: unknown[] = [];
  const table = handlerTable({
    ABORT: (id) => {
      told.push(id);
      if (id === 1) throw new RangeError("patched");
    },
  });
  const errors: unknown[] = [];
  runBatch([OP.ABORT, 1, OP.ABORT, 2], table, { onError: (error) => void errors.push(error) });
  assertEquals([told, errors.map(String)], [[1, 2], ["RangeError: patched"]]);
  assertThrows(() => runBatch([OP.ABORT, 1, OP.ABORT, 2], table), RangeError, "patched");
  assertThrows(() => runBatch([99], table, { onError: () => {} }), WireViolation);
});

Deno.test("A batch keeps its own push, whatever becomes of Array.prototype", () => {
  const batch = newBatch();
  const { push } = Array.prototype;
  const stolen: unknown[] = [];
  try {
    Array.prototype.push = function (...values: unknown[]) {
      stolen.push.call(stolen, ...values);
      return 0;
    };
    batch.push(OP.END, 1);
    batch.begin(OP.DATA, 2);
  } finally {
    Array.prototype.push = push;
  }
  assertEquals([Array.from(batch), stolen], [[OP.END, 1, OP.DATA, 2], []]);
});
