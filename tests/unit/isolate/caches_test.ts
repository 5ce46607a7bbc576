/** The Cache API of an app: what is kept, found, refused and let go. */
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CacheStore } from "../../../runtime/isolate/platform/cache_store.ts";
import { createCaches } from "../../../runtime/isolate/platform/caches.ts";

const URL_A = "http://h/a";

function scene(maxBytes = 100_000, fetch: (request: Request) => Promise<Response> = () => Promise.reject("no net")) {
  const time = { now: 1_000_000 };
  const store = new CacheStore(maxBytes, () => time.now);
  const made = createCaches(store, { now: () => time.now, fetch });
  return { ...made, store, time, cache: made.caches.default };
}

async function textOf(found: Promise<Response | undefined>): Promise<string | undefined> {
  return await (await found)?.text();
}

Deno.test("A response is found again with all it had, as often as asked", async () => {
  const { cache } = scene();
  const response = new Response("body", {
    status: 203,
    statusText: "Fine",
    headers: { "x-a": "1", "content-type": "a/b" },
  });
  assertEquals(await cache.put(URL_A, response), undefined);
  assert(response.bodyUsed);
  for (let round = 0; round < 2; round++) {
    const found = (await cache.match(new Request(URL_A)))!;
    assertEquals([found.status, found.statusText, [...found.headers]], [203, "Fine", [["content-type", "a/b"], [
      "x-a",
      "1",
    ]]]);
    const bytes = await found.bytes();
    assertEquals(new TextDecoder().decode(bytes), "body");
    bytes.fill(0);
  }
  assertEquals(await cache.match("http://h/other"), undefined);
});

Deno.test("Bodies of every kind are kept: streams, none, binary", async () => {
  const { cache } = scene();
  const chunks = ["a", "", "bc"].map((text) => new TextEncoder().encode(text));
  await cache.put(URL_A, new Response(ReadableStream.from(chunks)));
  assertEquals(await textOf(cache.match(URL_A)), "abc");
  await cache.put(URL_A, new Response(null, { status: 204 }));
  const empty = (await cache.match(URL_A))!;
  assertEquals([empty.status, empty.body], [204, null]);
  const bytes = crypto.getRandomValues(new Uint8Array(1000));
  await cache.put(URL_A, new Response(bytes));
  assertEquals(await (await cache.match(URL_A))!.bytes(), bytes);
});

Deno.test("A request is compared by URL without its fragment, and by method", async () => {
  const { cache } = scene();
  await cache.put("http://h/a?q=1#x", new Response("one"));
  assertEquals(await textOf(cache.match("http://h/a?q=1#y")), "one");
  assertEquals(await cache.match("http://h/a?q=2"), undefined);
  assertEquals(await textOf(cache.match("http://h/a?q=2", { ignoreSearch: true })), "one");
  assertEquals(await textOf(cache.match(new URL("http://H:80/a?q=1"))), "one");
  const post = new Request("http://h/a?q=1", { method: "POST" });
  assertEquals(await cache.match(post), undefined);
  assertEquals(await textOf(cache.match(post, { ignoreMethod: true })), "one");
});

Deno.test("Vary keeps one response for each value, and ignoreVary takes any", async () => {
  const { cache } = scene();
  const ask = (language?: string) =>
    new Request(URL_A, { headers: language === undefined ? {} : { "accept-language": language } });
  const answer = (text: string) => new Response(text, { headers: { vary: "Accept-Language" } });
  await cache.put(ask("de"), answer("hallo"));
  await cache.put(ask("en"), answer("hello"));
  assertEquals(await textOf(cache.match(ask("de"))), "hallo");
  assertEquals(await textOf(cache.match(ask("en"))), "hello");
  assertEquals(await cache.match(ask("fr")), undefined);
  assertEquals(await cache.match(ask()), undefined);
  assertEquals(await textOf(cache.match(ask("fr"), { ignoreVary: true })), "hallo", "the first that was put");
  await cache.put(ask("de"), answer("servus"));
  assertEquals(await textOf(cache.match(ask("de"))), "servus");
  assertEquals(await cache.delete(ask("de")), true);
  assertEquals(await cache.match(ask("de")), undefined);
  assertEquals(await textOf(cache.match(ask("en"))), "hello");
});

Deno.test("What must not be kept is a TypeError", async () => {
  const { cache, store } = scene();
  const used = new Response("x");
  await used.text();
  const locked = new Response("x");
  locked.body!.getReader();
  const cases: [Request | string, Response, string][] = [
    [new Request(URL_A, { method: "POST" }), new Response("x"), "only GET"],
    [URL_A, new Response("x", { status: 206 }), "206"],
    [URL_A, new Response("x", { headers: { vary: "accept, *" } }), "Vary"],
    [URL_A, Response.error(), "status 0"],
    [URL_A, used, "used"],
    [URL_A, locked, "used"],
    ["ftp://h/a", new Response("x"), "scheme"],
    ["/relative", new Response("x"), ""],
    [URL_A, {} as Response, "no Response"],
  ];
  for (const [request, response, text] of cases) {
    await assertRejects(() => cache.put(request, response), TypeError, text);
  }
  assertEquals(store.bytes, 0);
});

