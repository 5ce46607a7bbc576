/** What the Cache API lists and fetches, and what it answers to ranges and conditions. */
import { assertEquals, assertRejects } from "@std/assert";
import { CacheStore } from "../../../runtime/isolate/platform/cache_store.ts";
import { createCaches } from "../../../runtime/isolate/platform/caches.ts";

const URL_A = "http://h/a";

function scene(fetch: (request: Request) => Promise<Response> = () => Promise.reject(new TypeError("no net"))) {
  const time = { now: 1_000_000 };
  const store = new CacheStore(100_000, () => time.now);
  const { caches } = createCaches(store, { now: () => time.now, fetch });
  return { time, caches, cache: caches.default };
}

const urlsOf = (requests: readonly Request[]) => requests.map(({ url }) => url);
const textsOf = (found: readonly Response[]) => Promise.all(found.map((response) => response.text()));

Deno.test("keys() and matchAll() tell what is kept in the order in which it was put", async () => {
  const { cache, time } = scene();
  assertEquals([await cache.keys(), await cache.matchAll()], [[], []]);
  await cache.put(`${URL_A}?1`, new Response("one"));
  await cache.put(new Request(`${URL_A}?2`, { headers: { "x-of": "request" } }), new Response("two"));
  await cache.put("http://h/b", new Response("b", { headers: { "cache-control": "max-age=5" } }));
  await cache.match(`${URL_A}?1`);
  assertEquals(urlsOf(await cache.keys()), [`${URL_A}?1`, `${URL_A}?2`, "http://h/b"]);
  assertEquals(await textsOf(await cache.matchAll()), ["one", "two", "b"]);
  assertEquals(urlsOf(await cache.keys(URL_A)), []);
  assertEquals(urlsOf(await cache.keys(URL_A, { ignoreSearch: true })), [`${URL_A}?1`, `${URL_A}?2`]);
  assertEquals(await textsOf(await cache.matchAll(`${URL_A}?2`)), ["two"]);
  assertEquals((await cache.keys(`${URL_A}?2`))[0]!.headers.get("x-of"), "request");
  assertEquals(await (await cache.match(URL_A, { ignoreSearch: true }))!.text(), "one");
  const head = new Request(`${URL_A}?2`, { method: "HEAD" });
  assertEquals([(await cache.keys(head)).length, (await cache.keys(head, { ignoreMethod: true })).length], [0, 1]);
  await cache.put(`${URL_A}?1`, new Response("one again"));
  time.now += 5000;
  assertEquals(urlsOf(await cache.keys()), [`${URL_A}?2`, `${URL_A}?1`], "what is put again is put last");
  assertEquals(Object.isFrozen(await cache.keys()), true);
});

Deno.test("Vary decides in lists too", async () => {
  const { cache } = scene();
  for (const language of ["de", "en"]) {
    const request = new Request(URL_A, { headers: { "accept-language": language } });
    await cache.put(request, new Response(language, { headers: { vary: "Accept-Language" } }));
  }
  assertEquals(await textsOf(await cache.matchAll(new Request(URL_A, { headers: { "accept-language": "en" } }))), [
    "en",
  ]);
  assertEquals(await textsOf(await cache.matchAll(URL_A)), []);
  assertEquals(await textsOf(await cache.matchAll(URL_A, { ignoreVary: true })), ["de", "en"]);
});

