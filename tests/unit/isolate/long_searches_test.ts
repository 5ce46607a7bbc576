/** Tests searches in long texts; the guards are put in the place of this process' own methods, which behave the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { guardLongSearches } from "../../../runtime/isolate/sandbox/long_searches.ts";

type Method = (...given: unknown[]) => unknown;

const NAMES = ["indexOf", "includes", "lastIndexOf", "replace", "replaceAll", "split"];

/** Runs with the guards in place. */
function guarded(test: (native: (name: string) => Method) => void): void {
  const natives = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(String.prototype, name)!]));
  const raw = Object.getOwnPropertyDescriptor(String, "raw")!;
  try {
    guardLongSearches();
    test((name) => name === "raw" ? raw.value : natives.get(name)!.value);
  } finally {
    for (const [name, native] of natives) Object.defineProperty(String.prototype, name, native);
    Object.defineProperty(String, "raw", raw);
  }
}

function method(name: string): Method {
  return Reflect.get(String.prototype, name) as Method;
}

/** What a call gives or throws. */
function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return (error as Error).constructor.name;
  }
}

Deno.test("Long texts are searched, replaced and split as short ones are", () => {
  // Those that are longest are sought in several steps, of some 9,000 characters each.
  const long = "x".repeat(30_000);
  const texts = ["x".repeat(40_000) + "y" + long + "xz", "ab$".repeat(12_000)];
  const sought: unknown[] = [
    "",
    "y",
    "b$",
    "y" + long,
    "z" + long,
    "y" + long + "z",
    undefined,
    null,
    7,
    {
      toString: () => "y",
    },
    Symbol("s"),
    /y/,
    /y/g,
    { [Symbol.replace]: () => "own", [Symbol.split]: () => "own" },
  ];
  const places = [undefined, 0, 40_000, 40_001, 1e9, -1, 1.5, NaN, -Infinity, "3"];
  const others = [
    "",
    "z",
    "[$&]",
    "$$-$1-$<a>",
    "$`".slice(0, 1),
    () => "$&",
    (_: unknown, at: unknown) => at,
    undefined,
  ];
  guarded((native) => {
    for (const name of NAMES) {
      assertEquals([method(name).name, method(name).length], [name, native(name).length]);
      assertThrows(() => method(name).call(null, "x"), TypeError);
      assertThrows(() => Reflect.construct(method(name), []), TypeError);
      const second = name.startsWith("replace") ? others : name === "split" ? [undefined, 0, 1, 3, -1] : places;
      for (const text of texts) {
        for (const one of sought) {
          for (const other of second) {
            const [seen, expected] = [method(name), native(name)].map((each) =>
              outcome(() => each.call(text, one, other))
            );
            const told = `${name}(${String(one).slice(0, 20)}, ${String(other)}) of ${text.slice(0, 3)}`;
            // Texts are told by their hash: a difference of megabytes would be printed.
            assertEquals(Array.isArray(seen), Array.isArray(expected), told);
            if (JSON.stringify(seen) !== JSON.stringify(expected)) throw new Error(`${told} differs`);
          }
        }
      }
    }
  });
});

Deno.test("What makes a text of itself is asked once, and what replaces is called in order", () => {
  guarded(() => {
    let asked = 0;
    const subject = { toString: () => "ab".repeat(20_000) + asked++ };
    assertEquals([method("indexOf").call(subject, "0"), asked], [40_000, 1]);
    const seen: unknown[] = [];
    const made = ("-".repeat(40_000) + "a-a").replaceAll("a", (...given) => String(seen.push(given.slice(0, 2))));
    assertEquals([made.slice(40_000), seen], ["1-2", [["a", 40_000], ["a", 40_002]]]);
    assertThrows(() => "a".repeat(40_000).replaceAll(/a/, ""), TypeError, "global");
  });
});

Deno.test("String.raw is as it was, and a loop that sees a kill", () => {
  guarded((native) => {
    const raw = native("raw");
    assertEquals(String.raw`a\n${1}b${"c"}`, "a\\n1bc");
    const templates = [{ raw: "abc" }, { raw: ["a", 1, null] }, { raw: { length: 2 } }, { raw: [] }, {}, null, 7, {
      raw: { length: "2.9", 0: "x", 1: Symbol("s") },
    }];
    for (const template of templates) {
      for (const given of [[], [1], [1, 2, 3]]) {
        const [seen, expected] = [String.raw as Method, raw].map((each) => outcome(() => each(template, ...given)));
        assertEquals(seen, expected);
      }
    }
    assertEquals([String.raw.name, String.raw.length], ["raw", 1]);
  });
});
