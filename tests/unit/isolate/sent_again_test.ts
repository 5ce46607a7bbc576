/** Where a redirect leads a body that is sent again, and what of its headers goes along. */
import { assertEquals, assertThrows } from "@std/assert";
import { blobInternals } from "../../../runtime/isolate/bodies/blob.ts";
import { makeRequest } from "../../../runtime/isolate/bodies/body_sources.ts";
import { KnownBody } from "../../../runtime/isolate/bodies/known_body.ts";
import { requestAfter } from "../../../runtime/isolate/traffic/sent_again.ts";

const PARTS = [new TextEncoder().encode("body")];
const HEADERS = { authorization: "a", cookie: "c", "x-own": "o", "content-type": "t/x", "content-language": "de" };

function after(status: number, location: string | null, { method = "POST", redirects = 0 } = {}): Request | null {
  const body = blobInternals.create(PARTS, "");
  const request = makeRequest(["http://h/a/b?q#hash", { method, headers: HEADERS, body }]);
  const headers: [string, string][] = location === null ? [] : [["Location", location]];
  return requestAfter({ request, body: new KnownBody(PARTS, ""), hasBody: true, redirects }, status, headers);
}

Deno.test("A redirect keeps the body or drops it by its status and the method", async () => {
  for (
    const [status, method, kept] of [
      [301, "POST", false],
      [302, "POST", false],
      [303, "POST", false],
      [303, "PUT", false],
      [301, "PUT", true],
      [302, "PATCH", true],
      [307, "POST", true],
      [308, "DELETE", true],
    ] as const
  ) {
    const next = after(status, "/c", { method })!;
    assertEquals(
      [status, next.method, next.url, await next.text(), next.headers.get("content-type")],
      kept ? [status, method, "http://h/c#hash", "body", "t/x"] : [status, "GET", "http://h/c#hash", "", null],
    );
    assertEquals([next.headers.get("authorization"), next.headers.get("x-own")], ["a", "o"]);
    assertEquals(next.headers.get("content-language"), kept ? "de" : null);
  }
  for (const status of [200, 300, 304, 305, 306]) assertEquals(after(status, "/c"), null);
  assertEquals(after(307, null), null);
});

Deno.test("Another origin gets no credentials", () => {
  for (const url of ["http://other/", "https://h/", "http://h:8080/", "//other/"]) {
    const { headers } = after(307, url)!;
    assertEquals([headers.get("authorization"), headers.get("cookie"), headers.get("x-own")], [null, null, "o"], url);
  }
});

Deno.test("A Location is read as UTF-8, with a fragment of its own or that of the request", () => {
  assertEquals(after(307, "c#new")!.url, "http://h/a/c#new");
  assertEquals(after(307, "/\u00c3\u00a9")!.url, "http://h/%C3%A9#hash");
  for (const url of ["http://[", "ftp://h/", "data:,x"]) assertThrows(() => after(307, url), TypeError);
  assertThrows(() => after(307, "/c", { redirects: 20 }), TypeError, "20 redirects");
});
