/** Holds the raw HTTP client against a plain Deno.serve and against hand-written bytes. */
import { assertEquals, assertRejects } from "@std/assert";
import { ConnectionClosed, RawConnection, rawRequest } from "../../support/raw_http.ts";

/** A server for one handler; closed at the end of its scope. */
function serve(
  handler: (request: Request) => Response | Promise<Response>,
): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  return { url: `http://127.0.0.1:${server.addr.port}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** A listener that reads what comes first, answers with these bytes and closes. */
function answerOnce(bytes: string): AsyncDisposable & { readonly url: string; readonly received: Promise<string> } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const received = (async () => {
    using conn = await listener.accept();
    const chunk = new Uint8Array(4096);
    const count = await conn.read(chunk) ?? 0;
    await conn.write(new TextEncoder().encode(bytes));
    return new TextDecoder().decode(chunk.subarray(0, count));
  })();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    received,
    async [Symbol.asyncDispose]() {
      await received;
      listener.close();
    },
  };
}

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n";

Deno.test("RawConnection.request() sends header lines in their order and casing", async () => {
  await using peer = answerOnce("HTTP/1.1 204 No Content\r\n\r\n");
  using connection = await RawConnection.open(peer.url);
  await connection.request("GET", "/a?b", [["hOsT", "x.test"], ["X-B", "2"], ["x-a", "1"], ["X-B", "3"]]);
  assertEquals((await connection.readResponse()).status, 204);
  assertEquals(await peer.received, "GET /a?b HTTP/1.1\r\nhOsT: x.test\r\nX-B: 2\r\nx-a: 1\r\nX-B: 3\r\n\r\n");
});

Deno.test("readHead() keeps order, casing and repeats of the response headers", async () => {
  await using peer = answerOnce("HTTP/1.1 299 Odd Text\r\nSet-Cookie: a=1\r\nX-Y:  z \r\nset-cookie: b=2\r\n\r\n");
  using connection = await RawConnection.open(peer.url);
  await connection.send(GET);
  const head = await connection.readHead();
  assertEquals([head.version, head.status, head.reason], ["HTTP/1.1", 299, "Odd Text"]);
  assertEquals(head.headers, [["Set-Cookie", "a=1"], ["X-Y", "z"], ["set-cookie", "b=2"]]);
  assertEquals(head.all("SET-COOKIE"), ["a=1", "b=2"]);
  assertEquals([head.get("x-y"), head.get("none")], ["z", null]);
});

Deno.test("readHead() skips 100 Continue", async () => {
  await using peer = answerOnce("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  assertEquals((await rawRequest(peer.url, GET)).status, 200);
});

Deno.test("readResponse() reads bodies by length, by chunks and by the close, two on one connection", async () => {
  await using server = serve((request) =>
    new URL(request.url).pathname === "/stream"
      ? new Response(ReadableStream.from(["one", "two"]).pipeThrough(new TextEncoderStream()))
      : new Response("plain")
  );
  using connection = await RawConnection.open(server.url);
  await connection.request("GET", "/", [["Host", "a"]]);
  const plain = await connection.readResponse();
  assertEquals([plain.text, plain.end, plain.truncated], ["plain", "length", false]);
  await connection.request("GET", "/stream", [["Host", "a"], ["Connection", "close"]]);
  const stream = await connection.readResponse();
  assertEquals([stream.text, stream.end, stream.truncated], ["onetwo", "chunked", false]);
  await using peer = answerOnce("HTTP/1.1 200 OK\r\n\r\nuntil the end");
  const closed = await rawRequest(peer.url, GET);
  assertEquals([closed.text, closed.end, closed.truncated], ["until the end", "close", false]);
});

for (
  const [name, bytes] of [
    ["a body shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"],
    ["a chunk that breaks off", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nabc"],
    ["a missing last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"],
    ["a missing end of trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"],
  ] as const
) {
  Deno.test(`readResponse() tells ${name} from a whole one`, async () => {
    await using peer = answerOnce(bytes);
    const response = await rawRequest(peer.url, GET);
    assertEquals([response.text, response.truncated], ["abc", true]);
  });
}

Deno.test("readResponse() tells a stream that the server broke off from a whole one", async () => {
  const failing = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode("part"));
      controller.error(new Error("broken off on purpose"));
    },
  });
  await using server = serve(() => new Response(failing));
  const response = await rawRequest(server.url, GET).catch((error: unknown) => error);
  // Deno may cut before the head or after it, never with a body that looks whole
  const cut = response instanceof ConnectionClosed || (response as { truncated: boolean }).truncated;
  assertEquals(cut, true);
});

Deno.test("readResponse() expects no body after HEAD, 204 and 304", async () => {
  await using server = serve(() => new Response("body", { headers: { "x-a": "1" } }));
  const head = await rawRequest(server.url, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HEAD");
  assertEquals([head.end, head.body.byteLength, head.get("content-length")], ["none", 0, "4"]);
  await using peer = answerOnce("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  assertEquals((await rawRequest(peer.url, GET)).end, "none");
});

Deno.test("readHead() throws when the connection ends before a head", async () => {
  await using peer = answerOnce("HTTP/1.1 200 O");
  const error = await assertRejects(() => rawRequest(peer.url, GET), ConnectionClosed);
  assertEquals(error.received, "HTTP/1.1 200 O");
});

Deno.test("A connection closes itself at its deadline and reads as ended", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  using connection = await RawConnection.open(`http://127.0.0.1:${listener.addr.port}`, { timeoutMs: 5 });
  await assertRejects(() => connection.readHead(), ConnectionClosed);
  (await accepted).close();
  listener.close();
});

Deno.test("readSome() reads a large body in small parts, and close() ends it in the middle", async () => {
  let sent = 0;
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  await using server = serve(() =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent += 65_536;
          controller.enqueue(new Uint8Array(65_536));
        },
        cancel: () => cancel(),
      }),
    )
  );
  const connection = await RawConnection.open(server.url);
  await connection.send(GET);
  assertEquals((await connection.readHead()).status, 200);
  assertEquals((await connection.readSome(10))?.byteLength, 10);
  connection.close();
  await cancelled;
  assertEquals(sent > 0, true);
});

Deno.test("readResponse() reads 20 MB whole", async () => {
  const body = crypto.getRandomValues(new Uint8Array(65_536));
  await using server = serve(() => new Response(ReadableStream.from(Array.from({ length: 320 }, () => body))));
  const response = await rawRequest(server.url, GET);
  assertEquals([response.body.byteLength, response.truncated], [320 * 65_536, false]);
  assertEquals(response.body.subarray(-65_536), body);
});
