/** An app's `node:dns` sees what its outbound policy lets it connect to. */
import { assertEquals, assertRejects } from "@std/assert";
import { NameError, NameService, type NameTools } from "../../../runtime/outbound/name_service.ts";
import type { OutboundPolicy } from "../../../runtime/outbound/outbound.ts";

const ADDRESSES: Readonly<Record<string, readonly string[]>> = {
  "open.test": ["203.0.113.7"],
  "inner.test": ["10.0.0.1"],
  "both.test": ["10.0.0.1", "203.0.113.7"],
};

const tools: NameTools = {
  lookup: (hostname) => Promise.resolve((ADDRESSES[hostname] ?? []).map((address) => ({ address, family: 4 }))),
  resolve: (hostname, kind) => Promise.resolve(kind === "A" ? ADDRESSES[hostname] ?? [] : ["record"]),
  isPublic: (address) => !address.startsWith("10."),
};

async function codeOf(policy: OutboundPolicy, ask: (names: NameService) => Promise<unknown>): Promise<string> {
  return (await assertRejects(() => ask(new NameService(policy, tools)), NameError)).code;
}

Deno.test("A public policy gives public addresses only, by lookup and by resolve", async () => {
  const names = new NameService("public", tools);
  assertEquals(await names.lookup("both.test"), [{ address: "203.0.113.7", family: 4 }]);
  assertEquals(await names.resolve("both.test", "A"), ["203.0.113.7"]);
  assertEquals(await codeOf("public", (one) => one.lookup("inner.test")), "EPERM");
  assertEquals(await codeOf("public", (one) => one.resolve("inner.test", "A")), "EPERM");
  assertEquals(await codeOf("public", (one) => one.lookup("nowhere.test")), "ENOTFOUND");
});

Deno.test("A list gives the hosts that it names, and none gives nothing", async () => {
  assertEquals(await new NameService(["inner.test"], tools).lookup("inner.test"), [{ address: "10.0.0.1", family: 4 }]);
  assertEquals(await codeOf(["inner.test"], (one) => one.lookup("open.test")), "EPERM");
  assertEquals(await codeOf("none", (one) => one.lookup("open.test")), "EPERM");
  assertEquals(await codeOf("none", (one) => one.resolve("open.test", "TXT")), "EPERM");
});

Deno.test("A question that nobody waits for any more counts until its resolver has answered", async () => {
  const { promise, resolve } = Promise.withResolvers<never[]>();
  const names = new NameService("any", { ...tools, lookup: () => promise }, { timeoutMs: 1 });
  const first = Array.from({ length: 32 }, () => codeOfOne(names));
  assertEquals(new Set(await Promise.all(first)), new Set(["ETIMEOUT"]));
  assertEquals(await codeOfOne(names), "EAGAIN");
  resolve([]);
  await promise;
  await Promise.resolve();
  assertEquals(await codeOfOne(names), "ENOTFOUND");
});

async function codeOfOne(names: NameService): Promise<string> {
  return (await assertRejects(() => names.lookup("open.test"), NameError)).code;
}

Deno.test("What is no name and no kind of record is refused before anybody is asked", async () => {
  assertEquals(await codeOf("any", (one) => one.lookup("a b")), "EBADNAME");
  assertEquals(await codeOf("any", (one) => one.lookup("")), "EBADNAME");
  assertEquals(await codeOf("any", (one) => one.resolve("open.test", "ANY")), "ENOTIMP");
});
