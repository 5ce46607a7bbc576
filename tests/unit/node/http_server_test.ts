import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Readable } from "node:stream";
import { once } from "node:events";
import { createServer, type Server } from "../../../runtime/node/http/node_server.ts";
import type { IncomingMessage } from "../../../runtime/node/http/incoming_message.ts";
import { ServerResponse } from "../../../runtime/node/http/server_response.ts";
import { stubbedServe } from "./stubbed_serve.ts";

type Handler = (req: IncomingMessage, res: ServerResponse) => void;

const INFO = { remoteAddr: { hostname: "192.0.2.7", port: 4711 } };

function answer(handler: Handler, request: Request = new Request("http://app.test/")): Promise<Response> {
  return createServer(handler as never)._answer(request, INFO);
}

function asked(path: string, init?: RequestInit): Request {
  return new Request(`http://app.test${path}`, init);
}

Deno.test("A handler sees method, path with query, headers, address and body of a request", async () => {
  const request = asked("/a%20b?c=d", { method: "POST", headers: { "X-Name": "v" }, body: "text" });
  const response = await answer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += chunk;
    const { method, url, headers, httpVersion, complete, socket } = req;
    res.setHeader("Content-Type", "application/json");
    res.end(JSON.stringify([method, url, headers["x-name"], httpVersion, complete, socket.remoteAddress, body]));
  }, request);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(await response.json(), ["POST", "/a%20b?c=d", "v", "1.1", true, "192.0.2.7", "text"]);
});

Deno.test("What end() is given whole has a length; what is written before is streamed", async () => {
  const whole = await answer((_, res) => void res.end("äb"));
  assertEquals([whole.headers.get("content-length"), await whole.text()], ["3", "äb"]);
  const streamed = await answer((_, res) => {
    res.write("a");
    res.end("b");
  });
  assertEquals([streamed.headers.get("content-length"), await streamed.text()], [null, "ab"]);
});

Deno.test("writeHead takes a text and headers in every form, and sets several cookies", async () => {
  for (
    const headers of [
      { "X-A": "1", "Set-Cookie": ["a=1", "b=2"] },
      ["X-A", "1", "Set-Cookie", "a=1", "Set-Cookie", "b=2"],
      [["X-A", "1"], ["Set-Cookie", "a=1"], ["Set-Cookie", "b=2"]],
    ]
  ) {
    const response = await answer((_, res) => void res.writeHead(201, "Made", headers).end());
    assertEquals([response.status, response.statusText, response.headers.get("x-a")], [201, "Made", "1"]);
    assertEquals(response.headers.getSetCookie(), ["a=1", "b=2"]);
  }
});

Deno.test("204, 304 and HEAD have no body, whatever is written", async () => {
  for (const status of [204, 304]) {
    const response = await answer((_, res) => void res.writeHead(status).end("no"));
    assertEquals([response.status, response.body], [status, null]);
  }
  const head = await answer((_, res) => {
    res.setHeader("content-length", 7);
    res.write("content");
    res.end();
  }, asked("/", { method: "HEAD" }));
  assertEquals([head.body, head.headers.get("content-length")], [null, "7"]);
});

Deno.test("Headers of the connection stay behind, and wrong names, values and states are refused with Node's codes", async () => {
  const codes: unknown[] = [];
  const note = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      codes.push((error as { code: string }).code);
    }
  };
  const response = await answer((_, res) => {
    res.setHeader("Connection", "close");
    res.setHeader("Transfer-Encoding", "chunked");
    note(() => res.setHeader("a b", "1"));
    note(() => res.setHeader("a", "1\r\nb: 2"));
    note(() => res.setHeader("a", undefined as never));
    note(() => res.writeHead(99));
    res.appendHeader("Vary", "a");
    res.appendHeader("vary", "b");
    res.flushHeaders();
    note(() => res.setHeader("late", "1"));
    res.end();
  });
  assertEquals([...response.headers], [["vary", "a, b"]]);
  const expected = ["INVALID_HTTP_TOKEN", "HTTP_INVALID_HEADER_VALUE", "HTTP_INVALID_STATUS_CODE", "HTTP_HEADERS_SENT"];
  assertEquals(codes, [`ERR_${expected[0]}`, "ERR_INVALID_CHAR", ...expected.slice(1).map((one) => `ERR_${one}`)]);
});

