/** Holds the stand-in for @std/http: cookies, entity tags, status codes. */
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { deleteCookie, getCookies, setCookie } from "@std/http/cookie";
import { eTag, ifMatch, ifNoneMatch } from "@std/http/etag";
import { isStatus, STATUS_CODE, STATUS_TEXT } from "@std/http/status";

Deno.test("getCookies() reads every pair as it stands", () => {
  assertEquals(getCookies(new Headers({ cookie: "a=1; b=x=y;c=; lone" })), { a: "1", b: "x=y", c: "" });
  assertEquals(getCookies(new Headers()), {});
});

Deno.test("setCookie() writes all attributes, and appends", () => {
  const headers = new Headers();
  setCookie(headers, {
    name: "a",
    value: "1",
    secure: true,
    httpOnly: true,
    maxAge: 60,
    domain: "a.test",
    sameSite: "Strict",
    path: "/x",
    expires: new Date(0),
  });
  setCookie(headers, { name: "__Host-b", value: "2", domain: "dropped.test", path: "/dropped" });
  assertEquals(headers.getSetCookie(), [
    "a=1; Secure; HttpOnly; Max-Age=60; Domain=a.test; SameSite=Strict; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "__Host-b=2; Secure; Path=/",
  ]);
});

Deno.test("setCookie() refuses what would break the header", () => {
  const headers = new Headers();
  for (const cookie of [{ name: "a b", value: "" }, { name: "a", value: "x;y" }, { name: "a", value: "x\r\ny" }]) {
    assertThrows(() => setCookie(headers, cookie), TypeError);
  }
  assertThrows(() => setCookie(headers, { name: "a", value: "b", path: "/;Secure" }), TypeError);
  assertEquals(headers.getSetCookie(), []);
});

Deno.test("deleteCookie() lets the cookie expire", () => {
  const headers = new Headers();
  deleteCookie(headers, "a", { path: "/" });
  assertEquals(headers.getSetCookie(), ["a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
});

Deno.test("eTag() is strong for content and weak for file information", async () => {
  const text = await eTag("hello");
  assertMatch(text, /^"5-[A-Za-z0-9+/]{27}"$/);
  assertEquals(await eTag(new TextEncoder().encode("hello")), text);
  assertEquals(await eTag("hello", { weak: true }), `W/${text}`);
  assertEquals(text === await eTag("hellp"), false);
  assertMatch(await eTag({ size: 255, mtime: new Date(0) }) ?? "", /^W\/"ff-[A-Za-z0-9+/]{27}"$/);
  assertEquals(await eTag({ size: 255, mtime: null }), undefined);
});

Deno.test("ifNoneMatch() compares weakly and ifMatch() strongly", () => {
  assertEquals(ifNoneMatch(null, '"a"'), true);
  assertEquals(ifNoneMatch('"x", W/"a"', '"a"'), false);
  assertEquals(ifNoneMatch('"a,b"', 'W/"a,b"'), false);
  assertEquals(ifNoneMatch("*", '"a"'), false);
  assertEquals(ifNoneMatch('"x"', '"a"'), true);
  assertEquals(ifMatch('"x", "a"', '"a"'), true);
  assertEquals(ifMatch('W/"a"', 'W/"a"'), false);
  assertEquals(ifMatch("*", '"a"'), true);
  assertEquals(ifMatch(null, '"a"'), false);
});

Deno.test("STATUS_TEXT has a text for every code of STATUS_CODE", () => {
  assertEquals(Object.values(STATUS_CODE).filter((code) => !STATUS_TEXT[code]), []);
  assertEquals(STATUS_TEXT[STATUS_CODE.NotFound], "Not Found");
  assertEquals([isStatus(404), isStatus(299)], [true, false]);
});
