/** WebSockets that an app opens by fetch, as on Workers: its own to use, or handed on to the client. */
import { assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { FRAME, FrameClient } from "./frame_client.ts";

/** Asks an upstream, whose address it is given. */
const APP = `
const headers = { upgrade: "websocket", authorization: "Bearer mine", "sec-websocket-protocol": "chat, other",
  "sec-websocket-key": "forged", host: "forged.test" };
export default { async fetch(request, env) {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/proxy") return fetch(env.UPSTREAM + search, request);
  if (pathname === "/handed") {
    const { webSocket } = await fetch(env.UPSTREAM, { headers });
    return new Response(null, { status: 101, webSocket });
  }
  if (pathname === "/aborted") {
    const reason = await fetch(env.UPSTREAM + "?slow", { headers, signal: AbortSignal.timeout(50) }).catch((e) => e);
    return new Response(reason.name);
  }
  const answer = await fetch(env.UPSTREAM + "?refuse=" + (pathname === "/refused" ? 1 : ""), { headers });
  if (answer.webSocket === null || answer.status !== 101) {
    return Response.json([answer.status, answer.webSocket ?? null, await answer.text()]);
  }
  const socket = answer.webSocket;
  const seen = [];
  const closed = new Promise((resolve) => socket.addEventListener("close", ({ code, reason }) => resolve([code, reason])));
  socket.addEventListener("message", ({ data }) => {
    seen.push(data);
    if (seen.length === 2) socket.close(3001, "enough");
  });
  socket.accept();
  socket.send("mine");
  return Response.json([answer.status, answer.ok, answer.headers.get("sec-websocket-protocol"), seen, await closed]);
} };`;

/** Echoes, tells first what it was asked with, breaks off on "die" and closes on "close". */
function upstream(): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const { searchParams } = new URL(request.url);
    if (searchParams.has("slow")) {
      return new Promise<Response>((resolve) =>
        request.signal.addEventListener("abort", () => resolve(new Response()))
      );
    }
    if (searchParams.get("refuse") === "1") return new Response("not here", { status: 403 });
    const { authorization, host, "sec-websocket-protocol": offered } = Object.fromEntries(request.headers);
    const { socket, response } = Deno.upgradeWebSocket(request, offered === undefined ? {} : { protocol: "chat" });
    socket.onopen = () => socket.send(JSON.stringify([authorization, host, offered]));
    socket.onmessage = ({ data }) => data === "close" ? socket.close(3002, "as asked") : socket.send(data);
    return response;
  });
}

Deno.test("A fetch with Upgrade: websocket gives a WebSocket, or hands it on to the client", async (t) => {
  await using server = upstream();
  const address = `http://127.0.0.1:${server.addr.port}/`;
  const app = { hostname: "app.localhost", outbound: "any", env: { UPSTREAM: address } };
  await using project = await TempProject.create({ app: { files: { "index.js": APP }, config: app } });
  await using nano = await NanoProcess.start(project.configFile);
  const open = (path: string) =>
    FrameClient.open({ port: nano.port, host: "app.localhost", path }, { authorization: "Bearer of the client" });

  await t.step("its headers and subprotocols reach the server, and those of the handshake are its own", async () => {
    const [status, ok, protocol, seen, closed] = await (await nano.fetch("app.localhost", "/")).json();
    const asked = JSON.stringify(["Bearer mine", `127.0.0.1:${server.addr.port}`, "chat, other"]);
    assertEquals([status, ok, protocol, seen, closed], [101, false, "chat", [asked, "mine"], [3001, "enough"]]);
  });

  await t.step("a server that does not switch is told by its answer", async () => {
    const answer = await (await nano.fetch("app.localhost", "/refused")).json();
    assertEquals(answer, [403, null, "not here"]);
  });

  await t.step("an abort gives it up", async () => {
    assertEquals(await (await nano.fetch("app.localhost", "/aborted")).text(), "TimeoutError");
  });

  for (const path of ["/proxy", "/handed"]) {
    await t.step(`${path}: messages and the close go through, both ways`, async () => {
      using client = await open(path);
      assertEquals(client.status, 101);
      assertMatch(await client.readText(), path === "/proxy" ? /of the client/ : /Bearer mine/);
      for (let at = 0; at < 40; at++) {
        const sent = crypto.getRandomValues(new Uint8Array(60_000));
        await client.send(FRAME.BINARY, sent);
        assertEquals((await client.read())?.data, sent);
      }
      await client.send(FRAME.TEXT, "close");
      const { code, reason } = await client.readClose();
      assertEquals([code, reason], [3002, "as asked"]);
    });
  }

  await t.step("more than the host lets wait goes through, as what is passed on counts as taken", async () => {
    using client = await open("/proxy");
    await client.readText();
    const sent = new Uint8Array(1024 * 1024);
    for (let at = 0; at < 20; at++) {
      await client.send(FRAME.BINARY, sent);
      assertEquals((await client.read())?.data.length, sent.length);
    }
  });
});
