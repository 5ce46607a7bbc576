/** The host's half of an app's sockets: order, bounds and the ends of connections. */
import { assertEquals, assertThrows } from "@std/assert";
import { messageWeight } from "../../../runtime/protocol/message_weight.ts";
import { MAX_SOCKET_BYTES, SocketBridge } from "../../../runtime/wall/socket_bridge.ts";
import type { RequestEnd } from "../../../runtime/terms/request_end.ts";
import { OP } from "../../../runtime/protocol/operations.ts";
import { Wire, WireViolation } from "../../../runtime/protocol/wire.ts";
import { until } from "../../integration/life/until.ts";
import { FakeSocket } from "../app/fake_socket.ts";

const ID = 5;

interface Scene {
  readonly socket: FakeSocket;
  readonly bridge: SocketBridge;
  /** Bytes told at the end, once. */
  readonly ended: number[];
  /** And how. */
  readonly ends: RequestEnd[];
  /** What the app was told since the last look. */
  told(): unknown[];
}

function scene(id = ID, writeStallMs = 60_000): Scene {
  const posted: unknown[] = [];
  let flush = () => {};
  const wire = new Wire(
    { postMessage: (batch) => posted.push(...Array.from(batch as unknown[])) },
    (run) => flush = run,
  );
  const socket = new FakeSocket();
  const bridge = new SocketBridge(wire);
  const ended: number[] = [];
  const ends: RequestEnd[] = [];
  bridge.join(id, socket, {
    writeStallMs,
    onClosed(bytes, end) {
      ended.push(bytes);
      ends.push(end);
    },
  });
  return {
    socket,
    bridge,
    ended,
    ends,
    told() {
      flush();
      return posted.splice(0);
    },
  };
}

Deno.test("What an app sends before the connection stands goes out first, and so does its close", () => {
  const { socket, bridge, told } = scene();
  bridge.onMessage(ID, "one");
  bridge.onClose(ID, 4001, "early");
  assertEquals([socket.sent, socket.closes], [[], []]);
  socket.open("chat");
  assertEquals([socket.sent, socket.closes], [["one"], [[4001, "early"]]]);
  assertEquals(told(), [OP.SOCKET_OPEN, ID, "chat"]);
  socket.end(4001, "early");
  assertEquals(told(), [OP.SOCKET_SENT, ID, 3, OP.SOCKET_CLOSE, ID, 4001, "early"]);
});

Deno.test("A close of an outgoing connection that does not stand yet ends it at once", () => {
  const { socket, bridge } = scene(-ID);
  bridge.onClose(-ID, 1000, "");
  assertEquals(socket.closes, [[1000, ""]]);
  socket.end(1006);
  assertEquals(bridge.size, 0);
});

Deno.test("Messages that the app does not take close the connection at the bound, and none follows", () => {
  const { socket, bridge, told } = scene();
  socket.open();
  const part = MAX_SOCKET_BYTES / 4;
  for (let at = 0; at < 4; at++) socket.arrive(new ArrayBuffer(part));
  assertEquals(socket.closes, []);
  bridge.onDispatched(ID, part);
  socket.arrive(new ArrayBuffer(part));
  assertEquals(socket.closes, []);
  told();
  socket.arrive("x");
  assertEquals(socket.closes, [[4013, "The app takes messages too slowly"]]);
  bridge.onDispatched(ID, MAX_SOCKET_BYTES);
  socket.arrive("behind the gap");
  assertEquals(told(), []);
  // The connection breaks off without a code, and the app hears the reason that the host had.
  socket.end(0);
  assertEquals(told(), [OP.SOCKET_CLOSE, ID, 4013, "The app takes messages too slowly"]);
});

