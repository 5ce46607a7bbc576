/** Tests what streams of an isolate have in the host before anybody reads them. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import { WireViolation } from "../../../runtime/protocol/wire.ts";
import { WindowRoom } from "../../../runtime/wall/window_room.ts";
import { bytes, HandSource, WirePair } from "../protocol/wire_pair.ts";

const KIB = 1024;
/** The first stream gets a quarter of a quarter of it. */
const EXTERNAL_BYTES = 1024 * KIB;
const FIRST_WINDOW = 64 * KIB;

/** The isolate sends a stream of 200 KiB, which the host opens. */
function sent(pair: WirePair, room: WindowRoom, id: number) {
  const source = new HandSource(bytes(200 * KIB)).end();
  const receiving = room.open(pair.a.wire, id);
  pair.b.wire.sending.open(id, source, { owned: true, isAsked: true, onEnd() {} });
  return { source, receiving, readable: pair.a.wire.receiving.readableOf(receiving, { byob: false }) };
}

Deno.test("A stream stays in its isolate until it is read, has a window then, and arrives whole", async () => {
  const pair = new WirePair();
  const room = new WindowRoom(EXTERNAL_BYTES);
  const { source, receiving, readable } = sent(pair, room, 7);
  await pair.rest();
  assertEquals([source.reads, receiving.total], [0, 0]);
  const reader = readable.getReader();
  const first = reader.read();
  await pair.rest();
  assertEquals((await first).value!.byteLength, FIRST_WINDOW);
  await pair.rest();
  assert(receiving.outstanding <= FIRST_WINDOW, `${receiving.outstanding} bytes are unread`);
  let left = 200 * KIB - FIRST_WINDOW;
  for (let chunk = reader.read();; chunk = reader.read()) {
    await pair.rest();
    const { done, value } = await chunk;
    if (done) break;
    left -= value.byteLength;
  }
  assertEquals(left, 0);
  assertEquals(room.take(EXTERNAL_BYTES), FIRST_WINDOW);
});

Deno.test("Many streams share the room; those that end give it back once they are read, or when nobody reads on", async () => {
  const pair = new WirePair();
  const room = new WindowRoom(EXTERNAL_BYTES);
  const many = Array.from({ length: 50 }, (_, at) => sent(pair, room, at + 1));
  const windows = many.map(({ receiving }) => receiving.windowBytes);
  assertEquals([windows[0], windows.at(-1)], [FIRST_WINDOW, 16 * KIB]);
  for (const { readable } of many.slice(0, 25)) await readable.cancel();
  const read = many.slice(25).map(({ readable }) => new Response(readable).bytes());
  await pair.rest();
  await Promise.all(read);
  assertEquals(room.take(EXTERNAL_BYTES), FIRST_WINDOW);

  const unread = new WindowRoom(EXTERNAL_BYTES);
  const receiving = unread.open(pair.a.wire, 99);
  receiving.isUntouched = false;
  pair.a.wire.receiving.onData(99, bytes(5));
  pair.a.wire.receiving.onEnd(99);
  assert(unread.take(EXTERNAL_BYTES) < FIRST_WINDOW);
});

Deno.test("An isolate that sends more at once than its stream may have breaks the protocol", async () => {
  const pair = new WirePair();
  const receiving = new WindowRoom(EXTERNAL_BYTES).open(pair.a.wire, 7);
  assertThrows(() => pair.a.wire.receiving.onData(7, bytes(1)), WireViolation, "nobody asked");
  pair.a.wire.receiving.readableOf(receiving, { byob: false }).getReader().read();
  await pair.rest();
  assertThrows(() => pair.a.wire.receiving.onData(7, bytes(FIRST_WINDOW + 1)), WireViolation, "beyond the credit");
  pair.a.wire.receiving.onData(7, bytes(FIRST_WINDOW));
});
