/** Asked of Workers and of NANO: Headers and Requests. */
// deno-lint-ignore-file -- as people write them, mistakes included
const all = (headers) => [...headers].map(([n, v]) => `${n}: ${v}`);
const attempt = (f) => {
  try {
    return f();
  } catch (e) {
    return `${e.name}`;
  }
};
export default {
  "headers basics": () => {
    const h = new Headers({ "X-A": "1" });
    h.append("x-a", "2");
    h.set("B", "x");
    h.delete("c");
    return [all(h), h.get("X-a"), h.has("b"), h.get("none")];
  },
  "headers set-cookie": () => {
    const h = new Headers();
    h.append("set-cookie", "a=1");
    h.append("set-cookie", "b=2");
    return [h.getSetCookie(), h.get("set-cookie"), [...h.keys()], [...h.entries()]];
  },
  "headers getAll": () => {
    const h = new Headers();
    h.append("set-cookie", "a=1");
    h.append("Set-Cookie", "b=2");
    return [h.getAll("set-cookie"), h.getAll("Set-Cookie")];
  },
  "headers getAll of another": () => new Headers().getAll("x"),
  "headers getAll none": () => new Headers().getAll("set-cookie"),
  "headers beyond latin1": () => {
    const h = new Headers();
    h.set("x", "☃ snow");
    return [h.get("x").length, h.get("x") === "☃ snow"];
  },
  "headers latin1": () => {
    const h = new Headers({ x: "é" });
    return h.get("x");
  },
  "headers beyond latin1 in a response": () => new Response("x", { headers: { "x-name": "☃ é" } }),
  "headers bad name": () => new Headers({ "a b": "1" }),
  "headers bad value": () => new Headers({ a: "1\n2" }),
  "headers trimmed": () => new Headers({ a: "  x  " }).get("a"),
  "headers forEach": () => {
    const got = [];
    new Headers({ a: "1" }).forEach((v, k, h) => got.push(v, k, h instanceof Headers));
    return got;
  },
  "headers from pairs": () => all(new Headers([["a", "1"], ["a", "2"]])),
  "headers from map": () => all(new Headers(new Map([["a", "1"]]))),
  "headers numbers": () => all(new Headers({ "content-length": 5, x: null, y: undefined })),
  "headers immutable of arrived": (request) => request.headers.set("x", "1"),
  "headers immutable of fetched": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain");
    r.headers.set("x", "1");
  },
  "headers copy of arrived": (request) => {
    const h = new Headers(request.headers);
    h.set("x", "1");
    return h.get("x");
  },
  "headers order": () => [...new Headers({ b: "1", A: "2", "set-cookie": "x" }).keys()],
  "request arrived": async (
    request,
  ) => [
    request.method,
    new URL(request.url).pathname,
    request.redirect,
    request.body,
    request.bodyUsed,
    request.signal instanceof AbortSignal,
    request.integrity,
    request.keepalive,
    request.cache ?? null,
    typeof request.fetcher,
  ],
  "request arrived redirect": (request) => request.redirect,
  "request.cf": (
    request,
  ) => [
    typeof request.cf,
    request.cf !== null,
    request.cf?.httpProtocol,
    typeof request.cf?.colo,
    typeof request.cf?.country,
    typeof request.cf?.tlsVersion,
  ],
  "request.cf kept by clone": (request) => typeof request.clone().cf,
  "request.cf kept by new Request": (request) => typeof new Request(request).cf,
  "request.cf kept by new Request with a URL": (request) => typeof new Request("http://x/", request).cf,
  "request.cf absent": () => new Request("http://x/").cf ?? null,
  "request cf given": () => new Request("http://x/", { cf: { cacheTtl: 5 } }).cf,
  "request cf given over": (request) => new Request(request, { cf: { cacheTtl: 5 } }).cf,
  "request cf kept by clone given": () => new Request("http://x/", { cf: { a: 1 } }).clone().cf,
  "response cf given": () => new Response("x", { cf: { a: 1 } }).cf,
  "response cf default": () => new Response("x").cf ?? null,
  "response cf json": () => Response.json(1).cf ?? null,
  "request no base": () => new Request("/path"),
  "request methods": () =>
    ["get", "post", "patch", "PATCH", "query", "foo"].map((method) =>
      attempt(() => new Request("http://x/", { method }).method)
    ),
  "request TRACE": () => attempt(() => new Request("http://x/", { method: "TRACE" }).method),
  "request CONNECT": () => attempt(() => new Request("http://x/", { method: "CONNECT" }).method),
  "request GET with body": () => new Request("http://x/", { body: "x" }),
  "request stream no duplex": () => new Request("http://x/", { method: "POST", body: new ReadableStream() }).method,
  "request content types": () =>
    ["x", new URLSearchParams("a=1"), new Blob(["x"], { type: "a/b" }), new Uint8Array(1), new ReadableStream()].map((
      body,
    ) => new Request("http://x/", { method: "POST", body }).headers.get("content-type")),
  "request formdata type": () =>
    new Request("http://x/", { method: "POST", body: new FormData() }).headers.get("content-type").split("=")[0],
  "request clone": async () => {
    const r = new Request("http://x/", { method: "POST", body: "abc", headers: { a: "1" } });
    const c = r.clone();
    return [await c.text(), await r.text(), c.headers.get("a"), r.bodyUsed];
  },
  "request used": async () => {
    const r = new Request("http://x/", { method: "POST", body: "abc" });
    await r.text();
    return [r.bodyUsed, await r.text().catch((e) => e.name)];
  },
  "request clone used": async () => {
    const r = new Request("http://x/", { method: "POST", body: "abc" });
    await r.text();
    return attempt(() => r.clone());
  },
  "request from request moves body": async () => {
    const r = new Request("http://x/", { method: "POST", body: "abc" });
    const c = new Request(r);
    return [r.bodyUsed, await c.text()];
  },
  "request from request with init": async () => {
    const r = new Request("http://x/a", { method: "POST", body: "abc", headers: { a: "1" } });
    const c = new Request("http://y/b", r);
    return [c.url, c.method, await c.text(), c.headers.get("a")];
  },
  "request redirect modes": () =>
    ["follow", "manual", "error", "bad"].map((redirect) =>
      attempt(() => new Request("http://x/", { redirect }).redirect)
    ),
  "request cache modes": () =>
    ["no-store", "no-cache", "reload", "default", "force-cache"].map((cache) =>
      attempt(() => new Request("http://x/", { cache }).cache)
    ),
  "request credentials": () => [
    attempt(() => new Request("http://x/", { credentials: "include" }).credentials ?? null),
    attempt(() => new Request("http://x/", { mode: "cors" }).mode ?? null),
  ],
  "request members": () =>
    [
      "url",
      "method",
      "headers",
      "body",
      "bodyUsed",
      "cache",
      "cf",
      "clone",
      "fetcher",
      "integrity",
      "keepalive",
      "redirect",
      "signal",
      "arrayBuffer",
      "blob",
      "bytes",
      "formData",
      "json",
      "text",
    ].filter((n) => !(n in Request.prototype)),
  "request url normal":
    () => [new Request("HTTP://EXAMPLE.com:80/a/../b?q#h").url, new Request(new URL("http://x/y")).url],
};
