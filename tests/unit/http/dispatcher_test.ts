/** Tests the way of a request from the listener to its app and back, with an app that a test plays. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { AppCall } from "../../../runtime/terms/app_call.ts";
import { NanoError } from "../../../runtime/errors.ts";
import type { RequestEvent } from "../../../runtime/terms/events.ts";
import { Dispatcher, type ListenerView } from "../../../runtime/http/dispatcher.ts";
import { innerOf } from "../../../runtime/http/request_head.ts";
import { Router } from "../../../runtime/http/router.ts";
import { splitHeaders } from "../../../runtime/protocol/header_block.ts";

const LISTENER: ListenerView = { scheme: "http", inventedHosts: new Set(["localhost:8080"]), target: null };

/** A dispatcher in front of one app, "blog". */
class Door {
  readonly told: RequestEvent[] = [];
  readonly calls: AppCall[] = [];
  now = 100;
  /** What the app does with a call. */
  play: (call: AppCall) => void = (call) => call.respond(200, "content-type\ntext/plain\n", "hello");
  readonly target = {
    app: { name: "blog" },
    fetch: (call: AppCall) => {
      this.calls.push(call);
      this.play(call);
    },
  };
  readonly dispatcher: Dispatcher;

  constructor(options: { trustedProxies?: string[]; reveal?: boolean } = {}) {
    const router = new Router([{ hostnames: ["blog.test"], target: this.target }], null);
    this.dispatcher = new Dispatcher(router, {
      trustedProxies: options.trustedProxies ?? [],
      reveal: options.reveal ?? false,
      now: () => this.now,
      tell: (event) => this.told.push(event),
    });
  }

  /** Sends a request as Deno.serve would hand it over. */
  send(url: string, init: RequestInit = {}, listener: ListenerView = LISTENER): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has("host")) headers.set("host", new URL(url).host);
    const request = new Request(url, { ...init, headers });
    return this.dispatcher.handle(request, { transport: "tcp", hostname: "192.0.2.1", port: 4711 }, listener);
  }

  /** A header as the app of the last call sees it. */
  header(name: string): string | undefined {
    return splitHeaders(this.calls.at(-1)!.headers).find(([key]) => key.toLowerCase() === name)?.[1];
  }
}

Deno.test("Dispatcher hands a request to its app, answers with what the app said, and tells it", async () => {
  const door = new Door();
  door.play = (call) => {
    door.now = 130;
    call.respond(201, "set-cookie\na\nset-cookie\nb\nx-request-id\nforged\n", "h\u00e9");
  };
  const response = await door.send("http://blog.test/p?secret=1", { method: "POST", body: "in" });
  assertEquals([response.status, response.headers.getSetCookie(), await response.text()], [201, ["a", "b"], "h\u00e9"]);
  const [call] = door.calls;
  assertEquals([call!.method, call!.url, call!.remote], ["POST", "http://blog.test/p?secret=1", "192.0.2.1 4711"]);
  assertEquals(call!.takeBody(), "in");
  const requestId = response.headers.get("x-request-id");
  assertMatch(requestId!, /^[0-9a-f]{8}-[0-9a-z]+$/);
  assertEquals(door.header("x-request-id"), requestId ?? undefined, "the app sees the id that the client gets");
  assertEquals(door.told, [{
    event: "request",
    app: "blog",
    method: "POST",
    path: "/p",
    status: 201,
    bytes: 3,
    durationMs: 30,
    requestId: requestId!,
    code: null,
    end: "done",
  }]);
});

Deno.test("Dispatcher lets no app set or clear the dashboard's cookie, and leaves all other cookies alone", async () => {
  const door = new Door();
  const cookiesAfter = async (...values: string[]) => {
    door.play = (call) => call.respond(200, values.map((value) => `Set-Cookie\n${value}\n`).join(""), "");
    const response = await door.send("http://blog.test/");
    await response.body?.cancel();
    return response.headers.getSetCookie();
  };
  const planted = [
    "nano_session=x; Path=/",
    "nano_session=; Max-Age=0",
    " \tnano_session \t= x",
    "NANO_SESSION=x",
    "=nano_session=x",
    " = nano_session=x; Path=/a",
    "nano_session",
    "nano_session; Path=/",
  ];
  assertEquals(await cookiesAfter("a=1", ...planted, "b=2"), ["a=1", "b=2"]);
  const own = ["my_nano_session=1", "nano_sessions=1", "x=nano_session=1", "nano=1"];
  assertEquals(await cookiesAfter(...own), own);
});

