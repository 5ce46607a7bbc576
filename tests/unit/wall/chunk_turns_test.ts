/** Tests that small chunks leave the event loop its turns. */
import { assertEquals, assertNotEquals } from "@std/assert";
import { ChunkTurns } from "../../../runtime/wall/chunk_turns.ts";
import { BurstReader } from "../../../runtime/wall/burst_reader.ts";

Deno.test("Small chunks wait for the next turn once they have had their part of one, large ones do not", async () => {
  let now = 0;
  const turns = new ChunkTurns(() => now);
  assertEquals(turns.after(1), null);
  now += 3;
  assertEquals(turns.after(1), null);
  now += 3;
  assertEquals(turns.after(64 * 1024), null);
  const turn = turns.after(1);
  assertNotEquals(turn, null);
  assertEquals(turns.after(1) === turn, true, "all wait for the same turn");
  await turn;
  assertEquals(turns.after(1), null);
  await new Promise<void>((resolve) => setImmediate(resolve));
});

Deno.test("A body of chunks of a byte that are all there does not keep the event loop from turning", async () => {
  let read = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (read++ < 100_000) controller.enqueue(new Uint8Array(1));
      else controller.close();
    },
  }, { highWaterMark: 0 });
  const reader = new BurstReader(body);
  let readAtTurn = 0;
  setImmediate(() => readAtTurn = read);
  let bytes = 0;
  for (let taken = await reader.read(); !taken.done; taken = await reader.read()) bytes += taken.value.byteLength;
  assertEquals(bytes, 100_000);
  assertEquals(readAtTurn < 100_000, true, `${readAtTurn} were read before the first turn`);
});
