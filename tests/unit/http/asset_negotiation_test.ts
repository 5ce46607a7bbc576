/** Codings, conditions and ranges, each by the rules of RFC 9110. */
import { assertEquals } from "@std/assert";
import type { AssetFile } from "../../../runtime/http/asset_files.ts";
import {
  acceptedCodings,
  acceptsHtml,
  conditionStatus,
  requestedRange,
} from "../../../runtime/http/asset_negotiation.ts";

const MODIFIED = "Wed, 21 Oct 2015 07:28:00 GMT";
const BEFORE = "Wed, 21 Oct 2015 07:27:59 GMT";
const AFTER = "Wed, 21 Oct 2015 07:28:01 GMT";
const FILE: AssetFile = { path: "/f", size: 100, mtimeMs: Date.parse(MODIFIED) + 500, etag: '"tag"' };

function header(headers: Readonly<Record<string, string>>): (name: string) => string | null {
  return (name) => headers[name] ?? null;
}

Deno.test("Codings are ordered by the client's wish, then by what compresses better", () => {
  const cases: [string | null, string[]][] = [
    [null, []],
    ["", []],
    ["gzip, deflate, br, zstd", ["br", "gzip"]],
    ["gzip", ["gzip"]],
    ["GZIP;Q=0.5, BR;q=0.1", ["gzip", "br"]],
    ["br;q=0, gzip", ["gzip"]],
    ["*", ["br", "gzip"]],
    ["*;q=0.5, br;q=0", ["gzip"]],
    ["identity", []],
    ["identity;q=1, br;q=0.5, gzip", ["gzip"]],
    ["br;q=nonsense, x-gzip", ["gzip"]],
  ];
  for (const [accept, codings] of cases) {
    assertEquals(acceptedCodings(accept).map(({ coding }) => coding), codings, String(accept));
  }
});

Deno.test("Only a client that names HTML accepts it", () => {
  for (const accept of ["text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "a/b, TEXT/HTML;q=0.1"]) {
    assertEquals(acceptsHtml(accept), true, accept);
  }
  for (const accept of [null, "*/*", "text/*", "application/json", "text/html;q=0", "text/htmlx"]) {
    assertEquals(acceptsHtml(accept), false, String(accept));
  }
});

Deno.test("Conditions are looked at in the order of RFC 9110", () => {
  const cases: [Record<string, string>, 200 | 304 | 412][] = [
    [{}, 200],
    [{ "if-none-match": '"tag"' }, 304],
    [{ "if-none-match": 'W/"tag"' }, 304],
    [{ "if-none-match": '"a", "tag"' }, 304],
    [{ "if-none-match": "*" }, 304],
    [{ "if-none-match": '"other"' }, 200],
    [{ "if-none-match": '"other"', "if-modified-since": MODIFIED }, 200],
    [{ "if-modified-since": MODIFIED }, 304],
    [{ "if-modified-since": AFTER }, 304],
    [{ "if-modified-since": BEFORE }, 200],
    [{ "if-modified-since": "yesterday-ish" }, 200],
    [{ "if-modified-since": "2100" }, 200],
    [{ "if-match": '"tag"' }, 200],
    [{ "if-match": 'W/"tag"' }, 412],
    [{ "if-match": '"other"', "if-none-match": '"tag"' }, 412],
    [{ "if-match": '"tag"', "if-unmodified-since": BEFORE }, 200],
    [{ "if-unmodified-since": BEFORE }, 412],
    [{ "if-unmodified-since": MODIFIED }, 200],
  ];
  for (const [headers, status] of cases) {
    assertEquals(conditionStatus(header(headers), FILE), status, JSON.stringify(headers));
  }
});

Deno.test("A range is one part, the whole, or none", () => {
  const cases: [string, { from: number; length: number } | "none" | null][] = [
    ["bytes=0-0", { from: 0, length: 1 }],
    ["bytes=10-19", { from: 10, length: 10 }],
    ["BYTES = 10 - 19", { from: 10, length: 10 }],
    ["bytes=90-", { from: 90, length: 10 }],
    ["bytes=90-1000", { from: 90, length: 10 }],
    ["bytes=-10", { from: 90, length: 10 }],
    ["bytes=-1000", { from: 0, length: 100 }],
    ["bytes=99-99", { from: 99, length: 1 }],
    ["bytes=100-", "none"],
    ["bytes=100-200", "none"],
    ["bytes=-0", "none"],
    ["bytes=99999999999999999999999-", "none"],
    ["bytes=20-10", null],
    ["bytes=0-1,5-6", null],
    ["bytes=-", null],
    ["bytes=a-b", null],
    ["lines=0-1", null],
    ["bytes=--1", null],
  ];
  for (const [range, wanted] of cases) assertEquals(requestedRange(header({ range }), FILE), wanted, range);
  assertEquals(requestedRange(header({ range: "bytes=0-" }), { ...FILE, size: 0 }), "none");
});

Deno.test("If-Range keeps a range only for the very same file", () => {
  const cases: [string, boolean][] = [
    ['"tag"', true],
    ['"other"', false],
    ['W/"tag"', false],
    [MODIFIED, true],
    [BEFORE, false],
    [AFTER, false],
    ["nonsense", false],
  ];
  for (const [validator, isKept] of cases) {
    const range = requestedRange(header({ range: "bytes=0-9", "if-range": validator }), FILE);
    assertEquals(range, isKept ? { from: 0, length: 10 } : null, validator);
  }
});