Deno.test("Cache-Control and Expires decide how long a response is kept", async () => {
  const { cache, time } = scene();
  const lives = async (headers: Record<string, string>): Promise<number> => {
    await cache.put(URL_A, new Response("x", { headers }));
    const begin = time.now;
    let lifetime = 0;
    for (const ms of [0, 1, 999, 1000, 4999, 9999, 1e9]) {
      time.now = begin + ms;
      if (await cache.match(URL_A) === undefined) break;
      lifetime = ms;
    }
    time.now = begin;
    await cache.delete(URL_A);
    return lifetime;
  };
  const at = (ms: number) => new Date(Math.floor(time.now / 1000) * 1000 + ms).toUTCString();
  assertEquals(await lives({}), 1e9);
  assertEquals(await lives({ "cache-control": "public" }), 1e9);
  assertEquals(await lives({ "cache-control": "max-age=1" }), 999);
  assertEquals(await lives({ "cache-control": 'Max-Age="5"' }), 4999);
  assertEquals(await lives({ "cache-control": "max-age=1, s-maxage=10" }), 9999);
  assertEquals(await lives({ "cache-control": "max-age=5", expires: at(1000) }), 4999);
  assertEquals(await lives({ expires: at(5000) }), 4999);
});

Deno.test("A response that may not be kept takes the place of none, but the older one goes", async () => {
  const { cache } = scene();
  const refused = [
    "no-store",
    "private",
    "no-cache",
    "max-age=0",
    "s-maxage=0, max-age=60",
    "max-age=nonsense",
    "public, NO-STORE",
  ];
  for (const control of refused) {
    await cache.put(URL_A, new Response("old"));
    const response = new Response("new", { headers: { "cache-control": control } });
    await cache.put(URL_A, response);
    assert(response.bodyUsed, "Its body is used either way");
    assertEquals(await cache.match(URL_A), undefined, control);
  }
  await cache.put(URL_A, new Response("x", { headers: { expires: "0" } }));
  assertEquals(await cache.match(URL_A), undefined);
});

Deno.test("A response that sets a cookie is kept only without it", async () => {
  const { cache } = scene();
  await cache.put(URL_A, new Response("x", { headers: { "set-cookie": "id=1" } }));
  assertEquals(await cache.match(URL_A), undefined);
  const headers = {
    "set-cookie": "id=1",
    "cache-control": 'max-age=60, private="Set-Cookie, x-secret"',
    "x-secret": "1",
  };
  await cache.put(URL_A, new Response("x", { headers }));
  assertEquals([...(await cache.match(URL_A))!.headers.keys()], ["cache-control", "content-type"]);
});

Deno.test("The caches stay below their bound: what was used least recently goes first", async () => {
  const { cache, caches, store } = scene(50_000);
  const other = await caches.open("other");
  const big = () => new Response(new Uint8Array(10_000));
  for (const name of ["1", "2", "3", "4"]) await cache.put(`http://h/${name}`, big());
  assert(await cache.match("http://h/1") !== undefined);
  await other.put("http://h/5", big());
  const kept = [];
  for (const name of ["1", "2", "3", "4"]) if (await cache.match(`http://h/${name}`)) kept.push(name);
  assertEquals(kept, ["1", "3", "4"]);
  assert(store.bytes <= 50_000);
  for (let index = 0; index < 1000; index++) await cache.put(`http://h/small/${index}`, new Response("x"));
  assert(store.bytes <= 50_000, `${store.bytes} bytes are kept`);
});

Deno.test("A body that is longer than all caches is refused while it comes, and ended", async () => {
  const { cache, store } = scene(10_000);
  let cancelled = false;
  let pulled = 0;
  const endless = new ReadableStream({
    pull(controller) {
      pulled++;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel: () => void (cancelled = true),
  });
  const error = await assertRejects(() => cache.put(URL_A, new Response(endless)), DOMException);
  assertEquals([error.name, cancelled, store.bytes], ["QuotaExceededError", true, 0]);
  assert(pulled < 20, `${pulled} chunks were read`);
});

Deno.test("A body that fails is not kept", async () => {
  const { cache, store } = scene();
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error("broken")) });
  await assertRejects(() => cache.put(URL_A, new Response(failing)), Error, "broken");
  assertEquals(store.bytes, 0);
});

Deno.test("Named caches are apart from each other and from the default one", async () => {
  const { caches } = scene();
  const one = await caches.open("one");
  assert(await caches.open("one") === one);
  const two = await caches.open("two");
  await one.put(URL_A, new Response("1"));
  assertEquals(await two.match(URL_A), undefined);
  assertEquals(await caches.default.match(URL_A), undefined);
  assertEquals([await caches.has("one"), await caches.has("three"), await caches.keys()], [true, false, [
    "one",
    "two",
  ]]);
  assertEquals([await caches.delete("one"), await caches.delete("one")], [true, false]);
  assertEquals(await (await caches.open("one")).match(URL_A), undefined);
});

Deno.test("An app cannot make caches without end", async () => {
  const { caches } = scene();
  for (let index = 0; index < 1000; index++) await caches.open(`${index}`);
  await assertRejects(() => caches.open("one more"), DOMException, "1000 caches");
});

Deno.test("The classes have the names of the standard and cannot be constructed", () => {
  const { Cache, CacheStorage, caches } = scene();
  assertEquals([Cache.name, CacheStorage.name, Cache.length], ["Cache", "CacheStorage", 0]);
  assertEquals([String(caches), String(caches.default)], ["[object CacheStorage]", "[object Cache]"]);
  assert(caches instanceof CacheStorage && caches.default instanceof Cache);
  assertThrows(() => new Cache(), TypeError, "Illegal constructor");
  assertThrows(() => new CacheStorage(), TypeError, "Illegal constructor");
});
