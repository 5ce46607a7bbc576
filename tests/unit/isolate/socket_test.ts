/** The app's WebSocket and WebSocketPair by themselves, over a wire in the test's hand. */
import { assertEquals, assertInstanceOf, assertThrows } from "@std/assert";
import { AppBlob } from "../../../runtime/isolate/bodies/blob.ts";
import { messageWeight } from "../../../runtime/protocol/message_weight.ts";
import { AppSocket } from "../../../runtime/isolate/traffic/socket.ts";
import { SocketHub } from "../../../runtime/isolate/traffic/socket_hub.ts";
import { OP } from "../../../runtime/protocol/operations.ts";
import { Wire } from "../../../runtime/protocol/wire.ts";
import { settle } from "../runtime/fake_clock.ts";

function scene() {
  const posted: unknown[] = [];
  let flush = () => {};
  const wire = new Wire(
    { postMessage: (batch) => posted.push(...Array.from(batch as unknown[])) },
    (run) => flush = run,
  );
  const hub = new SocketHub(wire);
  const told = () => {
    flush();
    return posted.splice(0);
  };
  return { hub, told };
}

function events(socket: AppSocket): unknown[] {
  const seen: unknown[] = [];
  for (const type of ["open", "error"]) socket.addEventListener(type, () => seen.push(type));
  socket.addEventListener("message", (event) => seen.push((event as MessageEvent).data));
  socket.addEventListener("close", (event) => {
    const { code, reason, wasClean } = event as CloseEvent;
    seen.push([code, reason, wasClean]);
  });
  return seen;
}

const upgrade = (headers: Record<string, string> = {}) =>
  new Request("http://app/chat", { headers: { upgrade: "WebSocket", ...headers } });

Deno.test("An outgoing socket connects, sends only when it is open, and tells its end once", () => {
  const { hub, told } = scene();
  const socket = new AppSocket("https://x/path", ["a", "b"]);
  const seen = events(socket);
  const [operation, id, url, protocols] = told() as [number, number, string, string];
  assertEquals([operation, url, protocols, socket.url], [OP.SOCKET_CONNECT, "wss://x/path", "a,b", "wss://x/path"]);
  assertThrows(() => socket.send("early"), DOMException, "connecting");
  hub.onOpen(id, "b");
  assertEquals([socket.readyState, socket.protocol], [AppSocket.OPEN, "b"]);
  socket.send("text");
  assertEquals([told(), socket.bufferedAmount], [[OP.SOCKET_MESSAGE, id, "text"], 4]);
  hub.onSent(id, 4);
  assertEquals(socket.bufferedAmount, 0);
  hub.onClose(id, 1006, "");
  hub.onClose(id, 1000, "");
  assertEquals(seen, ["open", "error", [1006, "", false]]);
  assertEquals([socket.readyState, hub.size], [AppSocket.CLOSED, 0]);
});

Deno.test("After close() no message is delivered, but each is still counted as taken", () => {
  const { hub, told } = scene();
  const socket = new AppSocket("ws://x/");
  const id = told()[1] as number;
  hub.onOpen(id, "");
  const seen = events(socket);
  socket.close(3000, "enough");
  socket.close(3001, "again");
  const late = "x".repeat(64 * 1024);
  hub.onMessage(id, late);
  assertEquals(told(), [OP.SOCKET_CLOSE, id, 3000, "enough", OP.SOCKET_SENT, id, messageWeight(late)]);
  hub.onClose(id, 3000, "enough");
  assertEquals(seen, [[3000, "enough", true]]);
});

Deno.test("The host is told what was taken once it is much, not message by message", () => {
  const { hub, told } = scene();
  const socket = new AppSocket("ws://x/");
  const id = told()[1] as number;
  hub.onOpen(id, "");
  socket.onmessage = () => {};
  const many = 64 * 1024 / messageWeight("small");
  for (let at = 1; at < many; at++) hub.onMessage(id, "small");
  assertEquals(told(), []);
  hub.onMessage(id, "small");
  assertEquals(told(), [OP.SOCKET_SENT, id, 64 * 1024]);
});

