/** Tests which app gets a host. */
import { assertEquals } from "@std/assert";
import type { AppTarget } from "../../../runtime/terms/app_call.ts";
import { hostnameOf, Router } from "../../../runtime/http/router.ts";

function target(name: string): AppTarget {
  return { app: { name }, fetch() {} };
}

const ROUTES = [
  { hostnames: ["blog.example.com", "blog"], target: target("blog") },
  { hostnames: ["*.example.com"], target: target("wide") },
  { hostnames: ["*.eu.example.com"], target: target("eu") },
  { hostnames: ["[::1]", "127.0.0.1"], target: target("local") },
];

/** Host header and the app it reaches; null for nobody, undefined for no host at all. */
const TABLE: readonly (readonly [string, string | null | undefined])[] = [
  ["blog", "blog"],
  ["blog.example.com", "blog"],
  ["BLOG.Example.COM", "blog"],
  ["blog.example.com:8080", "blog"],
  ["blog.example.com.", "blog"],
  ["blog.example.com.:443", "blog"],
  ["blog.example.com:", "blog"],
  ["other.example.com", "wide"],
  ["a.b.example.com", "wide"],
  ["x.eu.example.com", "eu"],
  ["y.x.eu.example.com", "eu"],
  ["eu.example.com", "wide"],
  ["example.com", null],
  ["notexample.com", null],
  ["xblog", null],
  [".example.com", null],
  ["[::1]", "local"],
  ["[::1]:8080", "local"],
  ["127.0.0.1:80", "local"],
  ["nobody.test", null],
  ["__proto__", null],
  ["constructor", null],
  ["", undefined],
  [".", undefined],
  ["a b", undefined],
  ["a/b", undefined],
  ["a@b", undefined],
  ["a\nb", undefined],
  ["a:b", undefined],
  ["a:80:80", undefined],
  ["a:99999", undefined],
  ["[::1", undefined],
  ["::1", undefined],
  ["\u00e9", undefined],
  ["a".repeat(301), undefined],
];

for (const [host, app] of TABLE) {
  const shown = JSON.stringify(host.length > 40 ? `${host.slice(0, 5)}\u2026` : host);
  Deno.test(`Router.match() gives ${shown} to ${app === undefined ? "no host" : app ?? "nobody"}`, () => {
    const router = new Router(ROUTES, null);
    for (let look = 0; look < 2; look++) {
      const found = router.match(host);
      assertEquals(found === null || found === undefined ? found : found.app.name, app);
    }
    const open = new Router(ROUTES, target("default")).match(host);
    assertEquals(open?.app.name, app === undefined ? undefined : app ?? "default");
  });
}

Deno.test("Router gives a host that several claim to the last of them", () => {
  const router = new Router([...ROUTES, { hostnames: ["blog"], target: target("heir") }], null);
  assertEquals(router.match("blog")?.app.name, "heir");
});

Deno.test("Router answers the same after more hosts than it remembers", () => {
  const router = new Router(ROUTES, null);
  for (let at = 0; at < 10_000; at++) router.match(`h${at}.example.com`);
  assertEquals([router.match("blog")?.app.name, router.match("h1.example.com")?.app.name], ["blog", "wide"]);
});

Deno.test("hostnameOf() drops case, port and one trailing dot", () => {
  assertEquals(["A.B.", "A:1", "[FE80::1]:2", "a.."].map(hostnameOf), ["a.b", "a", "[fe80::1]", "a."]);
});