Deno.test("match() answers a range of the body, or that there is none", async () => {
  const { cache } = scene();
  const headers = { "content-length": "10", etag: '"v1"', "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT" };
  await cache.put(URL_A, new Response("0123456789", { headers }));
  const ask = async (asked: Record<string, string>) => {
    const found = (await cache.match(new Request(URL_A, { headers: asked })))!;
    return [found.status, found.headers.get("content-range"), found.headers.get("content-length"), await found.text()];
  };
  const whole = [200, null, "10", "0123456789"];
  const expected: Readonly<Record<string, readonly unknown[]>> = {
    "bytes=0-3": [206, "bytes 0-3/10", "4", "0123"],
    "bytes=4-": [206, "bytes 4-9/10", "6", "456789"],
    "bytes=-3": [206, "bytes 7-9/10", "3", "789"],
    "bytes=-99": [206, "bytes 0-9/10", "10", "0123456789"],
    "bytes=8-99": [206, "bytes 8-9/10", "2", "89"],
    "Bytes = 9 - 9": [206, "bytes 9-9/10", "1", "9"],
    "bytes=10-": [416, "bytes */10", "0", ""],
    "bytes=-0": [416, "bytes */10", "0", ""],
    "bytes=3-2": whole,
    "bytes=-": whole,
    "bytes=a-b": whole,
    "bytes=0-1,3-4": whole,
    "lines=0-1": whole,
  };
  for (const [range, answer] of Object.entries(expected)) {
    assertEquals([range, ...await ask({ range })], [range, ...answer]);
  }
  const range = "bytes=0-0";
  const part = [206, "bytes 0-0/10", "1", "0"];
  assertEquals(await ask({ range, "if-range": '"v1"' }), part);
  assertEquals(await ask({ range, "if-range": headers["last-modified"] }), part);
  for (const other of ['"v2"', 'W/"v1"', "Sun, 06 Nov 1994 08:49:38 GMT"]) {
    assertEquals(await ask({ range, "if-range": other }), whole, other);
  }
  await cache.put("http://h/none", new Response(null, { status: 204 }));
  assertEquals((await cache.match(new Request("http://h/none", { headers: { range } })))!.status, 204);
});

Deno.test("match() tells that nothing has changed", async () => {
  const { cache } = scene();
  const headers = { etag: 'W/"v1"', "last-modified": "Sun, 06 Nov 1994 08:49:37 GMT" };
  await cache.put(URL_A, new Response("body", { headers }));
  const statusFor = async (asked: Record<string, string>) => {
    const found = (await cache.match(new Request(URL_A, { headers: asked })))!;
    assertEquals([found.headers.get("etag"), found.body === null], ['W/"v1"', found.status === 304]);
    return found.status;
  };
  assertEquals(await statusFor({ "if-none-match": '"v0", "v1"' }), 304);
  assertEquals(await statusFor({ "if-none-match": "*" }), 304);
  assertEquals(await statusFor({ "if-none-match": '"v2"' }), 200);
  assertEquals(await statusFor({ "if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT" }), 304);
  assertEquals(await statusFor({ "if-modified-since": "Sun, 06 Nov 1994 08:49:36 GMT" }), 200);
  assertEquals(await statusFor({ "if-modified-since": "yesterday" }), 200);
  const both = { "if-none-match": '"v2"', "if-modified-since": "Sun, 06 Nov 1994 08:49:37 GMT" };
  assertEquals(await statusFor(both), 200, "the tag alone counts");
});

Deno.test("add() and addAll() fetch and keep, all or none", async () => {
  const { cache } = scene((request) => {
    if (request.url.endsWith("/missing")) return Promise.resolve(new Response("no", { status: 404 }));
    if (request.url.endsWith("/part")) return Promise.resolve(new Response("p", { status: 206 }));
    return Promise.resolve(new Response(`fetched ${request.url}`));
  });
  await cache.add(URL_A);
  assertEquals(await (await cache.match(URL_A))!.text(), `fetched ${URL_A}`);
  for (const url of ["http://h/missing", "http://h/part", "ftp://h/x"]) {
    await assertRejects(() => cache.addAll(["http://h/good", url]), TypeError);
  }
  await assertRejects(() => cache.add(new Request(URL_A, { method: "POST" })), TypeError);
  assertEquals(urlsOf(await cache.keys()), [URL_A]);
});

Deno.test("caches.match() looks through the caches with a name", async () => {
  const { caches } = scene();
  for (const name of ["first", "second"]) await (await caches.open(name)).put(`http://h/${name}`, new Response(name));
  assertEquals(await (await caches.match("http://h/second"))?.text(), "second");
  assertEquals(await (await caches.match("http://h/second", { cacheName: "second" }))?.text(), "second");
  assertEquals(await caches.match("http://h/second", { cacheName: "first" }), undefined);
  assertEquals(await caches.match("http://h/third"), undefined);
});
