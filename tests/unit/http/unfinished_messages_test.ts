/** Tests who is cut off for messages of WebSockets that have no end, with the kernel's counts in the test's hand. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { UnfinishedMessages } from "../../../runtime/http/unfinished_messages.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

const MIB = 1024 * 1024;

/** Clients by their port, the memory of the process, and what the kernel has received. */
class Scene {
  readonly clock = new FakeClock();
  readonly received = new Map<string, number>();
  readonly cut: number[] = [];
  readonly warnings: string[] = [];
  rss = 100 * MIB;
  asked = 0;
  isBlind = false;
  readonly messages = new UnfinishedMessages({
    clock: this.clock,
    rss: () => this.rss,
    received: () => {
      this.asked++;
      return Promise.resolve(this.isBlind ? null : this.received);
    },
    warn: (text) => this.warnings.push(text),
  });

  open(port: number): EventTarget {
    const socket = new EventTarget();
    const peer = { transport: "tcp", hostname: "192.0.2.1", port } as const;
    this.messages.watch(socket as WebSocket, peer, () => this.cut.push(port));
    return socket;
  }

  /** A client sends so much of its message. */
  send(port: number, mib: number): void {
    const key = `192.0.2.1:${port}`;
    this.received.set(key, (this.received.get(key) ?? 0) + mib * MIB);
    this.rss += mib * MIB;
  }
}

Deno.test("UnfinishedMessages cuts off who sends more than a message may have, and nobody else", async () => {
  const scene = new Scene();
  const busy = scene.open(1);
  scene.open(2);
  for (let second = 0; second < 5; second++) {
    scene.send(1, 20);
    busy.dispatchEvent(new MessageEvent("message", { data: "whole" }));
    scene.send(2, 10);
    await scene.clock.advance(1000);
  }
  assertEquals(scene.cut, [2]);
  assertStringIncludes(scene.warnings.join(), "192.0.2.1:2: 40 MiB came without the end of a message");
});

Deno.test("UnfinishedMessages counts from the last whole message, also where it is asked for the first time later", async () => {
  const scene = new Scene();
  const socket = scene.open(1);
  scene.send(1, 500);
  socket.dispatchEvent(new MessageEvent("message", { data: "the last" }));
  await scene.clock.advance(1000);
  scene.send(1, 20);
  scene.rss += 20 * MIB;
  await scene.clock.advance(1000);
  assertEquals(scene.cut, []);
  scene.send(1, 20);
  scene.rss += 20 * MIB;
  await scene.clock.advance(1000);
  assertEquals(scene.cut, [1]);
});

Deno.test("UnfinishedMessages bounds what many leave unfinished together, and cuts off those first who left most", async () => {
  const scene = new Scene();
  for (let port = 1; port <= 12; port++) scene.open(port);
  for (let port = 1; port <= 12; port++) scene.send(port, 15 + port);
  await scene.clock.advance(1000);
  // 258 MiB in all, 231 without the longest.
  assertEquals(scene.cut, [12]);
});

Deno.test("UnfinishedMessages asks nobody while memory stays, nor without sockets, nor where nobody knows", async () => {
  const scene = new Scene();
  const socket = scene.open(1);
  await scene.clock.advance(60_000);
  assertEquals(scene.asked, 0);
  socket.dispatchEvent(new CloseEvent("close"));
  scene.send(1, 200);
  await scene.clock.advance(60_000);
  assertEquals([scene.asked, scene.clock.armed], [0, 0]);

  scene.isBlind = true;
  scene.open(3);
  for (let second = 0; second < 5; second++) {
    scene.send(3, 100);
    await scene.clock.advance(1000);
  }
  assertEquals([scene.asked, scene.cut, scene.warnings.length], [1, [], 1]);
  assertStringIncludes(scene.warnings[0]!, "no `ss`");
});