Deno.test("Dispatcher lets an app clear the cookies of its own domain, but not of a host that the dashboard may have", async () => {
  const door = new Door();
  const sent = async (url: string, value: string) => {
    door.play = (call) => call.respond(200, `clear-site-data\n${value}\n`, "");
    const response = await door.send(url, {}, { ...LISTENER, target: () => door.target });
    await response.body?.cancel();
    return response.headers.get("clear-site-data");
  };
  for (const url of ["http://localhost:8080/", "http://127.0.0.1/", "http://[::1]:80/x", "http://localhost/?q"]) {
    assertEquals(await sent(url, '"cookies"'), null, url);
    assertEquals(await sent(url, '"*"'), null, url);
    assertEquals(await sent(url, '"cache"'), '"cache"', url);
  }
  for (const url of ["http://blog.test/", "http://shop.localhost/", "http://localhost.test/"]) {
    assertEquals(await sent(url, '"cookies"'), '"cookies"', url);
  }
});

Deno.test("Dispatcher gives every request an id of its own", async () => {
  const door = new Door();
  const ids = new Set<string | null>();
  for (let at = 0; at < 50; at++) ids.add((await door.send("http://blog.test/")).headers.get("x-request-id"));
  assertEquals(ids.size, 50);
});

Deno.test("Dispatcher answers APP_NOT_FOUND to a host that nobody claims, and makes it no app's request", async () => {
  const door = new Door();
  const response = await door.send("http://other.test/");
  assertEquals([response.status, response.headers.get("nano-error")], [404, "APP_NOT_FOUND"]);
  assertEquals([door.told[0]?.app, door.told[0]?.code], [null, "APP_NOT_FOUND"]);
});

Deno.test("Dispatcher answers BAD_REQUEST to a request without a Host, or with one that is none", async () => {
  const door = new Door();
  const handle = (headers: Record<string, string>, url: string) =>
    door.dispatcher.handle(new Request(url, { headers }), { transport: "tcp", hostname: "::1", port: 1 }, LISTENER);
  const invented = await handle({}, "http://localhost:8080/");
  assertEquals([invented.status, invented.headers.get("nano-error")], [400, "BAD_REQUEST"]);
  const malformed = await handle({ host: "a b" }, "http://blog.test/");
  assertEquals([malformed.status, door.calls.length], [400, 0]);
});

Deno.test("Dispatcher gives all requests of an app's own port to that app, whatever host they name", async () => {
  const door = new Door();
  const own = { ...LISTENER, target: () => door.target };
  assertEquals((await door.send("http://anything.test/", {}, own)).status, 200);
  const gone = await door.send("http://blog.test/", {}, { ...LISTENER, target: () => null });
  assertEquals(gone.headers.get("nano-error"), "APP_NOT_FOUND");
});

