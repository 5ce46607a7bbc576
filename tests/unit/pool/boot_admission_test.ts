/** Tests who may boot when not all can. */
import { assertEquals } from "@std/assert";
import {
  ALONE_MS,
  BOOT_RANKS,
  BootAdmission,
  type BootPlace,
  bootPlaces,
} from "../../../runtime/pool/boot_admission.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

/** An admission that notes who was admitted, in order. */
function bench(places: number, suspects: readonly string[] = []) {
  const clock = new FakeClock();
  const admission = new BootAdmission({ places, clock, suspects });
  const order: string[] = [];
  const enter = (name: string, rank: Parameters<BootAdmission["enter"]>[1] = "well"): BootPlace => {
    const place = admission.enter(rank === "spare" ? null : name, rank);
    place.admitted.then((isAdmitted) => order.push(isAdmitted ? name : `${name} gave up`));
    return place;
  };
  return { clock, admission, order, enter, settled: () => clock.advance(0) };
}

Deno.test("bootPlaces() gives four places a core, one at least and sixteen at most", () => {
  assertEquals([0, 1, 2, 4, 64].map(bootPlaces), [1, 4, 8, 16, 16]);
});

Deno.test("BootAdmission admits as many as there are places, the next when one is done, in order of arrival", async () => {
  const { admission, order, enter, settled } = bench(2);
  const [a, b, c] = [enter("a"), enter("b"), enter("c"), enter("d")];
  assertEquals([a!.isWaiting, b!.isWaiting, c!.isWaiting, admission.waiting], [false, false, true, 2]);
  await settled();
  assertEquals(order, ["a", "b"]);
  b![Symbol.dispose]();
  b![Symbol.dispose]();
  await settled();
  assertEquals([order, admission.waiting], [["a", "b", "c"], 1]);
});

Deno.test("BootAdmission admits requested apps first, then the well, then those that died, spares after all of them", async () => {
  const { admission, order, enter, settled } = bench(1);
  let place = enter("first");
  const waiting = [
    enter("spare", "spare"),
    enter("dead", "died"),
    enter("well", "well"),
    enter("asked for", "requested"),
  ].reverse();
  assertEquals(admission.waiting, 3, "a spare is no app that waits");
  for (const next of waiting) {
    place[Symbol.dispose]();
    place = next;
    await settled();
  }
  assertEquals(order, ["first", "asked for", "well", "dead", "spare"]);
});

Deno.test("BootAdmission lets no spare boot beside an app, and apps beside spares", async () => {
  const { order, enter, settled } = bench(4);
  const [early, app] = [enter("early", "spare"), enter("app")];
  const late = enter("late", "spare");
  await settled();
  assertEquals([order, late.isWaiting], [["early", "app"], true]);
  early[Symbol.dispose]();
  assertEquals(late.isWaiting, true, "the app boots still");
  app[Symbol.dispose]();
  await settled();
  assertEquals(order, ["early", "app", "late"]);
});

Deno.test("BootPlace.hurry() lets an app overtake once a request waits for it", async () => {
  const { order, enter, settled } = bench(1);
  const first = enter("first");
  enter("well");
  const late = enter("late", "died");
  late.hurry();
  first.hurry();
  first[Symbol.dispose]();
  await settled();
  assertEquals(order, ["first", "late"]);
});

Deno.test("A boot that is given up while it waits is never admitted and holds nobody up", async () => {
  const { admission, order, enter, settled } = bench(1);
  const first = enter("first");
  const second = enter("second");
  enter("third");
  second[Symbol.dispose]();
  second.hurry();
  assertEquals(admission.waiting, 1);
  first[Symbol.dispose]();
  await settled();
  assertEquals(order, ["first", "second gave up", "third"]);
});

Deno.test("Suspects boot last and alone: nothing is admitted beside one, requests do not move it up", async () => {
  const { order, enter, settled } = bench(4, ["bad", "worse"]);
  const bad = enter("bad", "requested");
  const [well, spare] = [enter("well"), enter("spare", "spare")];
  const worse = enter("worse");
  worse.hurry();
  await settled();
  assertEquals(order, ["bad"], "it had come when nobody else was there");
  bad[Symbol.dispose]();
  await settled();
  assertEquals(order, ["bad", "well"], "the others first");
  well[Symbol.dispose]();
  await settled();
  assertEquals(order, ["bad", "well", "spare"], "not beside a spare that boots");
  spare[Symbol.dispose]();
  await settled();
  const next = enter("next", "requested");
  await settled();
  assertEquals(order, ["bad", "well", "spare", "worse"]);
  worse[Symbol.dispose]();
  await settled();
  assertEquals([order.at(-1), next.isWaiting], ["next", false]);
});

Deno.test("Among suspects the least suspected boots first, whoever came first", async () => {
  const { order, enter, settled } = bench(4, ["hardly", "maybe", "surely"]);
  const well = enter("well");
  const waiting = ["surely", "maybe", "hardly"].map((name) => enter(name));
  for (const boot of [well, ...waiting.toReversed()]) {
    boot[Symbol.dispose]();
    await settled();
  }
  assertEquals(order, ["well", "hardly", "maybe", "surely"]);
});

Deno.test("A suspect that computes on has the others beside it after its time alone, but no other suspect", async () => {
  const { clock, order, enter } = bench(4, ["maybe", "surely"]);
  const maybe = enter("maybe");
  enter("surely");
  const well = enter("well", "requested");
  await clock.advance(ALONE_MS - 1);
  assertEquals(order, ["maybe"]);
  await clock.advance(1);
  assertEquals(order, ["maybe", "well"]);
  maybe[Symbol.dispose]();
  await clock.advance(ALONE_MS);
  assertEquals(order, ["maybe", "well"], "not beside one that boots");
  well[Symbol.dispose]();
  await clock.advance(0);
  assertEquals(order, ["maybe", "well", "surely"]);
});

Deno.test("A boot that stops computing gives its place back, one that computes keeps it", async () => {
  const { clock, order, enter } = bench(2);
  const [waits, works] = [enter("waits"), enter("works")];
  enter("third");
  enter("fourth");
  let micros = 500_000;
  waits.watch(() => 500_000);
  works.watch(() => micros += 20_000);
  await clock.advance(1_999);
  assertEquals(order, ["waits", "works"]);
  await clock.advance(1);
  assertEquals(order, ["waits", "works", "third"]);
  await clock.advance(60_000);
  assertEquals(order.length, 3, "the one that computes has its place still");
  works[Symbol.dispose]();
  await clock.advance(0);
  assertEquals([order.at(-1), clock.armed], ["fourth", 0]);
});

Deno.test("BOOT_RANKS names every rank once, suspects last", () => {
  assertEquals([...BOOT_RANKS], ["requested", "well", "died", "spare", "suspect"]);
});
