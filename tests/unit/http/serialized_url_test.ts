/** Holds what an app sees as its request's URL against the platform's own parser. */
import { assertEquals } from "@std/assert";
import { serializedUrl } from "../../../runtime/http/serialized_url.ts";
import { SeededRandom } from "../../support/seeded_random.ts";

const SAID: readonly (readonly [string, string])[] = [
  ["http://app.test:80/public/../admin", "http://app.test/admin"],
  ["http://app.test/public/%2e%2E/admin?a=../b", "http://app.test/admin?a=../b"],
  ["http://app.test/a/./b/.", "http://app.test/a/b/"],
  ["http://app.test/a\\..\\admin", "http://app.test/admin"],
  ["http://APP.test/Case", "http://app.test/Case"],
  ["https://app.test:443/", "https://app.test/"],
  ["http://app.test:8080/a//b/", "http://app.test:8080/a//b/"],
  ['http://app.test/a b"<é', "http://app.test/a%20b%22%3C%C3%A9"],
  ["http://app.test/?it's", "http://app.test/?it%27s"],
  ["http://app.test?q", "http://app.test/?q"],
  ["http://1.2.3/", "http://1.2.0.3/"],
  ["http://app.test/..", "http://app.test/"],
  ["http://app.test/a/..b/.c/...", "http://app.test/a/..b/.c/..."],
];

for (const [given, said] of SAID) {
  Deno.test(`serializedUrl() of ${given}`, () => assertEquals(serializedUrl(given), said));
}

Deno.test("serializedUrl() says what the parser says, of a hundred thousand URLs", () => {
  const random = SeededRandom.fromEnv("serializedUrl()");
  const hosts = [
    "app.test",
    "a",
    "0x7f.1",
    "127.0.0.1:80",
    "App.Test",
    "x-y.b:8080",
    "h:443",
    "h:80",
    "h:080",
    "xn--a.b",
    "[::1]:1",
  ];
  const parts = [
    ..."/./..//a?#%\\:@!$&'()*+,;=|[]{}^`\"<>~_- é".split(""),
    ...["%2e", "%2E", "%2f", "%", "xn--", ":80/", ".."],
  ];
  for (let round = 0; round < 100_000; round++) {
    const host = random.pick(hosts);
    const url = `${random.pick(["http", "https"])}://${host}/${random.some(8, () => random.pick(parts)).join("")}`;
    assertEquals(serializedUrl(url), URL.parse(url)?.href ?? url, url);
  }
});
