/** Who is convicted after which deaths; and a simulation in which no innocent may be. */
import { assert, assertEquals } from "@std/assert";
import type { Charge } from "../../../../admin/guardian/evidence.ts";
import { FORGET_AFTER_MS, Suspicion } from "../../../../admin/guardian/suspicion.ts";

/** A death's charges: shares by app, as `{ shop: 0.9 }`; `shop@2` names another version than 1. */
function charges(shares: Readonly<Record<string, number>>): Charge[] {
  return Object.entries(shares).map(([name, share]) => {
    const [app, version = "1"] = name.split("@");
    return { app: app!, version, share, reason: "computed" };
  });
}

/** Who is convicted at each of these deaths, a second apart. */
function convictions(...deaths: Readonly<Record<string, number>>[]): string[][] {
  const suspicion = new Suspicion();
  return deaths.map((death, i) =>
    suspicion.charge(charges(death), i * 1000).convicted.map(({ app, version }) => `${app}@${version}`)
  );
}

Deno.test("Suspicion convicts whoever is clearly the one at two deaths, and never at the first", () => {
  assertEquals(convictions({ a: 0.95 }, { a: 0.95 }), [[], ["a@1"]]);
  assertEquals(convictions({ a: 0.95, b: 0.04 }, { c: 0.99 }, { a: 0.9 }, { c: 0.95 }), [[], [], ["a@1"], ["c@1"]]);
});

Deno.test("Suspicion singles out who is a suspect of two deaths with different others", () => {
  assertEquals(convictions({ a: 0.49, b: 0.49 }, { a: 0.49, c: 0.49 }), [[], ["a@1"]]);
  assertEquals(convictions({ a: 0.49, b: 0.49 }, { c: 0.49, a: 0.49 }, { b: 0.49, c: 0.49 }), [[], ["a@1"], []]);
});

Deno.test("Suspicion convicts nobody while two stay equal, and the one of them that is seen alone", () => {
  assertEquals(convictions({ a: 0.49, b: 0.49 }, { a: 0.49, b: 0.49 }, { a: 0.49, b: 0.49 }), [[], [], []]);
  assertEquals(convictions({ a: 0.49, b: 0.49 }, { a: 0.49, b: 0.49 }, { b: 0.95 }), [[], [], ["b@1"]]);
});

Deno.test("Suspicion convicts nobody whose deaths had a likelier cause each time", () => {
  assertEquals(convictions({ k: 0.7, hot: 0.28 }, { l: 0.7, hot: 0.28 }, { m: 0.7, hot: 0.28 }), [[], [], []]);
  assertEquals(convictions({ hot: 0.3 }, { hot: 0.3 }, { hot: 0.3 }, { hot: 0.3 }), [[], [], [], []]);
});

Deno.test("Suspicion takes another version for another suspect", () => {
  assertEquals(convictions({ a: 0.95 }, { "a@2": 0.95 }, { "a@2": 0.95 }), [[], [], ["a@2"]]);
});

Deno.test("Suspicion counts an explained death against nobody else, nor again after an operator let the convicted out", () => {
  assertEquals(convictions({ a: 0.6, b: 0.38 }, { a: 0.95 }, { b: 0.5, c: 0.48 }, { a: 0.95 }), [[], ["a@1"], [], []]);
});

Deno.test("Suspicion forgets a death after an hour", () => {
  const suspicion = new Suspicion();
  suspicion.charge(charges({ a: 0.95, b: 0.1 }), 0);
  assertEquals(suspicion.suspects(1000), ["b", "a"], "the least suspected first");
  assertEquals(suspicion.suspects(FORGET_AFTER_MS), []);
  assertEquals(suspicion.charge(charges({ a: 0.95 }), FORGET_AFTER_MS).convicted, []);
});

Deno.test("Suspicion tells what the convicted did, and when a death is clear", () => {
  const suspicion = new Suspicion();
  assertEquals(suspicion.charge(charges({ a: 0.5 }), 0).isClear, false);
  const { convicted, isClear } = suspicion.charge(charges({ a: 0.98 }), 0);
  assertEquals(isClear, true);
  assertEquals(convicted[0]?.reason, "the host died 2 times while it computed");
  assertEquals(suspicion.suspects(0), []);
});

Deno.test("Suspicion keeps a bounded number of deaths", () => {
  const suspicion = new Suspicion();
  for (let i = 0; i < 1000; i++) suspicion.charge(charges({ [`app-${i}`]: 0.9 }), i);
  assert(suspicion.suspects(1000).length <= 32);
});
