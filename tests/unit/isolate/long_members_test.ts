/** Tests the bounds on lists of long members; they are put in the place of this process' own, which behave the same. */
import { assertEquals } from "@std/assert";
import { guardLongMembers } from "../../../runtime/isolate/sandbox/long_members.ts";

const NAMES = ["sort", "toSorted", "indexOf", "includes", "lastIndexOf"] as const;
const ONE = `${"x".repeat(2000)}a`;
const OTHER = `${"x".repeat(2000)}b`;
const LONG = 10n ** 3000n;

Deno.test("guardLongMembers() gives what the natives give, for long members too", () => {
  const natives = NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(Array.prototype, name)!] as const);
  const lists = [
    [],
    [3, 1, 2, 10, undefined, null, -0, NaN],
    Array.from({ length: 100 }, (_, at) => (at * 37) % 100),
    Array.from({ length: 100 }, (_, at) => at % 3 === 0 ? ONE : OTHER),
    Array.from(
      { length: 100 },
      (_, at) => at % 2 === 0 ? { toString: () => `${99 - at}` } : at % 5 === 0 ? undefined : BigInt(at),
    ),
    Object.assign([OTHER, , ONE, LONG, OTHER, LONG], { length: 40 }),
  ];
  try {
    guardLongMembers();
    for (const [name, native] of natives) {
      const guarded = Object.getOwnPropertyDescriptor(Array.prototype, name)!;
      assertEquals({ ...guarded, value: null }, { ...native, value: null });
      assertEquals([guarded.value.name, guarded.value.length], [native.value.name, native.value.length]);
      for (const list of lists) {
        const isOrder = name === "sort" || name === "toSorted";
        const froms = [[], [undefined], [2], [-2], [1.9], [1e9], [-1e9], [NaN], ["1"]];
        const given = isOrder
          ? [[], [undefined], [(one: unknown, other: unknown) => String(other) < String(one) ? -1 : 1]]
          : [ONE, OTHER, undefined, 2, 10n ** 3000n, -LONG].flatMap((sought) => froms.map((from) => [sought, ...from]));
        for (const each of given) {
          const [mine, its] = [copyOf(list), copyOf(list)];
          const both = [guarded.value.apply(mine, each), native.value.apply(its, each)];
          assertEquals(isSame(both[0], both[1]), true, `${name}(${String(each).slice(0, 40)})`);
          assertEquals(isSame(mine, its), true);
        }
      }
    }
  } finally {
    for (const [name, native] of natives) Object.defineProperty(Array.prototype, name, native);
  }
});

function copyOf(list: unknown[]): unknown[] {
  return Object.assign([], list, { length: list.length });
}

/** By identity: texts of megabytes are not to be shown. */
function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return Object.is(one, other);
  return one.length === other.length &&
    one.every((member, at) => Object.is(member, other[at]) && at in one === at in other);
}
