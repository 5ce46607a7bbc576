/** Tests the wall's streams: two wires back to back. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OP } from "../../../runtime/protocol/operations.ts";
import { CutStream, WINDOW_BYTES, Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { settle } from "../runtime/fake_clock.ts";
import { bytes, connect, HandSource, operations, WirePair } from "./wire_pair.ts";

const KIB = 1024;

Deno.test("Wire sends what was pushed in one turn as one message, in order, and nothing when nothing was pushed", async () => {
  const pair = new WirePair();
  pair.a.wire.out.push(OP.ABORT, 1);
  pair.a.wire.kick();
  pair.a.wire.out.push(OP.END, 2);
  pair.a.wire.kick();
  pair.a.wire.out.push(OP.CREDIT, 3, 4);
  pair.a.wire.kick();
  assertEquals(pair.a.sent, []);
  pair.a.endTurn();
  assertEquals(pair.a.mail, [[OP.ABORT, 1, OP.END, 2, OP.CREDIT, 3, 4]]);
  pair.a.wire.kick();
  pair.a.endTurn();
  pair.a.wire.flush();
  assertEquals(pair.a.sent.length, 1);
  await settle();
});

for (const byob of [false, true]) {
  Deno.test(`Wire carries a stream whole and in order (${byob ? "byte" : "default"} stream)`, async () => {
    const pair = new WirePair();
    const source = new HandSource(bytes(3), bytes(10_000, 3), new Uint8Array(0), bytes(1, 10_003)).end();
    const { ends, readable } = connect(pair, source, { byob });
    await pair.rest();
    const reading = new Response(readable).bytes();
    await pair.rest();
    assertEquals(await reading, bytes(10_004));
    assertEquals(ends, { sent: ["done"], received: [["done", 10_004]], error: undefined });
    assertEquals([pair.a.wire.openStreams, pair.b.wire.openStreams], [0, 0]);
  });
}

Deno.test("Wire batches the chunks of one turn into one message and sends no empty chunk", async () => {
  const pair = new WirePair();
  const { readable } = connect(
    pair,
    new HandSource(bytes(1), new Uint8Array(0), bytes(5000), new Uint8Array(0), bytes(3)).end(),
  );
  await pair.turn();
  assertEquals(pair.a.sent, [[OP.DATA, OP.DATA, OP.DATA, OP.END]]);
  await readable.cancel();
});

Deno.test("Wire hands on small chunks that wait together, up to 64 KiB, and large ones as they are", async () => {
  const pair = new WirePair();
  const chunks = [bytes(30 * KIB), bytes(34 * KIB), bytes(1), bytes(100 * KIB), bytes(5), bytes(6)];
  const { readable } = connect(pair, new HandSource(...chunks).end());
  await pair.turn();
  const sizes: number[] = [];
  for await (const chunk of readable) sizes.push(chunk.byteLength);
  assertEquals(sizes, [64 * KIB, 1, 100 * KIB, 11]);
});

Deno.test("Wire sends no further than its window while nobody reads, and on as soon as half of it was read", async () => {
  const pair = new WirePair();
  const source = new HandSource();
  const size = WINDOW_BYTES / 16;
  for (let at = 0; at < 64; at++) source.push(bytes(size, at * size));
  source.end();
  const { readable, ends } = connect(pair, source);
  await pair.rest();
  const reader = readable.getReader();
  let read = 0;
  while (read < WINDOW_BYTES / 2) {
    assertEquals(source.reads * size, WINDOW_BYTES, `${read} bytes read: no credit yet`);
    read += (await reader.read()).value!.byteLength;
    await pair.rest();
  }
  assertEquals(source.reads * size, WINDOW_BYTES + read);
  while (true) {
    const next = reader.read();
    await pair.rest();
    const { done, value } = await next;
    if (done) break;
    read += value.byteLength;
    assert(source.reads * size <= read + WINDOW_BYTES + size, "never further ahead than the window");
  }
  assertEquals([read, ends.received], [64 * size, [["done", 64 * size]]]);
});

Deno.test("Wire sends a chunk that is longer than the window in pieces, as they are read", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(3 * WINDOW_BYTES), bytes(9)).end();
  const { readable } = connect(pair, source);
  await pair.rest();
  const sizes = () => pair.a.sent.flat().filter((operation) => operation === OP.DATA).length;
  assertEquals([source.reads, sizes()], [1, 1]);
  const reading = new Response(readable).bytes();
  await pair.rest();
  const got = await reading;
  assertEquals([got.slice(0, -9), got.slice(-9), sizes()], [bytes(3 * WINDOW_BYTES), bytes(9), 4]);
});

Deno.test("Wire goes on with a sender whose window is smaller than its receiver knows of", async () => {
  for (const windowBytes of [16 * KIB, 100 * KIB]) {
    const pair = new WirePair();
    const source = new HandSource();
    for (let at = 0; at < 100; at++) source.push(bytes(7 * KIB, at * 7 * KIB));
    const receiving = pair.b.wire.receiving.open(1, () => {});
    pair.a.wire.sending.open(1, source.end(), { owned: false, windowBytes, onEnd() {} });
    await pair.rest();
    assertEquals(source.reads, Math.ceil(windowBytes / (7 * KIB)), "nobody reads");
    const reading = new Response(pair.b.wire.receiving.readableOf(receiving, { byob: true })).bytes();
    await pair.rest();
    assertEquals(await reading, bytes(700 * KIB));
  }
});

Deno.test("Wire counts bytes that were already pushed for a stream against its window", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(100));
  pair.a.wire.sending.open(1, source, { owned: false, sent: WINDOW_BYTES, onEnd() {} });
  await pair.rest();
  assertEquals(source.reads, 0);
  pair.a.wire.sending.onCredit(1, 1);
  await pair.rest();
  assertEquals(pair.a.sent, [[OP.DATA]]);
  pair.a.wire.close(new Error("over"));
});

Deno.test("Wire takes no credit beyond its window", async () => {
  const pair = new WirePair();
  const source = new HandSource();
  for (let at = 0; at < 12; at++) source.push(bytes(WINDOW_BYTES / 4));
  pair.a.wire.sending.open(1, source, { owned: false, onEnd() {} });
  pair.a.wire.sending.onCredit(1, Number.MAX_SAFE_INTEGER);
  await pair.rest();
  assertEquals(source.reads, 4);
  pair.a.wire.close(new Error("over"));
});

Deno.test("Wire copies what belongs to somebody else: the sender's buffer stays usable, whatever its size", async () => {
  for (const size of [10, 100_000]) {
    const pair = new WirePair();
    const mine = bytes(size);
    const { readable } = connect(pair, new HandSource(mine).end(), { owned: false });
    await settle();
    mine.fill(0, 0, 5);
    await pair.turn();
    assertEquals([mine.byteLength, mine.buffer.detached], [size, false]);
    assertEquals(await new Response(readable).bytes(), bytes(size), "what was read is what is sent");
  }
});

Deno.test("Wire transfers an owned whole buffer from 4 KiB and copies smaller ones and parts", async () => {
  const table = [
    { chunk: bytes(4096), detached: true },
    { chunk: bytes(4095), detached: false },
    { chunk: bytes(9000).subarray(1), detached: false },
    { chunk: new Uint8Array(new SharedArrayBuffer(5000)) as Uint8Array, detached: false },
  ];
  for (const { chunk, detached } of table) {
    const pair = new WirePair();
    const { buffer } = chunk;
    const expected = chunk.slice();
    const { readable } = connect(pair, new HandSource(chunk).end(), { owned: true });
    await pair.turn();
    assertEquals(buffer instanceof ArrayBuffer && buffer.detached, detached, `${chunk.byteLength} bytes`);
    assertEquals(await new Response(readable).bytes(), expected);
  }
});

Deno.test("Wire ends a stream that ended before anybody opened or read it", async () => {
  const pair = new WirePair();
  const receiving = pair.b.wire.receiving.open(7, () => {});
  pair.a.wire.sending.open(7, new HandSource(bytes(5)).end(), { owned: false, onEnd() {} });
  pair.b.wire.receiving.open(8, () => {});
  await pair.rest();
  assertEquals(
    await new Response(pair.b.wire.receiving.readableOf(receiving, { byob: false })).bytes(),
    bytes(5),
  );
  const empty = pair.b.wire.receiving.open(9, () => {});
  pair.b.wire.receiving.onEnd(9);
  assertEquals(
    await new Response(pair.b.wire.receiving.readableOf(empty, { byob: false })).bytes(),
    new Uint8Array(0),
  );
  pair.b.wire.close(new Error("over"));
});

Deno.test("Wire answers a pending read into an own buffer when the stream ends", async () => {
  const pair = new WirePair();
  const source = new HandSource();
  const { readable } = connect(pair, source, { byob: true });
  const reader = readable.getReader({ mode: "byob" });
  const reading = reader.read(new Uint8Array(10));
  source.push(bytes(4));
  await pair.rest();
  assertEquals((await reading).value, bytes(4));
  const last = reader.read(new Uint8Array(10));
  source.end();
  await pair.rest();
  const { done, value } = await last;
  assertEquals([done, value?.byteLength], [true, 0]);
});

Deno.test("Wire cuts a stream whose source fails: nothing that waited looks like a whole body", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(5));
  const { readable, ends } = connect(pair, source);
  await pair.turn();
  source.fail(new Error("disk gone"));
  await pair.rest();
  await assertRejects(() => new Response(readable).bytes(), CutStream, "disk gone");
  assertEquals([ends.sent, ends.received], [["failed"], [["failed", 5]]]);
  assertEquals((ends.error as Error).message, "disk gone");
});

Deno.test("Wire fails a read that is under way when the source fails", async () => {
  const pair = new WirePair();
  const source = new HandSource();
  const { readable } = connect(pair, source);
  const refused = assertRejects(() => readable.getReader().read(), CutStream, "text");
  source.fail("text");
  await pair.rest();
  await refused;
});

Deno.test("Wire fails a stream whose source gives something else than bytes, and cancels the source", async () => {
  const pair = new WirePair();
  const source = new HandSource("no bytes" as unknown as Uint8Array);
  const { readable, ends } = connect(pair, source);
  await pair.rest();
  await assertRejects(() => new Response(readable).bytes(), CutStream, "no Uint8Array");
  assertEquals([ends.sent, source.cancelled instanceof TypeError], [["failed"], true]);
});

Deno.test("Wire cancels the source when the reader cancels, and both ends are told once", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(5));
  const { readable, ends } = connect(pair, source);
  await pair.turn();
  await readable.cancel("enough");
  await pair.rest();
  assertEquals(source.cancelled, "enough");
  assertEquals([ends.sent, ends.received], [["cancelled"], [["cancelled", 5]]]);
  source.push(bytes(9));
  await pair.rest();
  assertEquals(pair.a.sent, [[OP.DATA]], "nothing is sent any more");
});

Deno.test("Wire cancels a source that waits for credit", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(WINDOW_BYTES), bytes(1));
  const { readable, ends } = connect(pair, source);
  await pair.rest();
  await readable.cancel();
  await pair.rest();
  assertEquals([source.reads, ends.sent], [1, ["cancelled"]]);
});

Deno.test("Wire.receiving.cancel() from this side fails the reader instead of leaving it waiting", async () => {
  for (const byob of [false, true]) {
    const pair = new WirePair();
    const source = new HandSource();
    const { readable, ends } = connect(pair, source, { byob });
    const reading = readable.getReader().read();
    pair.b.wire.receiving.cancel(7, "The request body is too large");
    await assertRejects(() => reading, CutStream, "too large");
    await pair.rest();
    assertEquals([source.cancelled, ends.received], ["The request body is too large", [["cancelled", 0]]]);
  }
});

Deno.test("Wire.receiving.cancel() fails a reader that comes later", async () => {
  const pair = new WirePair();
  const receiving = pair.b.wire.receiving.open(7, () => {});
  pair.b.wire.receiving.cancel(7, "too late");
  await assertRejects(
    () => new Response(pair.b.wire.receiving.readableOf(receiving, { byob: false })).text(),
    CutStream,
  );
});

Deno.test("Wire.sending.stop() cuts the stream at the other side and cancels the source", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(5));
  const { readable, ends } = connect(pair, source);
  await pair.turn();
  pair.a.wire.sending.stop(7, "The response is complete");
  pair.a.wire.sending.stop(7, "again");
  await pair.rest();
  await assertRejects(() => new Response(readable).bytes(), CutStream, "The response is complete");
  assertEquals([source.cancelled, ends.sent], ["The response is complete", ["cancelled"]]);
});

Deno.test("Wire.close() ends every stream in both directions and sends nothing any more", async () => {
  const pair = new WirePair();
  const outgoing = new HandSource(bytes(WINDOW_BYTES));
  const ends: string[] = [];
  pair.a.wire.sending.open(1, outgoing, { owned: false, onEnd: (end) => ends.push(`sent ${end}`) });
  const receiving = pair.a.wire.receiving.open(2, (end) => ends.push(`received ${end}`));
  const reading = pair.a.wire.receiving.readableOf(receiving, { byob: false }).getReader().read();
  await settle();
  pair.a.wire.close(new CutStream("the isolate ended"));
  await assertRejects(() => reading, CutStream, "the isolate ended");
  assertEquals([ends, outgoing.cancelled], [["sent cancelled", "received failed"], "the isolate ended"]);
  assertEquals(pair.a.wire.openStreams, 0);
  pair.a.wire.out.push(OP.ABORT, 1);
  pair.a.wire.kick();
  await pair.rest();
  assertEquals(pair.a.sent, []);
});

Deno.test("Wire ignores operations for streams that are over: they cross with their end", () => {
  const { wire } = new WirePair().a;
  wire.receiving.onData(5, bytes(1));
  wire.receiving.onEnd(5);
  wire.receiving.onError(5, "x");
  wire.sending.onCredit(5, 10);
  wire.sending.onCancel(5, "x");
  wire.receiving.cancel(5, "x");
  wire.sending.stop(5, "x");
  assertEquals([wire.openStreams, wire.out.length], [0, 0]);
});

Deno.test("Wire refuses DATA beyond the credit, counts what was read, and refuses DATA without bytes", async () => {
  const { wire } = new WirePair().a;
  const readable = wire.receiving.readableOf(wire.receiving.open(1, () => {}), { byob: false });
  wire.receiving.onData(1, bytes(WINDOW_BYTES - 1));
  wire.receiving.onData(1, bytes(100_000));
  assertThrows(() => wire.receiving.onData(1, bytes(1)), WireViolation, "beyond the credit");
  const reader = readable.getReader();
  assertEquals((await reader.read()).value!.byteLength, WINDOW_BYTES - 1);
  wire.receiving.onData(1, bytes(1));
  for (const nonsense of [undefined, null, "text", 5, [1], new ArrayBuffer(4), new Uint16Array(2)]) {
    assertThrows(() => wire.receiving.onData(1, nonsense), WireViolation, "DATA without bytes");
  }
  await reader.cancel();
});

Deno.test("Wire lets DATA of no bytes pass as nothing", async () => {
  const { wire } = new WirePair().a;
  const readable = wire.receiving.readableOf(wire.receiving.open(1, () => {}), { byob: true });
  const reading = new Response(readable).bytes();
  await settle();
  for (let at = 0; at < 3; at++) wire.receiving.onData(1, new Uint8Array(0));
  wire.receiving.onData(1, bytes(2));
  wire.receiving.onEnd(1);
  assertEquals(await reading, bytes(2));
});

Deno.test("Wire refuses CREDIT that is no positive number of bytes", () => {
  const { wire } = new WirePair().a;
  for (const nonsense of [undefined, null, "5", 0, -1, NaN, Infinity, 2 ** 60, {}]) {
    assertThrows(() => wire.sending.onCredit(1, nonsense), WireViolation, "CREDIT without a number");
  }
});

Deno.test("Wire gives the port an explicit null when there is nothing to transfer", () => {
  const seen: unknown[] = [];
  const wire = new Wire({ postMessage: (_message, transfer) => seen.push(transfer) }, () => {});
  wire.out.begin(OP.DATA, 1);
  wire.pushBytes(bytes(10), true);
  wire.flush();
  wire.out.begin(OP.DATA, 1);
  wire.pushBytes(bytes(5000), true);
  wire.flush();
  assertEquals(seen[0], null);
  assertEquals((seen[1] as ArrayBuffer[]).map(({ byteLength }) => byteLength), [5000]);
  assertEquals(operations([OP.END, 1, OP.CREDIT, 2, 3]), [[OP.END, 1], [OP.CREDIT, 2, 3]]);
});
