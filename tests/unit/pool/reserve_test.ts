/** Tests the reserve of booted isolates. */
import { assertEquals, assertNotStrictEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { IsolateExit } from "../../../runtime/pool/exit_errors.ts";
import { BootAdmission } from "../../../runtime/pool/boot_admission.ts";
import { Reserve } from "../../../runtime/pool/reserve.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

/** What a reserve touches of an isolate. */
class Spare {
  readonly #booted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<IsolateExit>();
  readonly booted = this.#booted.promise;
  readonly ended = this.#ended.promise;
  exit: IsolateExit | null = null;

  constructor(readonly memoryMb: number) {
    this.booted.catch(() => {});
  }

  boot(): this {
    this.#booted.resolve();
    return this;
  }

  kill(exit: IsolateExit): void {
    if (this.exit !== null) return;
    this.exit = exit;
    this.#booted.reject(new Error(exit.detail));
    this.#ended.resolve(exit);
  }
}

const DEATH: IsolateExit = { reason: "terminated", detail: "it died" };

/** A reserve whose isolates boot at once, or never by themselves. */
function pretendReserve(options: { boots: boolean; places?: number }) {
  const spawned: Spare[] = [];
  const clock = new FakeClock();
  const admission = new BootAdmission({ places: options.places ?? 100, clock, suspects: [] });
  const spawn = (memoryMb: number) => {
    const spare = new Spare(memoryMb);
    spawned.push(spare);
    return options.boots ? spare.boot() : spare;
  };
  const reserve = new Reserve({ spawn, admission, clock });
  const alive = () => spawned.filter(({ exit }) => exit === null).map(({ memoryMb }) => memoryMb).sort();
  /** Once what was taken is replaced. */
  const afterLevelling = () => clock.advance(100);
  return { reserve, spawned, alive, admission, clock, afterLevelling };
}

Deno.test("Reserve.demand() keeps a spare for every four apps of a size, two at least and four at most", () => {
  const table = [[0, 0], [1, 2], [8, 2], [9, 3], [16, 4], [400, 4]] as const;
  for (const [apps, spares] of table) {
    const { reserve, alive } = pretendReserve({ boots: true });
    reserve.demand(new Map([[64, apps]]));
    assertEquals(alive().length, spares, `${apps} apps`);
    reserve[Symbol.dispose]();
    assertEquals(alive(), []);
  }
});

Deno.test("Reserve.demand() keeps as many spares as are wanted, none included, and isolates are to be had all the same", async () => {
  const { reserve, alive, afterLevelling } = pretendReserve({ boots: true });
  using _ = reserve;
  reserve.demand(new Map([[64, 1], [128, 9]]), 1);
  assertEquals(alive(), [128, 64]);
  reserve.demand(new Map([[64, 1], [128, 9]]), 0);
  assertEquals(alive(), []);
  const taken = await reserve.take(64);
  await afterLevelling();
  assertEquals([taken.exit, alive()], [null, [64]]);
});

Deno.test("Reserve.demand() ends spares that nobody needs any more and keeps the others", () => {
  const { reserve, spawned, alive } = pretendReserve({ boots: true });
  using _ = reserve;
  reserve.demand(new Map([[64, 12], [128, 1]]));
  assertEquals(alive(), [128, 128, 64, 64, 64]);
  reserve.demand(new Map([[64, 1]]));
  assertEquals([alive(), spawned.length], [[64, 64], 5]);
});

Deno.test("Reserve.take() gives a spare of the size and puts another in its place", async () => {
  const { reserve, spawned, alive, afterLevelling } = pretendReserve({ boots: true });
  using _ = reserve;
  reserve.demand(new Map([[64, 1], [128, 1]]));
  const taken = await reserve.take(64);
  assertStrictEquals(taken, spawned[0]);
  await afterLevelling();
  assertEquals(alive(), [128, 128, 64, 64, 64]);
  assertNotStrictEquals(await reserve.take(64), taken);
  await afterLevelling();
});

Deno.test("Reserve.expect() boots isolates for those who come first, replaces none, and ends what nobody took", async () => {
  const { reserve, alive, afterLevelling } = pretendReserve({ boots: true });
  using _ = reserve;
  reserve.expect(new Map([[64, 2], [128, 1]]));
  assertEquals(alive(), [128, 64, 64]);
  const taken = await reserve.take(64);
  await afterLevelling();
  assertEquals(alive(), [128, 64, 64], "the taken one among them");
  reserve.demand(new Map([[64, 1]]), 0);
  assertEquals([alive(), taken.exit], [[64], null]);
});

Deno.test("Reserve.take() waits until the spare has booted", async () => {
  const { reserve, spawned, afterLevelling } = pretendReserve({ boots: false });
  using _ = reserve;
  reserve.demand(new Map([[64, 1]]));
  let taken = false;
  const taking = reserve.take(64).then(() => taken = true);
  await Promise.resolve();
  assertEquals(taken, false);
  spawned[0]!.boot();
  await taking;
  await afterLevelling();
  assertEquals(spawned.length, 3);
});

Deno.test("Reserve.take() creates an isolate of a size that nobody asked to keep, and keeps none", async () => {
  const { reserve, spawned, afterLevelling } = pretendReserve({ boots: true });
  using _ = reserve;
  assertEquals((await reserve.take(256)).memoryMb, 256);
  await afterLevelling();
  assertEquals(spawned.length, 1);
});

Deno.test("Reserve never gives a dead spare, and replaces it when the next one is taken", async () => {
  const { reserve, spawned, alive, afterLevelling } = pretendReserve({ boots: true });
  using _ = reserve;
  reserve.demand(new Map([[64, 1]]));
  spawned[0]!.kill(DEATH);
  await Promise.resolve();
  const taken = await reserve.take(64);
  assertEquals(taken.exit, null);
  await afterLevelling();
  assertEquals(alive(), [64, 64, 64], "the taken one, the other spare and a new one");
});

Deno.test("Reserve.take() fails with an isolate that ends before it has booted, and recovers", async () => {
  const { reserve, spawned, afterLevelling } = pretendReserve({ boots: false });
  using _ = reserve;
  reserve.demand(new Map([[64, 1]]));
  const taking = reserve.take(64);
  spawned[0]!.kill(DEATH);
  await assertRejects(() => taking, Error, "it died");
  await afterLevelling();
  assertEquals(spawned.length, 3);
});

Deno.test("Reserve ends its spares when disposed, leaves what was taken alone and spawns no more", async () => {
  const { reserve, spawned, alive, afterLevelling } = pretendReserve({ boots: true });
  reserve.demand(new Map([[64, 8]]));
  const taken = await reserve.take(64);
  reserve[Symbol.dispose]();
  await afterLevelling();
  assertEquals([taken.exit, alive(), spawned.length], [null, [64], 2]);
});

Deno.test("Reserve boots its spares when no app waits for its turn, as many at once as there are places", async () => {
  const { reserve, spawned, admission, clock } = pretendReserve({ boots: false, places: 1 });
  using _ = reserve;
  const app = admission.enter("app", "well");
  reserve.demand(new Map([[64, 8]]));
  const other = admission.enter("other", "died");
  assertEquals(spawned.length, 0);
  app[Symbol.dispose]();
  await clock.advance(0);
  assertEquals([other.isWaiting, spawned.length], [false, 0]);
  other[Symbol.dispose]();
  await clock.advance(0);
  assertEquals(spawned.length, 1);
  spawned[0]!.boot();
  await clock.advance(0);
  assertEquals(spawned.length, 2);
});

Deno.test("Reserve gives the place of a spare back that is taken while it boots: whoever takes it has one", async () => {
  const { reserve, spawned, admission, clock } = pretendReserve({ boots: false, places: 2 });
  using _ = reserve;
  reserve.demand(new Map([[64, 1]]));
  const app = admission.enter("app", "well");
  assertEquals(app.isWaiting, true);
  const taking = reserve.take(64);
  assertEquals(app.isWaiting, false);
  spawned[0]!.boot();
  assertStrictEquals(await taking, spawned[0]);
  await clock.advance(100);
  assertEquals(spawned.length, 2, "the next spare waits for its turn");
});

Deno.test("Reserve gives up a spare that does not boot, and what it has ordered when it is closed", async () => {
  const { reserve, spawned, admission, clock } = pretendReserve({ boots: false, places: 1 });
  reserve.demand(new Map([[64, 8]]));
  await clock.advance(120_000);
  assertEquals([spawned[0]!.exit?.reason, spawned.length], ["isolate_timeout", 2], "the next one gets its turn");
  reserve[Symbol.dispose]();
  await clock.advance(1000);
  assertEquals([admission.enter("app", "well").isWaiting, spawned.length, clock.armed], [false, 2, 0]);
});

Deno.test("An isolate that was taken and never boots ends, also when whoever took it waits no longer", async () => {
  const { reserve, spawned, clock } = pretendReserve({ boots: false });
  using _ = reserve;
  const taking = reserve.take(64);
  const refused = assertRejects(() => taking, Error, "it did not boot within 600000 ms");
  await clock.advance(599_999);
  assertEquals(spawned[0]!.exit, null);
  await clock.advance(1);
  await refused;
  assertEquals(spawned[0]!.exit?.reason, "isolate_timeout");
});

Deno.test("A reserve that is closed ends also what was taken and has not booted", async () => {
  const { reserve, spawned, clock } = pretendReserve({ boots: false });
  const refused = assertRejects(() => reserve.take(64), Error, "the reserve was closed");
  await clock.advance(0);
  reserve[Symbol.dispose]();
  await refused;
  assertEquals([spawned[0]!.exit?.reason, clock.armed], ["terminated", 0]);
});
