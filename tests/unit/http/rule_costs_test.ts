/** What an app writes about its own files costs the thread of all apps little, whatever it writes. */
import process from "node:process";
import { assert, assertEquals } from "@std/assert";
import { HeaderRules } from "../../../runtime/http/header_rules.ts";
import { pathMatcher } from "../../../runtime/http/path_matcher.ts";
import { RedirectRules } from "../../../runtime/http/redirect_rules.ts";
import { rulePattern } from "../../../runtime/http/rule_pattern.ts";

/** CPU of this process; what is refused here took seconds, or had no end. */
function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

Deno.test("A hundred stars in a route are matched as fast as one", () => {
  const fits = pathMatcher([`/${"a*".repeat(100)}b`]);
  let matched = true;
  assert(cpuMsOf(() => matched = fits(`http://app.test/${"a".repeat(4000)}`)) < 1000);
  assertEquals(matched, false);
  assertEquals(fits(`http://app.test/${"a".repeat(400)}b`), true);
});

Deno.test("A route's stars stand for any text, and what stands between them comes in order and does not overlap", () => {
  const fits = (pattern: string, path: string) => pathMatcher([pattern])(`http://app.test${path}`);
  for (const path of ["/api/", "/api/x", "/api/x/y"]) assertEquals(fits("/api/*", path), true, path);
  assertEquals(fits("/api/*", "/api"), false);
  assertEquals(fits("/api", "/api"), true);
  assertEquals(fits("/api", "/api/x"), false);
  assertEquals(fits("/*/b*b", "/a/b"), false);
  assertEquals(fits("/*/b*b", "/a/bb"), true);
  assertEquals(fits("/a*a", "/a"), false);
  assertEquals(fits("/*x*y*z", "/1x2y3z"), true);
  assertEquals(fits("/*y*x*z", "/1x2y3z"), false);
  assertEquals(fits("*", "/anything/at?all=1"), true);
  assertEquals(fits("/*.js", "/a.js.css"), false);
});

Deno.test("What follows a splat is not looked for at every place of a path", () => {
  const names = (many: number) => Array.from({ length: many }, (_, at) => `:a${at}`).join("/");
  const rules = new RedirectRules(
    Array.from({ length: 100 }, (_, at) => `/*/${names(32)}/x${at} /there`).join("\n"),
  );
  assertEquals(rules.mistakes, []);
  assertEquals(rulePattern(`/${names(33)}`), "there are more than 32 placeholders");
  const literal = new RedirectRules(
    Array.from({ length: 100 }, (_, at) => `/*${"/a".repeat(900)}/b${at} /there`).join("\n"),
  );
  const path = "/a".repeat(2048);
  assert(cpuMsOf(() => assertEquals([rules, literal].map((one) => one.match("app.test", path)), [null, null])) < 1000);
});

Deno.test("A splat takes all that the rest of its pattern leaves", () => {
  const found = (pattern: string, path: string, host = "app.test") => {
    const made = rulePattern(pattern);
    if (typeof made === "string") throw new Error(made);
    return made.match(host, path);
  };
  assertEquals({ ...found("/blog/*", "/blog/a/b") }, { splat: "a/b" });
  assertEquals({ ...found("/*/b/:c", "/x/y/b/z") }, { splat: "x/y", c: "z" });
  assertEquals({ ...found("/*.js/:c", "/x/y.js/z") }, { splat: "x/y", c: "z" });
  assertEquals(found("/*.js/:c", "/x/y.css/z"), null);
  assertEquals({ ...found("/:a/*/b", "/x//b") }, { a: "x", splat: "" });
  assertEquals(found("/:a/*/b", "/x/b"), null);
  assertEquals(found("/ab*ba", "/aba"), null);
  assertEquals({ ...found("/ab*ba", "/abba") }, { splat: "" });
  assertEquals(found("/*/a/b/c", "/c"), null);
  assertEquals({ ...found("https://*.test/:x", "/y") }, { splat: "app", x: "y" });
  assertEquals(found("https://*.test/:x", "/y/z"), null);
  assertEquals({ ...found("https://:sub.test/*", "/y/z") }, { sub: "app", splat: "y/z" });
});

Deno.test("Placeholders make no header or target longer than clients take, and all headers together neither", () => {
  const names = Array.from({ length: 100 }, (_, at) => `  x-${at}: ${":a".repeat(900)}`);
  const rules = new HeaderRules(["/:a", ...names, "  x-short: :a", "/*", "  x-plain: 1"].join("\n"));
  assertEquals(rules.mistakes.map(({ line }) => line), [102]);
  const sizeOf = (path: string) =>
    rules.apply([], "app.test", path).reduce((size, [name, value]) => size + name.length + value.length, 0);
  assertEquals(sizeOf(`/${"x".repeat(4000)}`), "x-plain1".length);
  assert(sizeOf("/1") <= 32 * 1024);
  assertEquals(new RedirectRules(`/:a /${":a".repeat(900)}`).match("app.test", `/${"x".repeat(4000)}`), null);
});

Deno.test("A file of a million lines is read to a bound, and so are its mistakes", () => {
  const rules = new HeaderRules("/x\n" + "a\n".repeat(1_000_000));
  assertEquals(rules.mistakes.length, 20_001);
  const headers = new HeaderRules(["/*", ...Array.from({ length: 15_000 }, (_, at) => `x${at}: 1`)].join("\n"));
  assertEquals(headers.apply([["x1", "own"], ["y", "2"]], "app.test", "/").length, 101);
});
