/** Tests the bounds on the keys of texts; they are put in the place of this process' own, which behave the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { watchProxies } from "../../../runtime/isolate/sandbox/proxied_lists.ts";
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

Deno.test("guardTextKeys() refuses keys behind proxies, those of properties to be, and what becomes JSON", () => {
  const typedArrays = Object.getPrototypeOf(Uint8Array.prototype);
  const natives = [
    ...[...NAMES, "defineProperties", "create"].map((name) => [Object, name] as const),
    [Reflect, "ownKeys"] as const,
    [globalThis, "Proxy"] as const,
  ].map(([of, name]) => [of, name, Object.getOwnPropertyDescriptor(of, name)!] as const);
  try {
    watchProxies();
    guardTextKeys();
    const refused = (list: () => unknown) => assertThrows(list, RangeError, "Cannot list the keys of a text");
    const { proxy } = Proxy.revocable(BYTES, {});
    for (
      const behind of [
        new Proxy(BYTES, {}),
        proxy,
        new Proxy(new Proxy(BYTES, {}), {}),
        new Proxy(new String(LONG), {}),
      ]
    ) {
      for (const list of [Object.keys, Object.entries, Reflect.ownKeys]) refused(() => list(behind));
      refused(() => Object.assign({}, behind));
    }
    refused(() => Object.create({}, BYTES as never));
    refused(() => Object.defineProperties({}, BYTES as never));
    refused(() => JSON.stringify({ a: [new Uint8Array(5e6)] }));
    assertEquals(Object.keys(new Proxy(new Uint8Array(2), {})), ["0", "1"]);
    assertEquals(Object.create(null, { a: { value: 1 } }).a, 1);
    assertEquals(JSON.stringify({ a: new Uint8Array(2), b: new Uint8Array(0) }), '{"a":{"0":0,"1":0},"b":{}}');
    const own = Object.assign(new Uint8Array(1), { toJSON: () => "mine" });
    assertEquals(JSON.stringify(own), '"mine"');
  } finally {
    for (const [of, name, native] of natives) Object.defineProperty(of, name, native);
    delete typedArrays.toJSON;
  }
});
