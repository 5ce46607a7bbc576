/** Tests who is believed to be the client. */
import { assertEquals } from "@std/assert";
import { TrustedProxies } from "../../../runtime/http/client_address.ts";

const proxies = new TrustedProxies(["10.0.0.0/8", "192.0.2.7", "fd00::/8"]);

for (
  const [address, trusted] of [
    ["10.1.2.3", true],
    ["11.0.0.1", false],
    ["192.0.2.7", true],
    ["192.0.2.8", false],
    ["fd12::1", true],
    ["2001:db8::1", false],
    ["::ffff:10.0.0.1", true],
    ["::ffff:11.0.0.1", false],
    ["", false],
    ["10.0.0.1:80", false],
    ["not an address", false],
  ] as const
) {
  Deno.test(`TrustedProxies ${trusted ? "trusts" : "does not trust"} ${JSON.stringify(address)}`, () => {
    assertEquals(proxies.trusts(address), trusted);
  });
}

Deno.test("TrustedProxies without ranges trust nobody", () => {
  assertEquals(new TrustedProxies([]).trusts("10.0.0.1"), false);
});

/** Peer, x-forwarded-for, the client it leads to, and the chain that is passed on. */
const CHAINS: readonly (readonly [string, string, string | null, string, string])[] = [
  ["one hop", "10.0.0.1", "203.0.113.5", "203.0.113.5", "203.0.113.5, 10.0.0.1"],
  ["nothing said", "10.0.0.1", null, "10.0.0.1", "10.0.0.1"],
  [
    "several proxies",
    "10.0.0.1",
    "203.0.113.5, 10.0.0.3,10.0.0.2",
    "203.0.113.5",
    "203.0.113.5, 10.0.0.3, 10.0.0.2, 10.0.0.1",
  ],
  ["a spoofed first hop", "10.0.0.1", "6.6.6.6, 203.0.113.5", "203.0.113.5", "6.6.6.6, 203.0.113.5, 10.0.0.1"],
  [
    "a spoofed hop that looks like a proxy",
    "10.0.0.1",
    "6.6.6.6, 10.9.9.9, 203.0.113.5",
    "203.0.113.5",
    "6.6.6.6, 10.9.9.9, 203.0.113.5, 10.0.0.1",
  ],
  ["only proxies", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3", "10.0.0.3, 10.0.0.2, 10.0.0.1"],
  ["an unnamed client behind a spoofed hop", "10.0.0.1", "6.6.6.6, unknown", "10.0.0.1", "10.0.0.1"],
  [
    "an unnamed hop before a named one",
    "10.0.0.1",
    "6.6.6.6, unknown, 203.0.113.5",
    "203.0.113.5",
    "203.0.113.5, 10.0.0.1",
  ],
  ["an empty list", "10.0.0.1", " , ", "10.0.0.1", "10.0.0.1"],
  ["a port with the address", "10.0.0.1", "203.0.113.5:4711", "203.0.113.5", "203.0.113.5, 10.0.0.1"],
  ["IPv6", "fd00::1", "2001:db8::5", "2001:db8::5", "2001:db8::5, fd00::1"],
  ["IPv6 with a port", "fd00::1", "[2001:db8::5]:4711", "2001:db8::5", "2001:db8::5, fd00::1"],
  [
    "a v4-mapped proxy",
    "::ffff:10.0.0.1",
    "203.0.113.5, ::ffff:10.0.0.2",
    "203.0.113.5",
    "203.0.113.5, ::ffff:10.0.0.2, ::ffff:10.0.0.1",
  ],
  ["an attempt to write another header", "10.0.0.1", "1.2.3.4\nx-admin\nyes", "10.0.0.1", "10.0.0.1"],
];

for (const [what, peer, said, client, chain] of CHAINS) {
  Deno.test(`TrustedProxies.resolve() of ${what}: ${client}`, () => {
    const found = proxies.resolve(peer, { for: said, proto: null, host: null });
    assertEquals(found, { hostname: client, scheme: null, host: null, chain });
  });
}

Deno.test("TrustedProxies.resolve() takes scheme and host as the first proxy wrote them, and no other scheme", () => {
  const read = (proto: string | null, host: string | null) => {
    const { scheme, host: found } = proxies.resolve("10.0.0.1", { for: null, proto, host });
    return [scheme, found];
  };
  assertEquals(read("HTTPS", "a.example"), ["https", "a.example"]);
  assertEquals(read("https, http", "a.example, b.example"), ["https", "a.example"]);
  assertEquals(read("javascript", ""), [null, null]);
  assertEquals(read(null, null), [null, null]);
});
