/** Reading what arrives without a ReadableStream. */
import { assertEquals, assertRejects } from "@std/assert";
import { OP } from "../../../runtime/protocol/operations.ts";
import { settle } from "../runtime/fake_clock.ts";
import { bytes, HandSource, WirePair } from "./wire_pair.ts";

const KIB = 1024;

function joined(source: HandSource, windowBytes?: number) {
  const pair = new WirePair();
  const receiving = pair.b.wire.receiving.open(7, () => {}, windowBytes);
  const reader = pair.b.wire.receiving.readerOf(receiving);
  const window = windowBytes === undefined ? {} : { windowBytes };
  pair.a.wire.sending.open(7, source, { owned: false, onEnd() {}, ...window });
  return { pair, reader };
}

Deno.test("A reader gets what came before it asked, together, then what comes while it waits, then the end", async () => {
  const source = new HandSource(bytes(3), bytes(5000, 3));
  const { pair, reader } = joined(source);
  await pair.rest();
  assertEquals(await reader.next(), bytes(5003));
  const waiting = reader.next();
  await assertRejects(() => reader.next(), TypeError, "twice at once");
  source.push(bytes(7, 9)).end();
  await pair.rest();
  assertEquals([await waiting, await reader.next(), await reader.next()], [bytes(7, 9), null, null]);
});

Deno.test("A reader that asks for nothing lets no more come than the window, and grants what it reads", async () => {
  const source = new HandSource(...Array.from({ length: 8 }, () => bytes(16 * KIB)));
  const { pair, reader } = joined(source, 64 * KIB);
  await pair.rest();
  assertEquals(source.reads, 4);
  for (const bytes of [64 * KIB, 64 * KIB]) {
    assertEquals((await reader.next())!.byteLength, bytes);
    await pair.rest();
  }
});

Deno.test("A reader that waits, and whoever asks later, hear of a stream's failure; of one that was cancelled, too", async () => {
  const source = new HandSource(bytes(9));
  const { pair, reader } = joined(source);
  await pair.rest();
  await reader.next();
  const waiting = reader.next();
  source.fail(new Error("It broke"));
  const failed = assertRejects(() => waiting, Error, "It broke");
  await pair.rest();
  await failed;
  await assertRejects(() => reader.next(), Error, "It broke");

  const other = joined(new HandSource(bytes(9)));
  await other.pair.rest();
  other.pair.b.wire.receiving.cancel(7, "Nobody reads on");
  await assertRejects(() => other.reader.next(), Error, "Nobody reads on");
});

Deno.test("The chunk of a stream that hurries leaves at once where both sides take turns, any other with its turn", async () => {
  for (const [hurries, sent] of [[true, 1], [false, 0]] as const) {
    const pair = new WirePair();
    const source = new HandSource();
    pair.a.wire.sending.open(7, source, { owned: false, onEnd() {}, hurries });
    pair.a.wire.heard([OP.CREDIT, 7, 1]);
    source.push(bytes(10));
    await settle();
    assertEquals(pair.a.mail.length, sent);
    source.push(bytes(20));
    await settle();
    assertEquals(pair.a.mail.length, sent);
    pair.a.endTurn();
    assertEquals(pair.a.mail.length, sent + 1);
  }
});
