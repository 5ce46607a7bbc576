/** Tests the bounds on the keys of texts; they are put in the place of this process' own, which behave the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { guardTextKeys } from "../../../runtime/isolate/sandbox/text_keys.ts";

const NAMES = ["keys", "values", "entries", "getOwnPropertyNames", "getOwnPropertyDescriptors", "assign"] as const;
const LONG = "x".repeat(2e8);
const BYTES = new Uint8Array(2e6);

Deno.test("guardTextKeys() refuses the keys of long texts, and nothing that is usual", () => {
  const natives = [...NAMES.map((name) => [Object, name] as const), [Reflect, "ownKeys"] as const].map(([of, name]) =>
    [of, name, Object.getOwnPropertyDescriptor(of, name)!] as const
  );
  try {
    guardTextKeys();
    for (const [of, name, native] of natives) {
      const guarded = Object.getOwnPropertyDescriptor(of, name)!;
      assertEquals({ ...guarded, value: null }, { ...native, value: null });
      assertEquals([guarded.value.name, guarded.value.length], [native.value.name, native.value.length], name);
      for (
        const subject of [
          "",
          "abc",
          new String("ab"),
          [1, , 3],
          new Uint8Array(2),
          new DataView(new ArrayBuffer(2e6)),
          { b: 1, a: 2, 1: 3 },
          new Map(),
          () => {},
          7,
          null,
        ]
      ) {
        for (const given of name === "assign" ? [[{ z: 1 }, subject, "x"], [subject]] : [[subject], [subject, 1], []]) {
          assertEquals(outcome(guarded.value, given), outcome(native.value, given), `${name} of ${String(subject)}`);
        }
      }
      const isAsked = name === "ownKeys" || name.startsWith("get") || name === "assign";
      for (
        const subject of [BYTES, ...name === "ownKeys" ? [] : [LONG], ...isAsked ? [new String(LONG)] : []]
      ) {
        const given = name === "assign" ? [{}, subject] : [subject];
        assertThrows(() => guarded.value(...given), RangeError, "Cannot list the keys of a text", name);
      }
    }
  } finally {
    for (const [of, name, native] of natives) Object.defineProperty(of, name, native);
  }
});

function outcome(call: (...given: unknown[]) => unknown, given: readonly unknown[]): unknown {
  try {
    return call(...given);
  } catch (error) {
    return String(error);
  }
}
