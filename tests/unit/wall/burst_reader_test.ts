/** Tests that a body is read ahead of who takes it, in bursts, and that nobody waits for one. */
import { assertEquals, assertRejects } from "@std/assert";
import { BurstReader, inBursts } from "../../../runtime/wall/burst_reader.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A body of so many chunks of 64 KiB, and how many of them were read. */
class Body {
  read = 0;
  cancelled: unknown = null;
  readonly stream: ReadableStream<Uint8Array>;

  constructor(chunks: number, options: { readonly bytes?: number; readonly error?: Error } = {}) {
    this.stream = new ReadableStream({
      pull: (controller) => {
        if (this.read < chunks) {
          const chunk = new Uint8Array(64 * KIB).subarray(0, options.bytes ?? 64 * KIB);
          chunk[0] = this.read++;
          controller.enqueue(chunk);
        } else if (options.error !== undefined) controller.error(options.error);
        else controller.close();
      },
      cancel: (reason) => void (this.cancelled = reason),
    }, { highWaterMark: 0 });
  }
}

/** Lets whoever reads read on. */
const settle = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("Who takes nothing has no more read ahead than two chunks, and who takes has as much again, up to 12 MiB", async () => {
  const body = new Body(1000);
  const reader = new BurstReader(body.stream);
  await settle();
  assertEquals(body.read, 0);
  await reader.read();
  await settle();
  assertEquals(body.read, 3);
  let taken = 1;
  let most = 0;
  for (; taken < 1000; taken++) {
    await reader.read();
    await settle();
    most = Math.max(most, body.read - taken);
  }
  assertEquals(most * 64 * KIB <= 12 * MIB + 64 * KIB, true, `${most} chunks ahead`);
  assertEquals(most * 64 * KIB >= 11 * MIB, true, `${most} chunks ahead`);
  assertEquals((await reader.read()).done, true);
  assertEquals((await reader.read()).done, true);
});

Deno.test("What was read ahead is taken before more is read", async () => {
  const body = new Body(200);
  const reader = new BurstReader(body.stream);
  const reads: number[] = [];
  for (let taken = 0; taken < 100; taken++) {
    assertEquals((await reader.read()).value![0], taken);
    await settle();
    if (reads.at(-1) !== body.read) reads.push(body.read);
  }
  // Each burst is as long as all that was taken before it.
  assertEquals(reads.length < 10, true, reads.join());
  await reader.cancel();
});

Deno.test("A chunk that a client sends is given at once, however far the next is away", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const reader = new BurstReader(readable);
  for (let n = 0; n < 5; n++) {
    const next = reader.read();
    await writer.write(new Uint8Array([n]));
    assertEquals((await next).value, new Uint8Array([n]));
  }
  writer.close();
  assertEquals((await reader.read()).done, true);
});

Deno.test("A body that breaks off fails behind what had come of it", async () => {
  const reader = new BurstReader(new Body(2, { error: new TypeError("broke off") }).stream);
  assertEquals((await reader.read()).value![0], 0);
  await settle();
  assertEquals((await reader.read()).value![0], 1);
  for (let again = 0; again < 2; again++) await assertRejects(() => reader.read(), TypeError, "broke off");
});

Deno.test("Small chunks do not keep the room that they were read into, and those that wait are put together in order", async () => {
  const body = new Body(200, { bytes: 100 });
  const reader = new BurstReader(body.stream);
  const first = (await reader.read()).value!;
  assertEquals(first.buffer.byteLength, 100);
  // In as many turns as they take: small chunks leave room for others in each
  for (let turns = 0; body.read < 200; turns++) {
    assertEquals(turns < 10_000, true, `${body.read} chunks`);
    await settle();
  }
  const firsts = [first[0]];
  let chunks = 0;
  for (let taken = await reader.read(); !taken.done; taken = await reader.read()) {
    const { value } = taken;
    assertEquals(value.buffer.byteLength <= 16 * KIB, true);
    chunks++;
    for (let at = 0; at < value.byteLength; at += 100) firsts.push(value[at]);
  }
  assertEquals(chunks < 10, true, `${chunks} chunks`);
  assertEquals(firsts, Array.from({ length: 200 }, (_, at) => at));
});

Deno.test("Bodies that are given up leave the others their room", async () => {
  for (let n = 0; n < 40; n++) {
    const body = new Body(300);
    const reader = new BurstReader(body.stream);
    for (let taken = 0; taken < 150; taken++) await reader.read();
    await settle();
    assertEquals(body.read > 200, true, `${body.read} chunks of body ${n}`);
    await reader.cancel("enough");
    assertEquals(body.cancelled, "enough");
  }
});

Deno.test("inBursts() gives a body as a stream", async () => {
  const chunks = await Array.fromAsync(inBursts(new Body(50).stream));
  assertEquals(chunks.map(([first]) => first), Array.from({ length: 50 }, (_, at) => at));
  const body = new Body(50);
  const stream = inBursts(body.stream);
  await stream.cancel("no more");
  assertEquals(body.cancelled, "no more");
});
