/** Tests the bounds on URL patterns; they are put in the place of this process' own, which behaves the same. */
import { assertEquals, assertThrows } from "@std/assert";
import { limitPatterns } from "../../../runtime/isolate/sandbox/pattern_limits.ts";

Deno.test("limitPatterns() refuses what takes hours, and nothing that is usual", () => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "URLPattern")!;
  const { constructor } = URLPattern.prototype;
  try {
    limitPatterns();
    for (
      const input of [
        "/(a)".repeat(1000),
        "/:a".repeat(10_000),
        { pathname: "*".repeat(10_000) },
        { pathname: "(a)".repeat(60), search: "(a)".repeat(60) },
        { toString: () => "unused", pathname: { toString: () => "/(a)".repeat(1000) } as never },
      ]
    ) assertThrows(() => new URLPattern(input as never, "http://x"), RangeError);
    assertThrows(() => new (URLPattern.prototype.constructor as typeof URLPattern)("(a)".repeat(1000)), RangeError);
    const groups = new URLPattern("/:name/(\\d+)", "http://x").exec("http://x/a/12")!.pathname.groups;
    assertEquals({ ...groups }, { name: "a", "0": "12" });
    assertEquals(new URLPattern({ pathname: "/A" }, { ignoreCase: true }).test("http://x/a"), true);
    assertEquals(new URLPattern("/A", "http://x", { ignoreCase: true }).test("http://x/a"), true);
    assertEquals(new URLPattern().test("http://x/a"), true);
    assertEquals(new (class extends URLPattern {})("http://x/*") instanceof URLPattern, true);
    assertEquals([URLPattern.name, URLPattern.length], ["URLPattern", 1]);
    assertThrows(() => (URLPattern as unknown as () => void)(), TypeError);
  } finally {
    Object.defineProperty(globalThis, "URLPattern", before);
    Object.defineProperty(URLPattern.prototype, "constructor", { value: constructor });
  }
});
