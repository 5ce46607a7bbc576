/** Tests whose turn it is. */
import { assertEquals, assertRejects } from "@std/assert";
import { type TurnOptions, Turns } from "../../../runtime/turns.ts";
import { settle } from "./fake_clock.ts";

function bench(places: number) {
  const turns = new Turns(places);
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const run = (name: string, options?: TurnOptions) =>
    turns.run(() => {
      begun.push(name);
      return new Promise<void>((end) => ends.set(name, end));
    }, options);
  const end = async (name: string) => {
    ends.get(name)!();
    await settle();
  };
  return { turns, begun, run, end };
}

Deno.test("Turns runs as much at once as there are places, the next when one has ended, in order", async () => {
  const { begun, run, end } = bench(2);
  for (const name of ["a", "b", "c", "d"]) run(name);
  await settle();
  assertEquals(begun, ["a", "b"]);
  await end("b");
  assertEquals(begun, ["a", "b", "c"]);
  await end("a");
  await end("c");
  await end("d");
  run("e");
  run("f");
  run("g");
  await settle();
  assertEquals(begun.slice(4), ["e", "f"]);
});

Deno.test("Turns lets what somebody waits for overtake, whenever that begins", async () => {
  const { begun, run, end } = bench(1);
  const asked = new Set<string>();
  for (const name of ["a", "b", "c", "d"]) run(name, { isUrgent: () => asked.has(name) });
  asked.add("c");
  await settle();
  await end("a");
  await end("c");
  assertEquals(begun, ["a", "c", "b"]);
});

Deno.test("Turns passes the place on when the work fails", async () => {
  const { turns } = bench(1);
  const failed = assertRejects(() => turns.run(() => Promise.reject(new Error("boom"))), Error, "boom");
  assertEquals(await turns.run(() => Promise.resolve(7)), 7);
  await failed;
});

Deno.test("Turns forgets what is given up while it waits, and lets what has begun go on", async () => {
  const { turns, begun, run, end } = bench(1);
  const given = new AbortController();
  const first = run("a", { signal: given.signal });
  const waiting = assertRejects(() => run("b", { signal: given.signal, isUrgent: () => true }), Error, "gone");
  run("c");
  given.abort(new Error("gone"));
  await waiting;
  await assertRejects(() => turns.run(() => Promise.resolve(), { signal: given.signal }), Error, "gone");
  await end("a");
  await first;
  assertEquals(begun, ["a", "c"]);
});