Deno.test("Empty messages that the app does not take fill the bound too", () => {
  const { socket, bridge } = scene();
  socket.open();
  const most = MAX_SOCKET_BYTES / messageWeight("");
  for (let at = 0; at < most; at++) socket.arrive(at % 2 === 0 ? "" : new ArrayBuffer(0));
  assertEquals(socket.closes, []);
  bridge.onDispatched(ID, messageWeight(""));
  socket.arrive("");
  assertEquals(socket.closes, []);
  socket.arrive("");
  assertEquals(socket.closes, [[4013, "The app takes messages too slowly"]]);
  socket.end(4013);
});

Deno.test("Messages that the client does not take close the connection at the bound", () => {
  const { socket, bridge } = scene();
  socket.open();
  socket.bufferedAmount = MAX_SOCKET_BYTES + 1;
  bridge.onMessage(ID, "x".repeat(MAX_SOCKET_BYTES + 1));
  assertEquals(socket.closes, [[4013, "The client takes messages too slowly"]]);
  socket.end(4013);
});

Deno.test("What a client has taken is told with its next message, or by itself when there is none", async () => {
  const { socket, bridge, told } = scene();
  socket.open();
  told();
  socket.bufferedAmount = 2;
  bridge.onMessage(ID, "one");
  bridge.onMessage(ID, new Uint8Array([1, 2]));
  bridge.settle();
  socket.arrive("next");
  assertEquals(told(), [OP.SOCKET_SENT, ID, 3, OP.SOCKET_MESSAGE, ID, "next"]);
  socket.bufferedAmount = 0;
  const word: unknown[] = [];
  await until(() => word.push(...told()) > 0, "a word on what was taken");
  assertEquals(word, [OP.SOCKET_SENT, ID, 2]);
  socket.end(1000);
});

Deno.test("An app that has sent much is told at once that it was taken", () => {
  const { socket, bridge, told } = scene();
  socket.open();
  told();
  bridge.onMessage(ID, "x".repeat(64 * 1024));
  bridge.settle();
  assertEquals(told(), [OP.SOCKET_SENT, ID, 64 * 1024]);
  socket.end(1000);
});

Deno.test("A connection that breaks off is told as 1006, and its end only once", () => {
  const { socket, bridge, ended, told } = scene();
  socket.open();
  told();
  bridge.onMessage(ID, "12345");
  bridge.settle();
  assertEquals(told(), []);
  socket.end(0);
  socket.end(1000);
  assertEquals(told(), [OP.SOCKET_SENT, ID, 5, OP.SOCKET_CLOSE, ID, 1006, ""]);
  assertEquals([ended, bridge.size], [[5], 0]);
});

Deno.test("Codes that only the protocol may send become 1000, and long reasons are cut between characters", () => {
  const { socket, bridge } = scene();
  socket.open();
  bridge.onClose(ID, 1011, "ü".repeat(100));
  assertEquals(socket.closes, [[1000, "ü".repeat(61)]]);
  bridge.closeAll(false);
  assertEquals(bridge.size, 0);
});

Deno.test("What is no message breaks the protocol; what concerns no socket is ignored", () => {
  const { bridge, socket, told } = scene();
  assertThrows(() => bridge.onMessage(ID, { length: 3 }), WireViolation);
  bridge.onMessage(99, "x");
  bridge.onClose(99, 1000, "");
  bridge.onDispatched(99, 1);
  bridge.onDispatched(ID, "much");
  assertEquals([told(), socket.sent], [[], []]);
});

Deno.test("The end of a socket says whose it was", () => {
  const ended = (act: (the: Scene) => void) => {
    const the = scene();
    the.socket.open();
    act(the);
    return the.ends;
  };
  assertEquals(ended(({ socket }) => socket.end(1000)), ["done"]);
  assertEquals(ended(({ socket }) => socket.end(0)), ["client_gone"]);
  assertEquals(ended(({ bridge }) => bridge.closeAll(false)), ["isolate_ended"]);
  assertEquals(ended(({ bridge }) => bridge.closeAll(true)), ["done"]);
  assertEquals(
    ended(({ bridge, socket }) => {
      bridge.onClose(ID, 1000, "");
      socket.end(0);
    }),
    ["done"],
  );
});
