/** Tests the reading of a request's head, through Deno's inner slots and through the public API. */
import { assertEquals } from "@std/assert";
import { SESSION_COOKIE as dashboardCookie } from "../../../admin/gate/session.ts";
import { doorHeaders, innerOf, readRequestHead, SESSION_COOKIE_START } from "../../../runtime/http/request_head.ts";
import { splitHeaders } from "../../../runtime/protocol/header_block.ts";

for (const path of ["inner slots", "public API"] as const) {
  const read = (headers: [string, string][], method = "GET") => {
    const request = new Request("http://a.test/p?q", { method, headers });
    return readRequestHead(request, path === "inner slots" ? innerOf(request) : null);
  };

  Deno.test(`readRequestHead() keeps an app's headers and takes out what the front door sets (${path})`, () => {
    const head = read([
      ["accept", "*/*"],
      ["X-Real-IP", "6.6.6.6"],
      ["X-Request-Id", "r-1"],
      ["x-forwarded-for", "1.1.1.1"],
      ["X-Forwarded-Host", "b.test"],
      ["x-forwarded-proto", "https"],
      ["cookie", "a=1"],
      ["x-forwarded-port", "1"],
    ], "PUT");
    assertEquals([head.method, head.url, head.requestId], ["PUT", "http://a.test/p?q", "r-1"]);
    assertEquals(head.forwarded, { for: "1.1.1.1", proto: "https", host: "b.test" });
    const kept = splitHeaders(head.headers).map(([name, value]) => [name.toLowerCase(), value]).sort();
    assertEquals(kept, [["accept", "*/*"], ["cookie", "a=1"], ["x-forwarded-port", "1"]]);
  });

  Deno.test(`readRequestHead() keeps the dashboard's session from the apps (${path})`, () => {
    const cookies = (value: string) => splitHeaders(read([["Cookie", value]]).headers).map(([, kept]) => kept);
    assertEquals(SESSION_COOKIE_START, `${dashboardCookie}=`);
    assertEquals(cookies("a=1; nano_session=secret; b=2"), ["a=1; b=2"]);
    assertEquals(cookies("nano_session=secret;b=2"), ["b=2"]);
    assertEquals(cookies("nano_session=secret"), []);
    assertEquals(cookies("my_nano_session=mine"), ["my_nano_session=mine"]);
  });

  Deno.test(`readRequestHead() names a transfer coding that nobody takes back (${path})`, () => {
    assertEquals(read([["transfer-encoding", " Chunked"]], "POST").transferCoding, null);
    assertEquals(read([["Transfer-Encoding", "gzip, chunked"]], "POST").transferCoding, "gzip, chunked");
    assertEquals(read([["transfer-encoding", "chunked"], ["x-forwarded-data", "gzip"]]).transferCoding, null);
  });

  Deno.test(`readRequestHead() joins a chain that came in several headers (${path})`, () => {
    assertEquals(
      read([["x-forwarded-for", "1.1.1.1"], ["X-FORWARDED-FOR", "2.2.2.2"]]).forwarded?.for,
      "1.1.1.1, 2.2.2.2",
    );
  });

  Deno.test(`readRequestHead() tells what is missing (${path})`, () => {
    const { host, declaredBytes, requestId, forwarded, headers } = read([]);
    assertEquals([host, declaredBytes, requestId, forwarded, headers], [null, null, null, null, ""]);
  });
}

Deno.test("readRequestHead() reads Host and the declared length however they are written", () => {
  const request = new Request("http://a.test/");
  const headerList: [string, string][] = [["HOST", "a.test"], ["Content-LENGTH", "12"], ["hOsT", "b.test"]];
  const head = readRequestHead(request, { method: "POST", url: () => "http://a.test/", headerList, body: null });
  assertEquals([head.host, head.declaredBytes], ["a.test", 12]);
  assertEquals(splitHeaders(head.headers), headerList);
});

Deno.test("doorHeaders() tells the app its client, the chain, the address asked for and the request's id", () => {
  const block = doorHeaders({
    client: "1.1.1.1",
    chain: "1.1.1.1, ::1",
    scheme: "https",
    host: "a.test",
    requestId: "r",
  });
  assertEquals(splitHeaders(block), [
    ["x-real-ip", "1.1.1.1"],
    ["x-forwarded-for", "1.1.1.1, ::1"],
    ["x-forwarded-proto", "https"],
    ["x-forwarded-host", "a.test"],
    ["x-request-id", "r"],
  ]);
});

Deno.test("readRequestHead() takes a length that was said twice for one", () => {
  const request = new Request("http://a.test/");
  const inner = innerOf(request)!;
  inner.headerList.push(["Content-Length", "5"], ["content-length", "5"]);
  const head = readRequestHead(request, inner);
  assertEquals([head.declaredBytes, head.headers], [5, "Content-Length\n5\n"]);
});
