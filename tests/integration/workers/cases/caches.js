/** Asked of Workers and of NANO: caches. */
// deno-lint-ignore-file -- as people write them, mistakes included
const attempt = async (f) => {
  try {
    return await f();
  } catch (e) {
    return `${e?.name}`;
  }
};
const ok = (body = "x", headers = {}) => new Response(body, { headers: { "cache-control": "max-age=60", ...headers } });
const url = () => `http://cache.test/${crypto.randomUUID()}`;
export default {
  "put match": async () => {
    const u = url();
    const c = caches.default;
    await c.put(u, ok("hello", { "x-a": "1" }));
    const r = await c.match(u);
    return [await r.text(), r.status, r.headers.get("x-a"), r.headers.get("cf-cache-status")];
  },
  "match none": async () => await caches.default.match(url()) ?? "undefined",
  "match request": async () => {
    const u = url();
    await caches.default.put(new Request(u), ok());
    return (await caches.default.match(new Request(u)))?.status;
  },
  "match HEAD": async () => {
    const u = url();
    await caches.default.put(u, ok());
    return (await caches.default.match(new Request(u, { method: "HEAD" })))?.status ?? null;
  },
  "match POST": async () => {
    const u = url();
    await caches.default.put(u, ok());
    return (await caches.default.match(new Request(u, { method: "POST" })))?.status ?? null;
  },
  "match ignoreMethod": async () => {
    const u = url();
    await caches.default.put(u, ok());
    return (await caches.default.match(new Request(u, { method: "POST" }), { ignoreMethod: true }))?.status ?? null;
  },
  "put POST": async () => await attempt(() => caches.default.put(new Request(url(), { method: "POST" }), ok())),
  "put no-store": async () => {
    const u = url();
    await caches.default.put(u, new Response("x", { headers: { "cache-control": "no-store" } }));
    return (await caches.default.match(u))?.status ?? null;
  },
  "put private": async () => {
    const u = url();
    await caches.default.put(u, new Response("x", { headers: { "cache-control": "private, max-age=60" } }));
    return (await caches.default.match(u))?.status ?? null;
  },
  "put without control": async () => {
    const u = url();
    await caches.default.put(u, new Response("x"));
    return (await caches.default.match(u))?.status ?? null;
  },
  "put set-cookie": async () => {
    const u = url();
    await caches.default.put(u, ok("x", { "set-cookie": "a=1" }));
    return (await caches.default.match(u))?.status ?? null;
  },
  "put private=set-cookie": async () => {
    const u = url();
    await caches.default.put(
      u,
      new Response("x", { headers: { "cache-control": "private=set-cookie, max-age=60", "set-cookie": "a=1" } }),
    );
    const r = await caches.default.match(u);
    return r ? [r.status, r.headers.get("set-cookie")] : null;
  },
  "put 206": async () => await attempt(() => caches.default.put(url(), new Response("x", { status: 206 }))),
  "put vary star": async () => await attempt(() => caches.default.put(url(), ok("x", { vary: "*" }))),
  "put 404": async () => {
    const u = url();
    await caches.default.put(u, new Response("x", { status: 404, headers: { "cache-control": "max-age=60" } }));
    return (await caches.default.match(u))?.status ?? null;
  },
  "put used": async () => {
    const r = ok();
    await r.text();
    return await attempt(() => caches.default.put(url(), r));
  },
  "put answers": async () => await caches.default.put(url(), ok()) ?? "undefined",
  "put relative": async () => await attempt(() => caches.default.put("/x", ok())),
  "delete": async () => {
    const u = url();
    await caches.default.put(u, ok());
    return [await caches.default.delete(u), await caches.default.delete(u), await caches.default.match(u) ?? null];
  },
  "named": async () => {
    const c = await caches.open("own");
    const u = url();
    await c.put(u, ok());
    return [(await c.match(u))?.status, await caches.default.match(u) ?? null];
  },
  "caches methods": async () => [
    await attempt(() => caches.has("own")),
    await attempt(() => caches.keys()),
    await attempt(() => caches.delete("own")),
    await attempt(() => caches.match(url())),
  ],
  "add": async (_r, env) => await attempt(() => caches.default.add(env.UPSTREAM + "/plain")),
  "addAll": async () => await attempt(() => caches.default.addAll([])),
  "matchAll": async () => await attempt(() => caches.default.matchAll(url())),
  "keys": async () => await attempt(() => caches.default.keys()),
  "range": async () => {
    const u = url();
    await caches.default.put(u, ok("0123456789", { "content-length": "10" }));
    const r = await caches.default.match(new Request(u, { headers: { range: "bytes=2-4" } }));
    return [r.status, await r.text(), r.headers.get("content-range")];
  },
  "etag": async () => {
    const u = url();
    await caches.default.put(u, ok("x", { etag: '"1"' }));
    const r = await caches.default.match(new Request(u, { headers: { "if-none-match": '"1"' } }));
    return [r.status, r.headers.get("etag")];
  },
  "last modified": async () => {
    const u = url();
    await caches.default.put(u, ok("x", { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" }));
    const r = await caches.default.match(
      new Request(u, { headers: { "if-modified-since": "Tue, 02 Jan 2024 00:00:00 GMT" } }),
    );
    return r.status;
  },
  "s-maxage": async () => {
    const u = url();
    await caches.default.put(u, new Response("x", { headers: { "cache-control": "s-maxage=60" } }));
    return (await caches.default.match(u))?.status ?? null;
  },
  "max-age 0": async () => {
    const u = url();
    await caches.default.put(u, new Response("x", { headers: { "cache-control": "max-age=0" } }));
    return (await caches.default.match(u))?.status ?? null;
  },
  "expires": async () => {
    const u = url();
    await caches.default.put(
      u,
      new Response("x", { headers: { expires: new Date(Date.now() + 60000).toUTCString() } }),
    );
    return (await caches.default.match(u))?.status ?? null;
  },
  "query matters": async () => {
    const u = url();
    await caches.default.put(u + "?a=1", ok());
    return (await caches.default.match(u + "?a=2")) ?? null;
  },
  "hash": async () => {
    const u = url();
    await caches.default.put(u + "#a", ok());
    return (await caches.default.match(u))?.status ?? null;
  },
  "headers immutable": async () => {
    const u = url();
    await caches.default.put(u, ok());
    const r = await caches.default.match(u);
    return await attempt(() => {
      r.headers.set("a", "1");
      return "fine";
    });
  },
  "shape": () => [
    caches instanceof CacheStorage,
    caches.default instanceof Cache,
    Object.prototype.toString.call(caches.default),
  ],
  "cloned in waitUntil": async (_r, _e, ctx) => {
    const u = url();
    const r = ok("kept");
    ctx.waitUntil(caches.default.put(u, r.clone()));
    const own = await r.text();
    await scheduler.wait(20);
    return [own, await (await caches.default.match(u)).text()];
  },
  "stream body": async () => {
    const u = url();
    await caches.default.put(
      u,
      new Response(new Blob(["streamed"]).stream(), { headers: { "cache-control": "max-age=9" } }),
    );
    return await (await caches.default.match(u)).text();
  },
};
