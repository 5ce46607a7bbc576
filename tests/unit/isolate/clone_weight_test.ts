/** Tests how the text of clones is weighed. */
import { assertEquals } from "@std/assert";
import { boundSerialize, isHeavyClone } from "../../../runtime/isolate/bodies/clone_weight.ts";

const LONG = "x".repeat(1000);
const many = <T>(make: (at: number) => T): T[] => Array.from({ length: 20 }, (_, at) => make(at));

Deno.test("isHeavyClone() counts a text wherever it stands, and an object once", () => {
  const heavy: Record<string, unknown> = {
    "a list": many(() => LONG),
    "members": many(() => ({ a: { b: LONG } })),
    "names": many(() => ({ [LONG]: 1 })),
    "keys of maps": new Map(many((at) => [{ LONG }, at])),
    "values of maps": new Map(many((at) => [at, LONG])),
    "sets": new Set(many(() => ({ LONG }))),
    "texts as objects": many(() => new String(LONG)),
    "patterns": many(() => new RegExp(LONG)),
    "errors": many(() => new Error(LONG)),
    "causes": many(() => new Error("", { cause: [LONG] })),
    "long numbers": many(() => (1n << 80_000n)),
    "in circles": many((at) => {
      const round: Record<string, unknown> = { at, LONG };
      return round.round = round;
    }),
  };
  for (const [name, value] of Object.entries(heavy)) assertEquals(isHeavyClone(value, 10_000), true, name);
  const one = { LONG };
  for (const light of [LONG, many(() => one), new Uint8Array(1e6), many(() => 1n), null, 7, new Proxy(one, {})]) {
    assertEquals(isHeavyClone(light, 10_000), false);
  }
});

Deno.test("isHeavyClone() asks no getter: the clone does, once", () => {
  let asked = 0;
  const value = {
    get member() {
      asked++;
      return LONG;
    },
  };
  assertEquals([isHeavyClone(value, 10), asked], [false, 0]);
});

Deno.test("boundSerialize() serializes as the native does", () => {
  const made = boundSerialize({ serialize: (value: unknown) => [value] }) as { serialize(value: unknown): unknown };
  assertEquals(made.serialize(LONG), [LONG]);
});
