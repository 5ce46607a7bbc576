/** Tests starts that are given up in the very turn in which what they waited for comes: an end is told once, no isolate stays. */
import { assertEquals } from "@std/assert";
import type { FakeIsolate } from "./fake_isolate.ts";
import { settle } from "../runtime/fake_clock.ts";
import { Stage } from "./stage.ts";

/** Turns of the microtask queue between the one and the other: a drain takes some of them, how many is nobody's promise. */
const TURNS = 12;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** What was told of starts and ends, in order. */
function toldOf(stage: Stage): string[] {
  return stage.events.map(({ event }) => event).filter((event) => event === "app_starting" || event === "app_exit");
}

for (const isStopFirst of [true, false]) {
  const order = isStopFirst ? "after its stop" : "before its stop";

  Deno.test(`a start that is stopped begins nothing after its end, in whatever turn its place comes ${order}`, async () => {
    for (let between = 0; between < TURNS; between++) {
      const stage = new Stage();
      const places = [stage.admission.enter("x", "well"), stage.admission.enter("y", "well")];
      stage.supervisor.start().catch(() => {});
      await settle();
      assertEquals(stage.told("app_start_queued").length, 1);
      const steps = [() => void stage.supervisor.stop(), () => places[0]![Symbol.dispose]()];
      if (!isStopFirst) steps.reverse();
      steps[0]!();
      await turns(between);
      steps[1]!();
      await stage.clock.advance(1_000);
      const told = toldOf(stage);
      assertEquals([told.filter((event) => event === "app_exit").length, told.at(-1)], [1, "app_exit"], `${between}`);
      assertEquals(stage.isolates.filter(({ exit }) => exit === null), [], `${between} turns: an isolate lives`);
      places[1]![Symbol.dispose]();
      assertEquals(stage.clock.armed, 0);
    }
  });

  Deno.test(`an isolate that comes for a start that is stopped does not stay, in whatever turn it comes ${order}`, async () => {
    for (let between = 0; between < TURNS; between++) {
      const stage = new Stage();
      const taken = Promise.withResolvers<FakeIsolate>();
      stage.take = () => taken.promise;
      stage.supervisor.start().catch(() => {});
      await settle();
      const steps = [() => void stage.supervisor.stop(), () => taken.resolve(stage.isolate())];
      if (!isStopFirst) steps.reverse();
      steps[0]!();
      await turns(between);
      steps[1]!();
      await stage.clock.advance(1_000);
      assertEquals(toldOf(stage), ["app_starting", "app_exit"], `${between}`);
      assertEquals(stage.isolates.filter(({ exit }) => exit === null), [], `${between} turns: an isolate lives`);
      assertEquals([stage.supervisor.state, stage.clock.armed], ["stopped", 0]);
    }
  });
}
