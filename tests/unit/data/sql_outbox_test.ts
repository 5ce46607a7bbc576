/** Answers that are held back leave whole, in their order, and by either thread. */
import { assertEquals } from "@std/assert";
import { PipeReader, SyncPipeReader } from "../../../runtime/data/pipe_reader.ts";
import { SqlOutbox } from "../../../runtime/data/sql_outbox.ts";
import { SqlWatch } from "../../../runtime/data/sql_watch.ts";

/** A pipe that takes no more than so many bytes at once. */
class FakePipe {
  readonly writes: Uint8Array[] = [];

  constructor(readonly most = 1e9) {}

  writeSync(bytes: Uint8Array): number {
    const taken = bytes.slice(0, this.most);
    this.writes.push(taken);
    return taken.byteLength;
  }

  get bytes(): number[] {
    return this.writes.flatMap((one) => [...one]);
  }
}

Deno.test("Answers are held back until they are sent together, by the other thread too", () => {
  const pipe = new FakePipe();
  const outbox = new SqlOutbox(pipe);
  outbox.add(new Uint8Array([1, 2]), performance.now());
  outbox.add(new Uint8Array([3]), performance.now());
  outbox.flush();
  outbox.flush();
  assertEquals([pipe.bytes, pipe.writes.length <= 2], [[1, 2, 3], true]);
  outbox.add(new Uint8Array([4]), performance.now());
  const other = new FakePipe();
  new SqlOutbox(other, outbox.shared).flushIfFree();
  // On a machine that stood still for a millisecond it was sent at once.
  assertEquals([...pipe.bytes.slice(3), ...other.bytes], [4]);
});

Deno.test("A long answer comes behind those that were held back, and whole through a pipe that takes little", () => {
  const pipe = new FakePipe(10_000);
  const outbox = new SqlOutbox(pipe);
  const long = new Uint8Array(100_000).map((_, at) => at);
  outbox.add(new Uint8Array([1]), performance.now());
  outbox.add(long, performance.now());
  outbox.add(new Uint8Array(60_000).fill(2), performance.now());
  outbox.add(new Uint8Array(60_000).fill(3), performance.now());
  outbox.flush();
  const bytes = pipe.bytes;
  assertEquals([bytes.length, bytes[0]], [220_001, 1]);
  assertEquals(bytes.slice(1, 100_001), [...long]);
  assertEquals([bytes[100_001], bytes[160_000], bytes[160_001], bytes.at(-1)], [2, 2, 3, 3]);
});

Deno.test("Whoever rests is told of the next call, or sees that it has begun", () => {
  const one = new SqlWatch();
  const other = new SqlWatch(one.shared);
  assertEquals([one.begin(), other.isRunning], [true, true]);
  other.watch();
  one.end();
  assertEquals(one.begin(), false);
  assertEquals([other.rest(), one.begin()], [true, false]);
  one.end();
  assertEquals([other.rest(), one.begin()], [false, true]);
});

Deno.test("Both ends of a pipe cut its bytes alike, wherever the pieces end", async () => {
  const pieces = () => [[1], [2, 3, 4], [5, 6], [7]].map((piece) => new Uint8Array(piece));
  const left = pieces();
  const sync = new SyncPipeReader({
    readSync(into) {
      const piece = left.shift();
      if (piece === undefined) return null;
      into.set(piece);
      return piece.byteLength;
    },
  });
  assertEquals([...sync.take(2)!, 0, ...sync.take(4)!], [1, 2, 0, 3, 4, 5, 6]);
  assertEquals(sync.take(2), null);
  const more = pieces();
  const reader = new PipeReader(
    new ReadableStream({
      type: "bytes",
      pull(controller) {
        const piece = more.shift();
        if (piece !== undefined) return controller.enqueue(piece);
        controller.close();
        controller.byobRequest?.respond(0);
      },
    }),
  );
  assertEquals([reader.takeNow(1), [...(await reader.take(2))!]], [null, [1, 2]]);
  assertEquals([[...reader.takeNow(2)!], reader.takeNow(1), await reader.skip(2)], [[3, 4], null, true]);
  assertEquals([await reader.take(1), await reader.skip(1)], [new Uint8Array([7]), false]);
});
