/** When a batch leaves, and what of a turn is joined in it. */
import { assertEquals } from "@std/assert";
import { OP } from "../../../runtime/protocol/operations.ts";
import { settle } from "../runtime/fake_clock.ts";
import { bytes, connect, HandSource, WirePair } from "./wire_pair.ts";

const KIB = 1024;

Deno.test("Wire sends what comes alone at the end of its event once the peer has answered, and batches what comes in crowds", async () => {
  const pair = new WirePair();
  const { wire } = pair.a;
  const say = async (times: number) => {
    for (let at = 0; at < times; at++) wire.out.push(OP.CREDIT, at, 1);
    wire.kick();
    await settle();
    return pair.a.mail.splice(0).length;
  };
  assertEquals(await say(1), 0);
  pair.a.endTurn();
  pair.a.mail.length = 0;
  wire.heard();
  assertEquals(await say(1), 1);
  // The peer has not answered this one: it may be busy, and more may come meanwhile.
  assertEquals(await say(1), 0);
  wire.heard();
  assertEquals(await say(9), 0);
  pair.a.endTurn();
  pair.a.mail.length = 0;
  // A crowd left last, so that another is to be expected.
  wire.heard();
  assertEquals(await say(1), 0);
  pair.a.endTurn();
  wire.heard();
  pair.a.mail.length = 0;
  assertEquals(await say(1), 1);
});

Deno.test("Wire joins the small chunks of one turn, and no chunk passes another of its stream", async () => {
  const pair = new WirePair();
  const sizes = [1, 2000, 4095, 4096, 5, 60_000, 4000, 3000, 9];
  const chunks = sizes.map((size) => bytes(size, size));
  const { readable } = connect(pair, new HandSource(...chunks).end());
  const other = new HandSource(bytes(10), bytes(20)).end();
  const got: number[] = [];
  const second = pair.b.wire.receiving.open(8, (_end, count) => got.push(count));
  pair.b.wire.receiving.readableOf(second, { byob: false });
  pair.a.wire.sending.open(8, other, { owned: false, onEnd() {} });
  await settle();
  pair.a.endTurn();
  assertEquals(pair.a.mail.length, 1);
  const whole = new Blob(chunks);
  pair.deliver(pair.a, pair.b);
  assertEquals(await new Response(readable).bytes(), await whole.bytes());
  assertEquals(got, [30]);
});

Deno.test("Wire joins many small chunks of one turn into few operations", async () => {
  const pair = new WirePair();
  const chunks = Array.from({ length: 200 }, (_, at) => bytes(KIB, at));
  const { readable } = connect(pair, new HandSource(...chunks).end());
  await pair.turn();
  assertEquals(pair.a.sent, [[OP.DATA, OP.DATA, OP.DATA, OP.DATA, OP.END]]);
  assertEquals(await new Response(readable).bytes(), await new Blob(chunks).bytes());
});
