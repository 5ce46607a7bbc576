/** Servers for the app itself: they leave their port open, beside the one that NANO's door leads to. */
import { assertEquals } from "@std/assert";
import { once } from "node:events";
import type { IncomingMessage } from "../../../runtime/node/http/incoming_message.ts";
import http from "../../../runtime/node/http.ts";
import { ownServer } from "../../../runtime/node/http/listening.ts";
import { createServer, type Server } from "../../../runtime/node/http/node_server.ts";
import type { ServerResponse } from "../../../runtime/node/http/server_response.ts";
import { stubbedServe } from "./stubbed_serve.ts";

/** A server with a handler of its own. */
function serving(handler: (request: IncomingMessage, response: ServerResponse) => unknown): Server {
  return createServer(handler as never);
}

async function answerOf(request: { end(text?: string): unknown }, body?: string): Promise<[number, string]> {
  request.end(body);
  const [response] = await once(request as never, "response") as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return [response.statusCode!, text];
}

Deno.test("A server with an open port is reached by the app's own clients until it is closed, and by nobody else", async () => {
  let served = 0;
  using _ = stubbedServe(() => served++);
  const door: Server = serving((_request, response) => response.end("door")).listen(8126);
  const own: Server = serving(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    response.writeHead(201).end(`${request.method} ${request.url} ${text} ${request.socket.remoteAddress}`);
  }).listen(0);
  const other: Server = serving((_request, response) => response.end("other")).listen(0);
  await once(other, "listening");
  const { port } = own.address()!;
  const posted = http.request({ port, path: "/a?b", method: "POST" });
  assertEquals(await answerOf(posted, "body"), [201, "POST /a?b body 127.0.0.1"]);
  assertEquals(await answerOf(http.request(`http://127.0.0.1:${other.address()!.port}/`)), [200, "other"]);
  assertEquals(await answerOf(http.request("http://[::1]:8126/")), [200, "door"]);
  assertEquals([served, port === other.address()!.port], [1, false]);

  await Promise.all([once(own, "close"), own.close()]);
  assertEquals(ownServer(`http://127.0.0.1:${port}/`), undefined);
  for (const server of [door, other]) await Promise.all([once(server, "close"), server.close()]);
});

Deno.test("Who asks a server of the app itself and goes away ends the request there", async () => {
  using _ = stubbedServe(() => {});
  const door: Server = createServer().listen(8127);
  const { promise, resolve } = Promise.withResolvers<void>();
  const own: Server = serving((_request, response) => response.once("close", resolve)).listen(0);
  await once(own, "listening");
  const asking = http.request({ port: own.address()!.port }).end();
  asking.once("error", () => {});
  own.once("request", () => asking.destroy());
  await promise;
  for (const server of [door, own]) await Promise.all([once(server, "close"), server.close()]);
});
