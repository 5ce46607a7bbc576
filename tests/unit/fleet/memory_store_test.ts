import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { MemoryEngine } from "../../../runtime/fleet/memory_store.ts";
import { conform, SHORT_TIMES } from "../../servers/fleet_conformance.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

Deno.test("The engine in memory does what every engine does", async (t) => {
  const clock = new FakeClock();
  const engines = new Map<string, MemoryEngine>();
  await conform(t, {
    open(space) {
      const engine = engines.get(space) ?? new MemoryEngine(clock, SHORT_TIMES);
      engines.set(space, engine);
      return engine.open();
    },
    pass: () => clock.advance(1_000),
  });
});

Deno.test("The faults of the engine in memory are those of real ones", async () => {
  const engine = new MemoryEngine(new FakeClock());
  await using store = engine.open();
  await store.found("e1");
  let hints = 0;
  using _listening = store.onChange(() => void hints++);
  const write = async (key: string) =>
    await store.write({ key, id: `of ${key}`, format: 1, value: 1 }, await store.head());
  const keys = async () => (await Array.fromAsync(store.since(0))).map(({ key }) => key);

  await write("app.a");
  engine.faults.losesHints = true;
  await write("app.b");
  assertEquals(hints, 1);

  engine.faults.losesAnswers = true;
  assertEquals((await assertRejects(() => write("app.c"), NanoError)).code, "FLEET_UNAVAILABLE");
  engine.faults.losesAnswers = false;
  assertEquals(await keys(), ["app.a", "app.b", "app.c"]);

  engine.forget(2);
  assertEquals(await keys(), ["app.a"]);
  assertEquals(await store.head(), { epoch: "e1", revision: 2 });

  engine.faults.isGone = true;
  assertEquals((await assertRejects(() => store.head(), NanoError)).status, 503);
  engine.faults.isGone = false;

  engine.becomeOther("e2");
  assertEquals(await store.head(), { epoch: "e2", revision: 3 });
  engine.wipe();
  assertEquals(await store.head(), { epoch: null, revision: 0 });
  assertEquals(await keys(), []);
});
