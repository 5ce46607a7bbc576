import { assertEquals, assertThrows } from "@std/assert";
import { once } from "node:events";
import type { ClientRequest } from "../../../runtime/node/http/client_request.ts";
import type { IncomingMessage } from "../../../runtime/node/http/incoming_message.ts";
import http from "../../../runtime/node/http.ts";
import { requestFailure } from "../../../runtime/node/http/request_failure.ts";
import https from "../../../runtime/node/https.ts";

/** A server to ask, and the text of an answer. */
async function asking<T>(handler: Deno.ServeHandler, ask: (origin: string) => Promise<T>): Promise<T> {
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, handler);
  return await ask(`http://127.0.0.1:${(server.addr as Deno.NetAddr).port}`);
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  response.setEncoding("utf8");
  for await (const chunk of response) text += chunk;
  return text;
}

const echo: Deno.ServeHandler = async (request) =>
  Response.json([
    request.method,
    new URL(request.url).pathname,
    request.headers.get("authorization"),
    request.headers.get("x-a"),
    await request.text(),
  ]);

Deno.test("get and request send method, path, headers, auth and body, whole or in pieces", async () => {
  await asking(echo, async (origin) => {
    const [got] = await once(http.get(`${origin}/a`, { headers: { "X-A": ["1", "2"] } }), "response");
    assertEquals(got.statusCode, 200);
    assertEquals(JSON.parse(await textOf(got)), ["GET", "/a", null, "1, 2", ""]);
    const { hostname, port } = new URL(origin);
    const posted = http.request({ hostname, port, path: "/b", method: "post", auth: "u:p" });
    posted.write("in ");
    setTimeout(() => posted.end("pieces"), 0);
    const [answer] = await once(posted, "response");
    assertEquals(JSON.parse(await textOf(answer)), ["POST", "/b", `Basic ${btoa("u:p")}`, null, "in pieces"]);
    assertEquals(answer.complete, true);
  });
});

Deno.test("A redirect is an answer like any other, with each cookie of its own", async () => {
  const headers = new Headers([["location", "/next"], ["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  await asking(() => new Response(null, { status: 302, headers }), async (origin) => {
    const [response] = await once(http.get(origin), "response");
    response.resume();
    assertEquals([response.statusCode, response.headers.location], [302, "/next"]);
    assertEquals(response.headers["set-cookie"], ["a=1", "b=2"]);
    await once(response, "close");
  });
});

Deno.test("Why fetch failed is an error with Node's code", () => {
  const codes = [
    ["Cannot fetch http://a.test: connect ECONNREFUSED 127.0.0.1:1", "ECONNREFUSED", "connect"],
    ["Cannot fetch http://a.test: getaddrinfo ENOTFOUND a.test", "ENOTFOUND", "getaddrinfo"],
    ["Cannot fetch http://a.test: other side closed", "ECONNRESET", "connect"],
    ["Cannot fetch http://a.test: Connect Timeout Error", "ETIMEDOUT", "connect"],
    ['Cannot connect to "a.test": the policy "none" allows no connection', "EACCES", "connect"],
  ];
  for (const [message, code, syscall] of codes) {
    const cause = new TypeError(message);
    const error = requestFailure(cause, { host: "a.test" }) as unknown as Record<string, unknown>;
    assertEquals([error["message"], error["code"], error["syscall"], error["cause"]], [message, code, syscall, cause]);
    assertEquals(error["hostname"], "a.test");
  }
});

Deno.test("A request that is destroyed, aborted or timed out says so", async () => {
  const never = Promise.withResolvers<Response>();
  await asking(() => never.promise, async (origin) => {
    const destroyed = http.get(origin);
    setTimeout(() => destroyed.destroy(), 0);
    assertEquals((await once(destroyed, "error"))[0].code, "ECONNRESET");
    const control = new AbortController();
    const aborted = http.get(origin, { signal: control.signal });
    setTimeout(() => control.abort(), 0);
    assertEquals((await once(aborted, "error"))[0].name, "AbortError");
    const late = http.get(origin, { timeout: 1 });
    await once(late, "timeout");
    late.destroy(new Error("mine"));
    assertEquals((await once(late, "error"))[0].message, "mine");
    never.resolve(new Response());
  });
});

Deno.test("A request is refused where it is made when it names another protocol or no path", () => {
  assertThrows(() => http.get("https://a.test/"), TypeError, 'Protocol "https:" not supported. Expected "http:"');
  assertThrows(() => https.get("http://a.test/"), TypeError, 'Protocol "http:" not supported. Expected "https:"');
  assertThrows(() => http.get({ host: "a.test", path: "/a b" }), TypeError, "unescaped");
});

Deno.test("Tables, agents and checks are those of Node", () => {
  assertEquals([http.METHODS.includes("M-SEARCH"), http.STATUS_CODES[418]], [true, "I'm a Teapot"]);
  assertEquals([http.globalAgent.defaultPort, https.globalAgent.defaultPort], [80, 443]);
  assertEquals(http.globalAgent.getName({ host: "a", port: 1 }), "a:1:");
  assertEquals(new https.Agent() instanceof http.Agent, true);
  assertEquals(http.maxHeaderSize, 16384);
  assertThrows(() => http.validateHeaderName(""), TypeError, "Header name must be a valid HTTP token");
  assertThrows(() => http.validateHeaderValue("a", "ж"), TypeError, "Invalid character");
});

Deno.test("An agent of an app's own sees a request before its head is taken, and what comes of it", async () => {
  const seen: unknown[] = [];
  class Watching extends http.Agent {
    override addRequest(request: ClientRequest, options: { path?: string }): void {
      seen.push(options.path, request.getHeader("x-a"));
      const implicitHeader = request._implicitHeader.bind(request);
      request._implicitHeader = () => {
        request.setHeader("x-a", "by the agent");
        implicitHeader();
      };
      const emit = request.emit.bind(request) as (...given: unknown[]) => boolean;
      request.emit = (...given: unknown[]) => {
        if (given[0] === "response") seen.push((given[1] as IncomingMessage).statusCode);
        return emit(...given);
      };
      super.addRequest(request, options);
    }
  }
  await asking(echo, async (origin) => {
    const { hostname, port } = new URL(origin);
    const asked = http.get({ hostname, port, path: "/c", agent: new Watching(), headers: { "x-a": "1" } });
    const [got] = await once(asked, "response");
    assertEquals(JSON.parse(await textOf(got))[3], "by the agent");
  });
  assertEquals(seen, ["/c", "1", 200]);
});
