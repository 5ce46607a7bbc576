/** Holds the stand-in for @std/http: entity tags, status codes. */
import { STATUS_CODES } from "node:http";
import { assertEquals, assertMatch } from "@std/assert";
import { eTag, ifMatch, ifNoneMatch } from "@std/http/etag";
import { isStatus, STATUS_CODE, STATUS_TEXT } from "@std/http/status";

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

Deno.test("STATUS_TEXT has the text that node:http has for every code of STATUS_CODE", () => {
  assertEquals(STATUS_TEXT, Object.fromEntries(Object.values(STATUS_CODE).map((code) => [code, STATUS_CODES[code]])));
  assertEquals([isStatus(404), isStatus(299)], [true, false]);
});
