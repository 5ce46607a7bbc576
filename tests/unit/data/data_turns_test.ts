/** Turns of the stores of the data thread: by time, by bytes, in the order of calls. */
import { assertEquals } from "@std/assert";
import type { DataCall, DataResult } from "../../../runtime/data/data_messages.ts";
import { DataTurns } from "../../../runtime/data/data_turns.ts";

class Scene {
  now = 0;
  /** The calls of each commit, as `a1`. */
  readonly commits: string[] = [];
  readonly turns = new DataTurns({ runFirst: (...given) => this.#runFirst(...given) }, () => this.now);

  calls(store: string, count: number, size = 0): DataCall[] {
    return Array.from({ length: count }, (_, at) => ({
      id: at + 1,
      store,
      operation: "put" as const,
      args: ["", new Uint8Array(size), null],
    }));
  }

  /** Every call takes 4 ms. */
  #runFirst(store: string, calls: readonly DataCall[], isOver: (call: DataCall) => boolean): DataResult[] {
    const ran: DataResult[] = [];
    for (const call of calls) {
      this.now += 4;
      ran.push({ id: call.id, values: [] });
      if (isOver(call)) break;
    }
    this.commits.push(ran.map(({ id }) => `${store}${id}`).join(" "));
    return ran;
  }

  rounds(): number {
    let count = 0;
    for (; !this.turns.isEmpty; count++) this.turns.runRound();
    return count;
  }
}

Deno.test("What a store wants beyond a round comes behind the others, in the order in which it came", () => {
  const scene = new Scene();
  scene.turns.add(scene.calls("a", 7));
  scene.turns.runRound();
  scene.turns.add([...scene.calls("b", 1), ...scene.calls("a", 1)]);
  assertEquals(scene.rounds(), 2);
  assertEquals(scene.commits, ["a1 a2 a3", "a4 a5 a6", "b1", "a7 a1"]);
});

Deno.test("A round that has written much is over, however fast it was", () => {
  const scene = new Scene();
  scene.turns.add([...scene.calls("a", 3, 1024 * 1024), ...scene.calls("b", 1)]);
  assertEquals(scene.rounds(), 3);
  assertEquals(scene.commits, ["a1", "b1", "a2", "a3"]);
});

Deno.test("What fits into a round is one: of each store one commit, all answered together", () => {
  const scene = new Scene();
  scene.turns.add([...scene.calls("a", 1), ...scene.calls("b", 1)]);
  assertEquals(scene.turns.runRound().length, 2);
  assertEquals([scene.turns.isEmpty, scene.turns.runRound()], [true, []]);
  assertEquals(scene.commits, ["a1", "b1"]);
});
