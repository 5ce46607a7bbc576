/** Tests streams that wait to be asked, and what becomes of them when their receiver gives them back. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { OP } from "../../../runtime/protocol/operations.ts";
import { type StreamEnd, WireViolation } from "../../../runtime/protocol/wire.ts";
import { bytes, HandSource, receive, WirePair } from "./wire_pair.ts";

/** What the host sends an isolate as 7 and waits to be asked for; the isolate's end of it. */
function asked(pair: WirePair, source: HandSource) {
  const ends: string[] = [];
  pair.a.wire.sending.open(7, source, { owned: true, isAsked: true, onEnd: (end) => ends.push(`sent ${end}`) });
  const receiving = pair.b.wire.receiving.open(7, (end) => ends.push(`received ${end}`));
  receiving.isUntouched = true;
  return { ends, readable: pair.b.wire.receiving.readableOf(receiving, { byob: true }) };
}

/** The isolate gives it back, and the host reads it for its own reader. */
function relayed(pair: WirePair, source: HandSource, promised: number | null = null) {
  const { ends, readable } = asked(pair, source);
  const id = pair.b.wire.receiving.giveBack(readable)!;
  const taken = pair.a.wire.sending.take(id)!;
  const failures: unknown[] = [];
  const receiving = pair.a.wire.receiving.openFrom(3, taken.source, {
    onEnd: (end: StreamEnd, count: number) => ends.push(`relayed ${end} ${count}`),
    onFailed: (error) => {
      failures.push(error);
      pair.a.wire.receiving.onError(3, "it broke");
    },
  });
  receiving.promised = promised;
  return { ends, failures, receiving, readable: pair.a.wire.receiving.readableOf(receiving, { byob: false }) };
}

async function read(pair: WirePair, reader: ReadableStreamDefaultReader<Uint8Array>) {
  const result = reader.read();
  result.catch(() => {});
  await pair.rest();
  return await result;
}

Deno.test("A stream that waits to be asked sends nothing before its first reader, and then all of it", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(5), bytes(3)).end();
  const { ends, readable } = asked(pair, source);
  await pair.rest();
  assertEquals([source.reads, pair.a.sent], [0, []]);
  const whole = new Response(readable).bytes();
  await pair.rest();
  assertEquals(await whole, new Uint8Array([...bytes(5), ...bytes(3)]));
  assertEquals(ends, ["sent done", "received done"]);
});

Deno.test("A stream of which nothing was asked for can be given back, once; any other can not", async () => {
  const pair = new WirePair();
  const { ends, readable } = asked(pair, new HandSource(bytes(5)).end());
  assertEquals(pair.b.wire.receiving.giveBack(new ReadableStream()), null);
  assertEquals(pair.b.wire.receiving.giveBack(readable), 7);
  assertEquals(pair.b.wire.receiving.giveBack(readable), null);
  assertEquals(ends, ["received done"]);
  assertEquals(pair.a.wire.sending.take(8), null);
  assertEquals(pair.a.wire.sending.take(7)?.source instanceof HandSource, true);
  assertEquals(pair.a.wire.sending.take(7), null);

  const begun = new WirePair();
  const other = asked(begun, new HandSource(bytes(5)).end());
  const reader = other.readable.getReader();
  await read(begun, reader);
  reader.releaseLock();
  assertEquals(begun.b.wire.receiving.giveBack(other.readable), null);
  assertEquals(begun.a.wire.sending.take(7), null);
  // Nobody waits to be asked for a stream of the usual kind.
  begun.a.wire.sending.open(9, new HandSource(), { owned: true, onEnd() {} });
  assertEquals(begun.a.wire.sending.take(9), null);
});

Deno.test("What is relayed comes from its source, a chunk ahead of its reader, and nothing of it crosses", async () => {
  const pair = new WirePair();
  const source = new HandSource(bytes(5), bytes(3), bytes(2)).end();
  const { ends, readable, receiving } = relayed(pair, source, 10);
  const reader = readable.getReader();
  assertEquals((await read(pair, reader)).value, bytes(5));
  // The second lies ready: a client that takes nothing of it is seen to have stalled.
  assertEquals([source.reads, receiving.outstanding], [2, 3]);
  assertEquals((await read(pair, reader)).value, bytes(3));
  assertEquals((await read(pair, reader)).value, bytes(2));
  assertEquals((await read(pair, reader)).done, true);
  assertEquals(ends, ["received done", "relayed done 10"]);
  assertEquals([pair.a.sent, pair.b.sent], [[], []]);
});

Deno.test("A relayed stream that fails, or is not as long as it promised, fails its reader", async () => {
  const broken = new WirePair();
  const source = new HandSource(bytes(5));
  const first = relayed(broken, source);
  const reader = first.readable.getReader();
  await read(broken, reader);
  source.fail(new Error("no such file"));
  await assertRejects(() => read(broken, reader), Error, "it broke");
  assertEquals(first.failures.map(String), ["Error: no such file"]);

  for (const [promised, reads] of [[4, 1], [6, 2]] as const) {
    const pair = new WirePair();
    const wrong = new HandSource(bytes(5)).end();
    const { ends, readable } = relayed(pair, wrong, promised);
    const reader = readable.getReader();
    await assertRejects(
      async () => {
        for (let at = 0; at < reads; at++) await read(pair, reader);
      },
      Error,
      "than its content-length",
    );
    assertEquals(ends.at(-1), "relayed failed 5");
    // It is left to nobody.
    assertEquals(typeof wrong.cancelled, "string");
  }
});

Deno.test("A reader who leaves, and the end of the peer, cancel what is relayed", async () => {
  for (const leave of ["reader", "peer"]) {
    const pair = new WirePair();
    const source = new HandSource(bytes(5));
    const { readable, ends } = relayed(pair, source);
    const reader = readable.getReader();
    await read(pair, reader);
    if (leave === "reader") await reader.cancel("gone");
    else pair.a.wire.close(new Error("gone"));
    assertEquals([source.cancelled, ends.at(-1)], [
      "gone",
      leave === "reader" ? "relayed cancelled 5" : "relayed failed 5",
    ]);
    source.push(bytes(1));
    await pair.rest();
    assertEquals(source.reads, 2);
  }
});

Deno.test("No peer sends into a stream that is relayed", () => {
  const pair = new WirePair();
  relayed(pair, new HandSource());
  for (const batch of [[OP.DATA, 3, bytes(1)], [OP.END, 3]]) {
    assertThrows(() => receive(pair.a.wire, batch), WireViolation);
  }
});
