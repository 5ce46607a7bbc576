/** Tests who gets a descriptor, with the process counted by the test. */
import { assertEquals } from "@std/assert";
import { Descriptors } from "../../../runtime/machine/descriptors.ts";

function counted(limit: number) {
  const source = { limit, open: 0, at: 0, count: () => source.open, now: () => source.at };
  return { source, descriptors: new Descriptors(source) };
}

Deno.test("Descriptors grants an app half of what connections may have, and an address a quarter", () => {
  const { descriptors } = counted(400);
  assertEquals([descriptors.forConnections, descriptors.forApp, descriptors.forClient], [300, 150, 75]);
  const taken = [];
  for (let count = 0; count < 75; count++) taken.push(descriptors.take({ app: "a", client: "192.0.2.1" }));
  assertEquals(
    descriptors.take({ app: "a", client: "192.0.2.1" }),
    "its address has 75 open already, of 400 descriptors",
  );
  for (let count = 75; count < 150; count++) descriptors.take({ app: "a", client: null });
  assertEquals(descriptors.take({ app: "a", client: "192.0.2.2" }), "the app has 150 open already, of 400 descriptors");
  assertEquals(typeof descriptors.take({ app: "b", client: "192.0.2.2" }), "function");
  const giveBack = taken[0] as () => void;
  giveBack();
  giveBack();
  assertEquals(typeof descriptors.take({ app: "a", client: "192.0.2.1" }), "function");
  assertEquals(typeof descriptors.take({ app: "a", client: "192.0.2.1" }), "string");
});

Deno.test("Descriptors refuses all when the process has used up what connections may have, and grants again later", () => {
  const { descriptors, source } = counted(400);
  source.open = 299;
  assertEquals(typeof descriptors.take({ app: "a", client: null }), "function");
  assertEquals(descriptors.take({ app: "b", client: null }), "300 of 400 descriptors are in use");
  source.open = 100;
  assertEquals(descriptors.isScarce, true, "a count is good for a while");
  source.at = 500;
  assertEquals(typeof descriptors.take({ app: "b", client: null }), "function");
});

Deno.test("Descriptors keeps a small share of a large limit for the host, and knows no bound without a limit", () => {
  assertEquals(counted(65_536).descriptors.forConnections, 65_024);
  const { descriptors } = counted(Infinity);
  assertEquals([descriptors.isScarce, typeof descriptors.take({ app: "a", client: "b" })], [false, "function"]);
});
