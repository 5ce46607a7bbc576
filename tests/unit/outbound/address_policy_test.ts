/** Tests which addresses count as public and which hosts a list names. */
import { assert, assertEquals, assertFalse } from "@std/assert";
import { networkInterfaces } from "node:os";
import { isAddress, isListed, isPublicAddress } from "../../../runtime/outbound/address_policy.ts";

const PUBLIC = ["1.1.1.1", "93.184.216.34", "8.8.8.8", "172.15.0.1", "172.32.0.1", "2606:4700::1111", "[2a00:1450::1]"];

const NOT_PUBLIC = [
  "127.0.0.1",
  "127.255.255.254",
  "0.0.0.0",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "169.254.169.254", // the metadata service of most clouds
  "100.64.0.1",
  "100.100.100.200",
  "192.0.0.1",
  "192.0.2.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:10.0.0.1",
  "::127.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b:1::1",
  "fe80::1",
  "fe80::1%eth0",
  "fc00::1",
  "fd00:ec2::254",
  "fec0::1",
  "ff02::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "2001::1",
  "100::1",
  "[::1]",
];

Deno.test("isPublicAddress() takes addresses of the public internet", () => {
  for (const address of PUBLIC) assert(isPublicAddress(address), address);
});

Deno.test("isPublicAddress() refuses every reserved, private and tunnelled address", () => {
  for (const address of NOT_PUBLIC) assertFalse(isPublicAddress(address), address);
});

Deno.test("isPublicAddress() refuses what is no address", () => {
  for (const text of ["", "localhost", "example.com", "1.2.3.4.5", "0x7f.1"]) {
    assertFalse(isPublicAddress(text), text);
  }
});

Deno.test("isPublicAddress() refuses the host's own addresses", () => {
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  assert(own.length > 0);
  for (const { address } of own) assertFalse(isPublicAddress(address), address);
});

Deno.test("isAddress() tells addresses from names, brackets or not", () => {
  assertEquals(["1.2.3.4", "::1", "[::1]", "localhost", "a.b"].map(isAddress), [true, true, true, false, false]);
});

Deno.test("isListed() matches exactly or below a wildcard, without case and trailing dot", () => {
  const patterns = ["api.example.com", "*.example.org", "10.0.0.5"];
  const hosts = ["api.example.com", "API.Example.com.", "x.example.org", "a.b.example.org", "10.0.0.5"];
  for (const host of hosts) assert(isListed(host, patterns), host);
  for (const host of ["example.com", "x.api.example.com", "example.org", "badexample.org", "10.0.0.50"]) {
    assertFalse(isListed(host, patterns), host);
  }
});