Deno.test("Sending without end closes the socket at its bound", () => {
  const { hub, told } = scene();
  const socket = new AppSocket("ws://x/");
  const id = told()[1] as number;
  hub.onOpen(id, "");
  const chunk = "x".repeat(1024 * 1024);
  for (let at = 0; at < 40; at++) socket.send(chunk);
  const sent = told();
  assertEquals(sent.filter((one) => one === chunk).length, 16);
  assertEquals(sent.slice(-2), [4013, "Too much is waiting to be sent"]);
});

Deno.test("binaryType decides what bytes become, and handlers can be set, replaced and taken back", async () => {
  const { hub, told } = scene();
  const socket = new AppSocket("ws://x/");
  const id = told()[1] as number;
  hub.onOpen(id, "");
  const data: unknown[] = [];
  socket.onmessage = () => data.push("replaced");
  socket.onmessage = (event) => data.push((event as MessageEvent).data);
  hub.onMessage(id, new Uint8Array([1, 2]));
  socket.binaryType = "arraybuffer";
  hub.onMessage(id, new Uint8Array(5000));
  socket.binaryType = "nonsense" as BinaryType;
  hub.onMessage(id, new Uint8Array([3]));
  socket.onmessage = null;
  hub.onMessage(id, "nobody listens");
  assertInstanceOf(data[0], AppBlob);
  assertEquals([...await data[0].bytes()], [1, 2]);
  assertEquals((data[1] as ArrayBuffer).byteLength, 5000);
  assertEquals([new Uint8Array(data[2] as ArrayBuffer)[0], data.length], [3, 3]);
});

Deno.test("The ends of a pair talk to each other until one is handed to the client", async () => {
  const { hub, told } = scene();
  const [client, server] = hub.createPair();
  const seen = events(server);
  client.send("held back");
  await settle();
  assertEquals(seen, []);
  server.accept();
  assertEquals(seen, ["held back"]);
  server.send("before");
  const response = hub.respondWith(client, undefined);
  assertEquals(response.status, 101);
  assertEquals([hub.sendUpgrade(7, response), hub.sendUpgrade(7, response)], [true, false]);
  await settle();
  server.send("after");
  assertEquals(told(), [OP.UPGRADE, 7, "", OP.SOCKET_MESSAGE, 7, "before", OP.SOCKET_MESSAGE, 7, "after"]);
  hub.onMessage(7, "from the network");
  assertEquals(seen, ["held back", "from the network"]);
});

Deno.test("A 101 needs an end of a pair, an upgrade its header, a subprotocol an offer", () => {
  const { hub } = scene();
  assertThrows(() => hub.respondWith({}, undefined), TypeError, "WebSocketPair");
  assertThrows(() => hub.respondWith(hub.upgradeWebSocket(upgrade()).socket, undefined), TypeError, "WebSocketPair");
  assertThrows(() => hub.upgradeWebSocket(new Request("http://app/")), TypeError, "upgrade");
  const offer = upgrade({ "sec-websocket-protocol": "a, b" });
  assertThrows(() => hub.upgradeWebSocket(offer, { protocol: "c" }), TypeError, "'c'");
  const { socket, response } = hub.upgradeWebSocket(offer, { protocol: "b" });
  assertEquals([socket.url, response.headers.get("sec-websocket-protocol")], ["ws://app/chat", "b"]);
});

Deno.test("It looks like a WebSocket: name, tag, constants", () => {
  assertEquals([AppSocket.name, AppSocket.CLOSED], ["WebSocket", 3]);
  assertEquals(Object.prototype.toString.call(AppSocket.prototype), "[object WebSocket]");
  assertEquals(Reflect.get(AppSocket.prototype, "CLOSING"), 2);
});
