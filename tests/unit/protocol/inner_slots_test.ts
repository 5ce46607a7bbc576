/**
 * Tests the fast paths into Deno's fetch classes against the public API.
 *
 * What a caller does without them (`innerSlots` null) cannot be chosen here: the constant is settled when its module
 * loads. The public paths that take an argument are tested where they are (request_head_test.ts).
 */
import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type InnerSlots, innerSlots } from "../../../runtime/protocol/inner_slots.ts";

/** This Deno's slots; NANO would be slower, not wrong, without them, but nobody should find out by chance. */
function slots(): InnerSlots {
  assert(innerSlots !== null, "the self-test does not pass on this Deno: look for renamed slots");
  return innerSlots;
}

Deno.test("innerSlots passes its self-test on this Deno", () => {
  slots();
});

Deno.test("innerSlots reads a request as the public API does", () => {
  const headers: [string, string][] = [["x-a", "1"], ["x-a", "2"], ["x-b", "\u00e9"]];
  const request = new Request("http://a.test/p?q#f", { method: "PATCH", headers });
  const inner = slots().request(request);
  assertEquals([inner.method, inner.url()], [request.method, request.url]);
  assertEquals([...new Headers(inner.headerList)], [...request.headers]);
});

Deno.test("innerSlots takes a request's body once and marks it as used", () => {
  const request = new Request("http://a.test/", { method: "POST", body: "text" });
  const inner = slots().request(request);
  assertEquals(slots().takeRequestBody(inner), "text");
  assertEquals(request.bodyUsed, true);
  assertThrows(() => slots().takeRequestBody(inner), TypeError, "already used");
  assertEquals(slots().takeRequestBody(slots().request(new Request("http://a.test/"))), null);
});

Deno.test("innerSlots makes a response that the public API reads as if it were constructed", async () => {
  const table = [
    { status: 200, body: "h\u00e9llo" },
    { status: 404, body: new Uint8Array([1, 2, 255]) },
    { status: 204, body: null },
  ];
  for (const { status, body } of table) {
    const made = slots().makeResponse(status, [["x-a", "1"], ["set-cookie", "a"], ["set-cookie", "b"]], body);
    assert(made instanceof Response);
    assertEquals([made.status, made.ok, made.type, made.redirected], [status, status < 300, "default", false]);
    assertEquals([made.headers.get("x-a"), made.headers.getSetCookie()], ["1", ["a", "b"]]);
    const copy = made.clone();
    const expected = await new Response(body).bytes();
    assertEquals(await made.bytes(), expected);
    assertEquals([made.bodyUsed, await copy.bytes()], [body !== null, expected]);
  }
});

const RESPONSES: readonly [string, () => Response][] = [
  ["a text", () => new Response("text")],
  ["a text of a type", () => new Response("text", { headers: { "content-type": "text/x" } })],
  ["JSON", () => Response.json({ a: 1 })],
  ["nothing", () => new Response(null, { status: 204, statusText: "Nothing" })],
  ["an empty text", () => new Response("")],
  ["bytes", () => new Response(new Uint8Array([1, 2, 3]))],
  ["an ArrayBuffer", () => new Response(new Uint8Array([1, 2, 3]).buffer)],
  ["a Blob", () => new Response(new Blob(["b"], { type: "text/b" }))],
  ["a form", () => new Response(new URLSearchParams({ a: "1" }))],
  ["a stream", () => new Response(ReadableStream.from([new Uint8Array([7])]))],
  ["a redirect", () => Response.redirect("http://a.test/x", 307)],
  ["a clone", () => new Response("text").clone()],
  ["headers that were changed after", () => {
    const response = new Response("text");
    response.headers.append("set-cookie", "a=1");
    response.headers.set("content-type", "text/y");
    return response;
  }],
  ["headers that were deleted after", () => {
    const response = new Response("text");
    response.headers.delete("content-type");
    return response;
  }],
  ["a text whose body was looked at", () => {
    const response = new Response("text");
    assert(response.body !== null);
    return response;
  }],
];

for (const [what, make] of RESPONSES) {
  Deno.test(`innerSlots.takeResponse() sees ${what} as the public API does`, async () => {
    const seen = make();
    const taken = slots().takeResponse(make());
    assert(taken !== null);
    assertEquals(taken.headers.length, [...seen.headers].length, "no header twice");
    assertEquals([taken.status, taken.statusText], [seen.status, seen.statusText]);
    assertEquals([...new Headers(taken.headers)], [...seen.headers]);
    assertEquals(await new Response(taken.body as BodyInit | null).bytes(), await seen.bytes());
  });
}

Deno.test("innerSlots.takeResponse() refuses a used body and marks the one it took", async () => {
  for (const [what, make] of RESPONSES) {
    const used = make();
    if (used.body === null) continue;
    await used.bytes();
    assertThrows(() => slots().takeResponse(used), TypeError, "already used", what);
  }
  const locked = new Response(new ReadableStream());
  const reader = locked.body!.getReader();
  const taken = (() => {
    try {
      return slots().takeResponse(locked);
    } catch {
      return null;
    }
  })();
  if (taken?.body instanceof ReadableStream) assert(taken.body.locked, "whoever reads on meets the lock");
  await reader.cancel();
});

Deno.test("innerSlots.takeResponse() marks what it took as used: one response answers one request", () => {
  for (const [what, make] of RESPONSES) {
    const response = make();
    if (slots().takeResponse(response)!.body instanceof ReadableStream || response.body === null) continue;
    assertThrows(() => slots().takeResponse(response), TypeError, "already used", what);
  }
});

Deno.test("innerSlots.takeResponse() takes no object that only looks like a response", () => {
  assertStrictEquals(slots().takeResponse(Object.create(Response.prototype) as Response), null);
});

Deno.test("innerSlots.makeRequest() makes a genuine request over an inner object", async () => {
  const inner = {
    method: "PUT",
    url: () => "http://a.test/made",
    headerList: [["x-a", "1"]],
    body: slots().makeBody("content"),
    redirectMode: "follow",
    urlList: [() => "http://a.test/made"],
  };
  const request = slots().makeRequest(inner);
  assert(request instanceof Request);
  assertEquals([request.method, request.url, request.headers.get("x-a")], ["PUT", "http://a.test/made", "1"]);
  assertThrows(() => request.headers.set("x-a", "2"), TypeError);
  assertEquals(await request.text(), "content");
});