Deno.test("Dispatcher believes nobody's forwarded headers but a trusted proxy's", async () => {
  const headers = {
    "x-forwarded-for": "203.0.113.5",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "blog.test",
    "x-real-ip": "6.6.6.6",
    "x-request-id": "chosen",
  };
  const stranger = new Door();
  assertEquals((await stranger.send("http://inside.test/a", { headers })).status, 404);
  const refused = await stranger.send("http://blog.test/a?b", { headers });
  assert(refused.headers.get("x-request-id") !== "chosen");
  assertEquals(
    ["x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map((n) => stranger.header(n)),
    [
      "192.0.2.1",
      "192.0.2.1",
      "http",
      "blog.test",
    ],
  );

  const trusted = new Door({ trustedProxies: ["192.0.2.0/24"] });
  const response = await trusted.send("http://inside.test/a?b", { headers });
  assertEquals([response.status, response.headers.get("x-request-id")], [200, "chosen"]);
  assertEquals(trusted.calls[0]!.url, "https://blog.test/a?b");
  assertEquals(
    ["x-real-ip", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"].map((n) => trusted.header(n)),
    [
      "203.0.113.5",
      "203.0.113.5, 192.0.2.1",
      "https",
      "blog.test",
    ],
  );
  trusted.dispatcher.trust([]);
  assertEquals((await trusted.send("http://inside.test/", { headers })).status, 404, "trust can be taken back");
});

Deno.test("Dispatcher takes no request id that would break a log, even from a trusted proxy", async () => {
  const door = new Door({ trustedProxies: ["192.0.2.1"] });
  for (const id of ["a b", "x".repeat(129), "\u00e9"]) {
    const response = await door.send("http://blog.test/", { headers: { "x-request-id": id } });
    assertMatch(response.headers.get("x-request-id")!, /^[0-9a-f]{8}-/);
  }
});

Deno.test("Dispatcher tells a streamed answer once it has ended, with the bytes it came to", async () => {
  const door = new Door();
  door.play = (call) => call.respond(200, "", ReadableStream.from([new Uint8Array([1, 2])]));
  const response = await door.send("http://blog.test/");
  assertEquals([await response.bytes(), door.told], [new Uint8Array([1, 2]), []]);
  door.calls[0]!.finish(2, "done");
  assertEquals(door.told.map(({ status, bytes }) => [status, bytes]), [[200, 2]]);
});

Deno.test("Dispatcher shows details of a failure with reveal only", async () => {
  for (const reveal of [false, true]) {
    const door = new Door({ reveal });
    door.play = (call) => call.fail(new NanoError("APP_EXCEPTION", "Cannot answer", { details: ["stack"] }));
    const response = await door.send("http://blog.test/");
    assertEquals([response.status, (await response.text()).includes("stack")], [500, reveal]);
    assertEquals(door.told[0]?.code, "APP_EXCEPTION");
  }
});

Deno.test("Dispatcher asks clients to close their connections once it drains, and routes by a new router at once", async () => {
  const door = new Door();
  assertEquals((await door.send("http://blog.test/")).headers.get("connection"), null);
  door.dispatcher.startDraining();
  assertEquals((await door.send("http://blog.test/")).headers.get("connection"), "close");
  assertEquals((await door.send("http://other.test/")).headers.get("connection"), "close");
  door.dispatcher.use(new Router([], null));
  assertEquals((await door.send("http://blog.test/")).status, 404);
});

Deno.test("Dispatcher tells an app's call when its client goes away", async () => {
  const door = new Door();
  const client = new AbortController();
  let gone = 0;
  door.play = (call) => {
    call.onClientGone(() => gone++);
    call.respond(200, "", null);
  };
  await door.send("http://blog.test/", { signal: client.signal });
  client.abort();
  client.abort();
  assertEquals(gone, 1);
});

Deno.test("Dispatcher gives no body to a GET and none for an empty one", async () => {
  const door = new Door();
  await door.send("http://blog.test/");
  await door.send("http://blog.test/", { method: "POST", body: new Uint8Array(0) });
  assertEquals(door.calls.map((call) => call.takeBody()), [null, null]);
});

Deno.test("Dispatcher asks clients to come back until it has a router: no host is unknown for good before", async () => {
  const dispatcher = new Dispatcher(null, { trustedProxies: [], reveal: false, now: () => 0, tell: () => {} });
  const remote: Deno.NetAddr = { transport: "tcp", hostname: "192.0.2.1", port: 4711 };
  const ask = async () => {
    const request = new Request("http://blog.test/", { headers: { host: "blog.test" } });
    const response = await dispatcher.handle(request, remote, LISTENER);
    await response.body?.cancel();
    return [response.status, response.headers.get("nano-error"), response.headers.has("retry-after")];
  };
  assertEquals(await ask(), [503, "APP_UNAVAILABLE", true]);
  dispatcher.use(new Router([], null));
  assertEquals(await ask(), [404, "APP_NOT_FOUND", false]);
});

Deno.test("Dispatcher refuses methods that no Request of the Fetch standard can have", async () => {
  const door = new Door();
  for (const method of ["CONNECT", "TRACE", "track"]) {
    const request = new Request("http://blog.test/", { headers: { host: "blog.test" } });
    // As Deno.serve hands them over; their constructor refuses all three.
    Object.defineProperty(innerOf(request) ?? request, "method", { value: method });
    const remote = { transport: "tcp", hostname: "192.0.2.1", port: 4711 } as const;
    const response = await door.dispatcher.handle(request, remote, LISTENER);
    assertEquals([response.status, (await response.json()).code], [400, "BAD_REQUEST"]);
  }
  assertEquals(door.calls, []);
});
