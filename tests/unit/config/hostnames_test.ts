/** Host names, patterns and address ranges in their normal form. */
import { assertEquals } from "@std/assert";
import { normalizeCidr } from "../../../runtime/config/cidr.ts";
import { hasPort, normalizeHostname, normalizeHostPattern } from "../../../runtime/config/hostnames.ts";
import { nearestKey } from "../../../runtime/config/nearest_key.ts";

Deno.test("normalizeHostname() drops case, port and trailing dot, and refuses what is no host", () => {
  const table: readonly [string, string | null][] = [
    ["example.com", "example.com"],
    ["Example.COM", "example.com"],
    ["example.com.", "example.com"],
    ["example.com.:8080", "example.com"],
    ["hello.localhost:80", "hello.localhost"],
    ["my_app.local", "my_app.local"],
    ["blog-", "blog-"],
    ["127.0.0.1:80", "127.0.0.1"],
    ["[::1]", "[::1]"],
    ["[0:0:0::1]:80", "[::1]"],
    ["::1", "[::1]"],
    ["2001:DB8::A", "[2001:db8::a]"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["BÜCHER.example:1", "xn--bcher-kva.example"],
    ["x".repeat(63), "x".repeat(63)],
    ["x".repeat(64), null],
    [Array(64).fill("abc").join(".").slice(0, 253), Array(64).fill("abc").join(".").slice(0, 253)],
    [`a${".abc".repeat(63)}.`, `a${".abc".repeat(63)}`],
    [`aaa${".abc".repeat(63)}`, null],
    ["", null],
    [".", null],
    [":80", null],
    ["a..b", null],
    [".a", null],
    ["a.-b", null],
    ["a..", null],
    ["a b", null],
    ["a/b", null],
    ["user@host", null],
    ["http://a", null],
    ["a:b", null],
    ["a:123456", null],
    ["*.a", null],
    ["[::1", null],
    ["[::1]x", null],
    ["[::1%eth0]", null],
    ["[127.0.0.1]", null],
    ["[]", null],
    ["a\u0000b", null],
    ["\ud800.example", null],
  ];
  for (const [text, expected] of table) assertEquals([text, normalizeHostname(text)], [text, expected]);
});

Deno.test("normalizeHostname() of its own answer changes nothing", () => {
  for (const text of ["Bücher.Example.", "[0::1]:5", "A.b:1", "1.2.3.4"]) {
    const once = normalizeHostname(text)!;
    assertEquals(normalizeHostname(once), once);
  }
});

Deno.test("normalizeHostPattern() takes a wildcard in front of a name only", () => {
  assertEquals(normalizeHostPattern("*.Example.com.:80"), "*.example.com");
  assertEquals(normalizeHostPattern("*.localhost"), "*.localhost");
  assertEquals(normalizeHostPattern("Example.com"), "example.com");
  for (const text of ["*", "*.", "*.*.a", "a.*", "**.a", "*a.b", "*.[::1]", "*.1.2.3.4"]) {
    assertEquals([text, normalizeHostPattern(text)], [text, null]);
  }
});

Deno.test("hasPort() tells a port from the groups of an IPv6 address", () => {
  assertEquals(["a:80", "[::1]:80", "::1", "[::1]", "a", "a:"].map(hasPort), [true, true, false, false, false, false]);
});

Deno.test("normalizeCidr() takes ranges and single addresses of both kinds, and nothing else", () => {
  const table: readonly [string, string | null][] = [
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["10.1.2.3/32", "10.1.2.3/32"],
    ["FD00::/8", "fd00::/8"],
    ["::1", "::1/128"],
    ["::ffff:10.0.0.1/104", "::ffff:10.0.0.1/104"],
    ["10.0.0.0/33", null],
    ["::/129", null],
    ["10.0.0.0/-1", null],
    ["10.0.0.0/08", null],
    ["10.0.0.0/", null],
    ["10.0.0.0/8/8", null],
    ["10.0.0.0/255.0.0.0", null],
    ["10.0.0/8", null],
    ["010.0.0.0/8", null],
    ["256.0.0.0/8", null],
    ["fe80::1%eth0/64", null],
    ["[::1]/128", null],
    ["localhost", null],
    ["", null],
    [" 10.0.0.0/8", null],
  ];
  for (const [text, expected] of table) assertEquals([text, normalizeCidr(text)], [text, expected]);
});

Deno.test("nearestKey() finds the key that was meant, and none where nothing is near", () => {
  const known = ["name", "path", "hostname", "port", "memory_mb", "max_queue", "max_concurrent", "timeout_ms"];
  const table: readonly [string, string | null][] = [
    ["nmae", "name"],
    ["Port", "port"],
    ["prot", "port"],
    ["hostnames", "hostname"],
    ["host", "hostname"],
    ["memoryMb", "memory_mb"],
    ["memory-mb", "memory_mb"],
    ["memory", "memory_mb"],
    ["maxqueue", "max_queue"],
    ["timeout", "timeout_ms"],
    ["xyzzy", null],
    ["", null],
    ["!!!", null],
    ["z".repeat(100_000), null],
  ];
  for (const [written, expected] of table) assertEquals(nearestKey(written, known), expected);
});