Deno.test("A body is read no faster than its reader asks for it", async () => {
  let made = 0;
  const source = new Readable({
    highWaterMark: 1024,
    read() {
      this.push(made++ < 1000 ? new Uint8Array(1024) : null);
    },
  });
  const response = await answer((_, res) => void source.pipe(res));
  const reader = response.body!.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 0));
  // 16 KiB or 64 KiB wait in the response, as its high water mark has it.
  assertEquals(made < 200, true, `${made} chunks were made`);
  await reader.cancel();
});

Deno.test("A client that goes away ends both: aborted and close at the request, close at the response", async () => {
  const events: string[] = [];
  const closed = Promise.withResolvers<void>();
  const response = await answer((req, res) => {
    for (const name of ["aborted", "close"]) req.on(name, () => events.push(`req ${name}`));
    res.on("close", () => {
      events.push(`res close, finished: ${res.writableFinished}`);
    });
    req.on("close", () => closed.resolve());
    res.write("first");
  }, asked("/", { method: "POST", body: new ReadableStream() }));
  await response.body!.cancel();
  await closed.promise;
  assertEquals(events.sort(), ["req aborted", "req close", "res close, finished: false"]);
});

Deno.test("A signal that aborts before the answer destroys the response", async () => {
  const client = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const waiting = answer((_, res) => {
    res.on("close", resolve);
    client.abort();
  }, asked("/", { signal: client.signal }));
  await assertRejects(() => waiting);
  await promise;
});

Deno.test("finish and close come in order, and req closes once the answer has ended", async () => {
  const events: string[] = [];
  const both = Promise.withResolvers<void>();
  const response = await answer((req, res) => {
    res.on("finish", () => events.push("finish"));
    res.on("close", () => events.push("close"));
    req.on("close", () => both.resolve());
    res.end("x", () => events.push("done"));
  });
  await response.text();
  await both.promise;
  assertEquals(events.includes("finish") && events.includes("done"), true);
  assertEquals(events.indexOf("finish") < events.indexOf("close") || !events.includes("close"), true);
});

Deno.test("A handler that throws rejects, and so becomes an error of the app", async () => {
  await assertRejects(
    () =>
      answer(() => {
        throw new Error("broken");
      }),
    Error,
    "broken",
  );
});

Deno.test("Classes can be called as functions and extended as Node's can", async () => {
  function Made(this: ServerResponse, req: IncomingMessage) {
    (ServerResponse as unknown as (this: ServerResponse, req: IncomingMessage) => void).call(this, req);
  }
  Object.setPrototypeOf(Made.prototype, ServerResponse.prototype);
  const made = Reflect.construct(Made, [{ method: "GET" }]) as ServerResponse;
  made.setHeader("a", "b");
  assertEquals([made instanceof ServerResponse, made.getHeaders()["a"]], [true, "b"]);
  made.end("nowhere");
  await once(made, "finish");
});

Deno.test("A server listens once, tells its address, and another one is refused until it is closed", async () => {
  let served = 0;
  using _ = stubbedServe(() => served++);
  const first = createServer();
  assertEquals(first.address(), null);
  await new Promise<void>((resolve) => first.listen(8123, resolve));
  assertEquals(first.address(), { address: "::", family: "IPv6", port: 8123 });
  assertThrows(() => first.listen(8124), Error, "Listen method has been called more than once");
  const second: Server = createServer().listen(8124);
  const [error] = await once(second, "error");
  assertEquals([error.code, second.listening], ["EADDRINUSE", false]);
  // fastify listens on each address of "localhost".
  const other = createServer().listen({ port: 8123, host: "::1" });
  await once(other, "listening");
  await Promise.all([once(first, "close"), first.close()]);
  await once(createServer().listen(8125), "listening");
  assertEquals(served, 1);
});
