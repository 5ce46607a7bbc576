/** When a batch leaves, and what of a turn is joined in it. */
import { assertEquals } from "@std/assert";
import { OP } from "../../../runtime/protocol/operations.ts";
import { settle } from "../runtime/fake_clock.ts";
import { Outbox } from "../../../runtime/protocol/outbox.ts";
import { bytes, connect, HandSource, WirePair } from "./wire_pair.ts";

const KIB = 1024;

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

Deno.test("Outbox sends a thing at once while both sides take turns with one each, and only one a batch that came", () => {
  const sent: unknown[][] = [];
  const turns: (() => void)[] = [];
  const outbox = new Outbox(
    { postMessage: (batch) => void sent.push(Array.from(batch as ArrayLike<unknown>)) },
    (flush) => {
      turns.push(flush);
    },
  );
  const say = (...texts: string[]) => {
    for (const text of texts) {
      outbox.out.push(OP.SOCKET_MESSAGE, 1, text);
      outbox.hurry();
    }
  };
  const endTurn = () => turns.splice(0).forEach((flush) => flush());
  const one = [OP.SOCKET_MESSAGE, 1, "x"];
  const many = Array.from({ length: 3 }, () => one).flat();

  say("nobody has said anything yet");
  assertEquals(sent.length, 0);
  endTurn();
  assertEquals(sent.length, 1);

  outbox.heard(one);
  say("first", "second", "third", "fourth");
  assertEquals(sent.slice(1), [[OP.SOCKET_MESSAGE, 1, "first"]]);
  endTurn();
  assertEquals(sent.length, 3);

  outbox.heard(one);
  say("the batch before held three");
  assertEquals(sent.length, 3);
  endTurn();
  outbox.heard(many);
  say("many came");
  assertEquals(sent.length, 4);
  endTurn();

  outbox.heard(one);
  outbox.out.push(OP.SOCKET_MESSAGE, 1, "can wait");
  outbox.kick();
  say("joins what waits");
  assertEquals(sent.length, 5);
  endTurn();
  assertEquals(sent[5]!.length, 6);
});

Deno.test("Outbox transfers half a megabyte until the peer is heard, and copies what goes beyond", () => {
  const transferred: number[] = [];
  const arrived: number[] = [];
  const outbox = new Outbox({
    postMessage: (message, transfer) => {
      transferred.push((transfer ?? []).length);
      const batch = structuredClone(message as unknown[], { transfer: transfer ?? [] });
      arrived.push((batch.at(-1) as Uint8Array).byteLength);
    },
  }, () => {});
  const send = (size: number) => {
    const chunk = bytes(size);
    outbox.out.begin(OP.DATA, 1);
    outbox.pushBytes(chunk, true);
    outbox.flush();
    return chunk.byteLength;
  };
  // A chunk that was transferred is empty here.
  assertEquals([300, 200, 100, 12].map((size) => send(size * KIB)), [0, 0, 100 * KIB, 0]);
  assertEquals(send(4 * KIB), 4 * KIB);
  outbox.heard([OP.CREDIT, 1, 4096]);
  assertEquals([send(512 * KIB), send(4 * KIB), send(600 * KIB)], [0, 4 * KIB, 600 * KIB]);
  assertEquals(transferred, [1, 1, 0, 1, 0, 1, 0, 0]);
  assertEquals(arrived, [300, 200, 100, 12, 4, 512, 4, 600].map((size) => size * KIB));
});
