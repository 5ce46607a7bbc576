/** WebSockets of apps in both server styles: what is sent arrives, in order, with its type, and closes are told. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp } from "../life/admin_client.ts";
import { until } from "../life/until.ts";
import { FRAME, FrameClient } from "./frame_client.ts";
import { SOCKET_APP } from "./socket_app.ts";

const MB = 1024 * 1024;

interface Scene {
  readonly nano: NanoProcess;
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<FrameClient>;
  fate(id: string): Promise<unknown[]>;
}

function scene(nano: NanoProcess): Scene {
  return {
    nano,
    open: (path, headers) => FrameClient.open({ port: nano.port, host: "app.localhost", path }, headers),
    fate: async (id) => await (await nano.fetch("app.localhost", `/fate?id=${id}`)).json(),
  };
}

type Case = (scene: Scene, style: string) => Promise<void>;

const CASES: Readonly<Record<string, Case>> = {
  "text and bytes come back as they were sent": async ({ open }, style) => {
    using client = await open(`/${style}?binary=arraybuffer`);
    assertEquals(client.status, 101);
    assert(client.headers.get("x-request-id"));
    for (const text of ["", "hello", "größer 👩‍👧", "x".repeat(70_000)]) {
      await client.send(FRAME.TEXT, text);
      assertEquals(await client.readText(), text);
    }
    for (const size of [0, 1, 125, 126, 65_536]) {
      const sent = crypto.getRandomValues(new Uint8Array(size));
      await client.send(FRAME.BINARY, sent);
      const frame = await client.read();
      assertEquals([frame?.op, frame?.data], [FRAME.BINARY, sent]);
    }
  },
  "binaryType decides between Blob and ArrayBuffer": async ({ open }, style) => {
    for (const [query, kind] of [["&binary=arraybuffer", "ArrayBuffer"], ["&binary=blob", "Blob"]] as const) {
      using client = await open(`/${style}?do=types${query}`);
      await client.send(FRAME.BINARY, new Uint8Array(7));
      assertEquals(JSON.parse(await client.readText()), [kind, 7]);
      await client.send(FRAME.TEXT, "four");
      assertEquals(JSON.parse(await client.readText()), ["string", 4]);
    }
    using client = await open(`/${style}?do=types`);
    await client.send(FRAME.BINARY, new Uint8Array(7));
    // As Deno and as Workers have it.
    assertEquals(JSON.parse(await client.readText()), [style === "deno" ? "Blob" : "ArrayBuffer", 7]);
  },
  "Blobs are sent in their turn": async ({ open }, style) => {
    using client = await open(`/${style}?binary=blob`);
    await client.send(FRAME.BINARY, new Uint8Array([1, 2, 3]));
    await client.send(FRAME.TEXT, "behind it");
    const frame = await client.read();
    assertEquals([frame?.op, [...frame!.data]], [FRAME.BINARY, [1, 2, 3]]);
    assertEquals(await client.readText(), "behind it");
  },
  "a message of 1 MB goes both ways whole, in one frame or in many": async ({ open }, style) => {
    using client = await open(`/${style}?binary=arraybuffer`);
    const sent = new Uint8Array(MB);
    for (let at = 0; at < MB; at += 65_536) crypto.getRandomValues(sent.subarray(at, at + 65_536));
    await client.send(FRAME.BINARY, sent);
    assertEquals((await client.read())?.data, sent);
    await client.send(FRAME.BINARY, sent.subarray(0, 1000), { final: false });
    await client.send(FRAME.CONTINUATION, sent.subarray(1000, 500_000), { final: false });
    await client.send(FRAME.PING, "between");
    await client.send(FRAME.CONTINUATION, sent.subarray(500_000));
    const pong = await client.read();
    assertEquals([pong?.op, pong?.text], [FRAME.PONG, "between"]);
    assertEquals((await client.read())?.data, sent);
  },
  "10,000 messages keep their order and their kind": async ({ open }, style) => {
    using client = await open(`/${style}?do=many`);
    await client.send(FRAME.TEXT, "10000");
    for (let at = 0; at < 10_000; at++) {
      const frame = await client.read();
      assertEquals([frame?.op, frame?.text], [at % 2 === 0 ? FRAME.TEXT : FRAME.BINARY, String(at)]);
    }
  },
  "a ping is answered with its data": async ({ open }, style) => {
    using client = await open(`/${style}`);
    await client.send(FRAME.PING, "are you there");
    const frame = await client.read();
    assertEquals([frame?.op, frame?.text], [FRAME.PONG, "are you there"]);
  },
  "the app's close code and reason reach the client": async ({ open, fate }, style) => {
    const closes: [unknown[], number, string][] = [
      [[4321, "bye ü"], 4321, "bye ü"],
      [[1000, "done"], 1000, "done"],
      // Without a code the frame has none.
      [[], 1005, ""],
    ];
    for (const [given, code, reason] of closes) {
      const id = crypto.randomUUID();
      using client = await open(`/${style}?do=close&id=${id}`);
      await client.send(FRAME.TEXT, JSON.stringify(given));
      const { code: got, reason: why } = await client.readClose();
      assertEquals([got, why], [code, reason]);
      const told = await until(async () => (await fate(id)).find((one) => typeof one === "object"), "a close event");
      assertEquals(told, { code, reason, clean: true });
    }
    using client = await open(`/${style}?do=close`);
    for (const given of [[999], [1005], [5000], [1000, "x".repeat(124)]]) {
      await client.send(FRAME.TEXT, JSON.stringify(given));
      assertEquals(await client.readText(), given.length > 1 ? "SyntaxError" : "InvalidAccessError");
    }
  },
  "the client's close code and reason reach the app": async ({ open, fate }, style) => {
    for (const [code, reason] of [[1000, ""], [1001, "leaving"], [4999, "größe"], [null, ""]] as const) {
      const id = crypto.randomUUID();
      using client = await open(`/${style}?id=${id}`);
      await client.send(FRAME.TEXT, "x");
      await client.readText();
      await client.sendClose(code, reason);
      const told = await until(async () => (await fate(id)).find((one) => typeof one === "object"), "a close event");
      assertEquals(told, { code: code ?? 1005, reason, clean: true });
      const answer = await client.readClose();
      // Without a status the answer has none either.
      assertEquals(answer.code, code ?? 1005);
    }
  },
  "a client that vanishes is told as 1006": async ({ open, fate }, style) => {
    const id = crypto.randomUUID();
    const client = await open(`/${style}?id=${id}`);
    await client.send(FRAME.TEXT, "x");
    await client.readText();
    client[Symbol.dispose]();
    const told = await until(async () => (await fate(id)).find((one) => typeof one === "object"), "a close event");
    assertEquals(told, { code: 1006, reason: "", clean: false });
    assert((await fate(id)).includes("error"));
  },
  "an exception in a message handler goes to the log and the connection lives on": async ({ nano, open }, style) => {
    using client = await open(`/${style}?do=throw`);
    const from = nano.events.length;
    await client.send(FRAME.TEXT, "throw");
    await client.send(FRAME.TEXT, "next");
    assertEquals(await client.readText(), "still here: next");
    const line = await nano.waitForEvent(
      ({ event, level }) => event === "app_log" && level === "error",
      undefined,
      from,
    );
    assertStringIncludes(String(line["text"]), "the message handler broke");
    assertStringIncludes(String(line["text"]), "index.ts");
  },
  "a subprotocol that the client offered is agreed on": async ({ open }, style) => {
    using client = await open(`/${style}?do=info&protocol=chat.v2`, { "sec-websocket-protocol": "chat.v1, chat.v2" });
    assertEquals([client.status, client.headers.get("sec-websocket-protocol")], [101, "chat.v2"]);
    await client.send(FRAME.TEXT, "?");
    const [protocol, url, state] = JSON.parse(await client.readText());
    assertEquals([protocol, state], ["chat.v2", 1]);
    if (style === "deno") assertStringIncludes(url, "ws://app.localhost/deno?do=info");
  },
  "a subprotocol that nobody offered is a mistake that the answer and the log name": async ({ nano, open }, style) => {
    using client = await open(`/${style}?protocol=chat.v3`, { "sec-websocket-protocol": "chat.v1" });
    assertEquals(client.status, 500);
    assertEquals(client.headers.get("nano-error"), style === "deno" ? "APP_EXCEPTION" : "APP_BAD_RESPONSE");
    await nano.waitForEvent(({ event, text }) => event === "app_log" && String(text).includes("chat.v3"));
  },
  "headers of the 101 reach the client": async ({ open }, style) => {
    using client = await open(`/${style}?cookie`);
    assertEquals([client.status, client.headers.get("set-cookie")], [101, "a=1"]);
    await client.send(FRAME.TEXT, "x");
    assertEquals(await client.readText(), "x");
  },
  "a socket is in flight, and its request is logged with its bytes once it has closed": async (
    { nano, open },
    style,
  ) => {
    using socket = await open(`/${style}?secret=1`);
    await socket.send(FRAME.TEXT, "x".repeat(5000));
    await socket.readText();
    const { in_flight: inFlight } = await adminApp(nano, "app") as unknown as { in_flight: number };
    assert(inFlight >= 1, `${inFlight} requests in flight`);
    await socket.sendClose(1000);
    const own = socket.headers.get("x-request-id");
    const line = await nano.waitForEvent(({ event, request_id: id }) => event === "request" && id === own);
    assertEquals([line["path"], line["status"], line["bytes"], line["app"]], [`/${style}`, 101, 5000, "app"]);
  },
  "a real client talks to it": async ({ nano }, style) => {
    const socket = new WebSocket(`${nano.url.replace("http", "ws")}/${style}?binary=arraybuffer`);
    socket.binaryType = "arraybuffer";
    const got: unknown[] = [];
    const closed = Promise.withResolvers<CloseEvent>();
    socket.onopen = () => {
      socket.send("one");
      socket.send(new Uint8Array([2]));
    };
    socket.onmessage = ({ data }) => {
      got.push(typeof data === "string" ? data : [...new Uint8Array(data)]);
      if (got.length === 2) socket.close(3333, "enough");
    };
    socket.onclose = (event) => closed.resolve(event);
    const { code, wasClean } = await closed.promise;
    assertEquals([got, code, wasClean], [["one", [2]], 3333, true]);
  },
};

const PAIR_CASES: Readonly<Record<string, Case>> = {
  "what was sent before the upgrade goes first": async ({ open }) => {
    for (const query of ["", "&wait"]) {
      using client = await open(`/pair?early${query}`);
      assertEquals([await client.readText(), await client.readText()], ["early 1", "early 2"]);
      await client.send(FRAME.TEXT, "then");
      assertEquals(await client.readText(), "then");
    }
  },
  "a close before the upgrade reaches the client": async ({ open }) => {
    using client = await open("/pair?close_early");
    const { code, reason } = await client.readClose();
    assertEquals([code, reason], [4001, "before the upgrade"]);
  },
  "messages wait for accept()": async ({ open }) => {
    using client = await open("/pair?unaccepted&later=300");
    await client.send(FRAME.TEXT, "one");
    await client.send(FRAME.TEXT, "two");
    assertEquals([await client.readText(), await client.readText()], ["one", "two"]);
  },
};

Deno.test("WebSockets of apps", async (t) => {
  await using project = await TempProject.create({ app: { files: SOCKET_APP } }, {
    default_app: "app",
    admin: ADMIN,
  });
  await using nano = await NanoProcess.start(project.configFile);
  const there = scene(nano);
  for (const style of ["deno", "pair"]) {
    for (const [name, run] of Object.entries(CASES)) await t.step(`${style}: ${name}`, () => run(there, style));
  }
  for (const [name, run] of Object.entries(PAIR_CASES)) await t.step(`pair: ${name}`, () => run(there, "pair"));
  await t.step("a request without an upgrade is told so", async () => {
    const deno = await nano.fetch("app.localhost", "/deno");
    assertEquals([deno.status, deno.headers.get("nano-error")], [500, "APP_EXCEPTION"]);
    await deno.body?.cancel();
    const pair = await nano.fetch("app.localhost", "/pair");
    assertEquals([pair.status, pair.headers.get("nano-error")], [500, "APP_BAD_RESPONSE"]);
    await pair.body?.cancel();
  });
  await t.step("nothing is left in flight, so a drain ends at once and cuts nothing", async () => {
    const { code } = await nano.stop();
    const complete = await nano.waitForEvent(({ event }) => event === "drain_complete");
    assertEquals([code, complete["forced_closed"]], [0, 0]);
  });
});
