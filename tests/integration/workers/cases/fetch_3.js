/** Asked of Workers and of NANO: fetch. */
// deno-lint-ignore-file -- as people write them, mistakes included

export default {
  "fetch echo": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/echo", { method: "POST", body: "hello", headers: { "X-Q": "1" } });
    const j = await r.json();
    return [
      r.status,
      j.method,
      j.body,
      j.headers["x-q"],
      j.headers["content-type"],
      j.headers["content-length"],
      j.headers["user-agent"] ?? null,
      j.headers["accept"] ?? null,
      j.headers["accept-encoding"] ?? null,
      j.headers["accept-language"] ?? null,
    ];
  },
  "fetch stream body": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/echo", { method: "POST", body: new Response("streamed").body });
    const j = await r.json();
    return [j.body, j.headers["content-length"] ?? null, j.headers["transfer-encoding"] ?? null];
  },
  "fetch fixed length": async (_r, env) => {
    const s = new FixedLengthStream(5);
    const w = s.writable.getWriter();
    w.write(new TextEncoder().encode("hello"));
    w.close();
    const j = await (await fetch(env.UPSTREAM + "/echo", { method: "POST", body: s.readable })).json();
    return [j.body, j.headers["content-length"] ?? null, j.headers["transfer-encoding"] ?? null];
  },
  "fetch request": async (_r, env) => {
    const j = await (await fetch(new Request(env.UPSTREAM + "/echo", { method: "PUT", body: "b" }))).json();
    return [j.method, j.body];
  },
  "fetch request with init": async (_r, env) => {
    const j =
      await (await fetch(new Request(env.UPSTREAM + "/echo", { method: "PUT", body: "b", headers: { a: "1" } }), {
        headers: { b: "2" },
      })).json();
    return [j.method, j.body, j.headers.a ?? null, j.headers.b];
  },
  "fetch cf ignored": async (_r, env) =>
    (await fetch(env.UPSTREAM + "/plain", { cf: { cacheTtl: 5, cacheEverything: true } })).status,
  "fetch redirect follow": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/redirect");
    return [r.status, r.redirected, new URL(r.url).pathname, await r.text()];
  },
  "fetch redirect manual": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/redirect", { redirect: "manual" });
    return [r.status, r.headers.get("location"), r.redirected, r.type];
  },
  "fetch redirect error": async (_r, env) => await fetch(env.UPSTREAM + "/redirect", { redirect: "error" }),
  "fetch redirect 303 post": async (_r, env) => {
    const j = await (await fetch(env.UPSTREAM + "/redirect303", { method: "POST", body: "x" })).json();
    return [j.method, j.body];
  },
  "fetch redirect 307 post": async (_r, env) => {
    const j = await (await fetch(env.UPSTREAM + "/redirect307", { method: "POST", body: "x" })).json();
    return [j.method, j.body];
  },
  "fetch cookies": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/cookies");
    return [r.headers.getSetCookie(), r.headers.getAll("set-cookie")];
  },
  "fetch cookies passed on": async (_r, env) => await fetch(env.UPSTREAM + "/cookies"),
  "fetch passed on": async (_r, env) => await fetch(env.UPSTREAM + "/passed"),
  "fetch 404": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/none");
    return [r.ok, r.status, r.type, r.redirected];
  },
  "fetch gzip": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/gzip");
    return [await r.text(), r.headers.get("content-encoding"), r.headers.get("content-length")];
  },
  "fetch gzip passed on": async (_r, env) => await fetch(env.UPSTREAM + "/gzip"),
  "fetch head": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain", { method: "HEAD" });
    return [r.status, r.body, await r.text()];
  },
  "fetch 204": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/204");
    return [r.status, r.body];
  },
  "fetch refused": async () => await fetch("http://127.0.0.1:1/"),
  "fetch bad url": async () => await fetch("nope"),
  "fetch bad scheme": async () => await fetch("ftp://x/"),
  "fetch abort": async (_r, env) => {
    const c = new AbortController();
    const p = fetch(env.UPSTREAM + "/slow", { signal: c.signal });
    setTimeout(() => c.abort(), 20);
    return await p.catch((e) => e.name);
  },
  "fetch abort reason": async (_r, env) =>
    await fetch(env.UPSTREAM + "/slow", { signal: AbortSignal.abort(new RangeError("why")) }).catch((e) => e.name),
  "fetch abort timeout": async (_r, env) =>
    await fetch(env.UPSTREAM + "/slow", { signal: AbortSignal.timeout(20) }).catch((e) => e.name),
  "fetch data url": async () => await (await fetch("data:text/plain,hi")).text(),
  "fetch basic auth url": async (_r, env) => {
    const u = new URL(env.UPSTREAM + "/echo");
    u.username = "u";
    u.password = "p";
    const j = await (await fetch(u)).json();
    return j.headers.authorization ?? null;
  },
  "fetch cache no-store": async (_r, env) => {
    const j = await (await fetch(env.UPSTREAM + "/echo", { cache: "no-store" })).json();
    return [j.headers["cache-control"] ?? null, j.headers.pragma ?? null];
  },
  "fetch host header": async (_r, env) => {
    const j = await (await fetch(env.UPSTREAM + "/echo", { headers: { host: "other.test" } })).json();
    return j.headers.host === "other.test";
  },
  "fetch stream read": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/chunks");
    let text = "";
    for await (const c of r.body.pipeThrough(new TextDecoderStream())) text += c;
    return text;
  },
  "fetch hash": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain#frag");
    return new URL(r.url).hash;
  },
  "fetch response headers": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain");
    return [r.headers.get("content-type"), r.headers.get("x-up"), r.type, r.url.endsWith("/plain")];
  },
  "fetch forwards the request": async (request, env) => {
    const j = await (await fetch(new Request(env.UPSTREAM + "/echo", request))).json();
    return [j.method, j.headers["x-sent"] ?? null];
  },
  "headers instance keys": () => [
    Object.keys(new Headers({ a: "1" })),
    JSON.stringify(new Headers({ a: "1" })),
    JSON.stringify(new Response("x")),
    String(new Headers()),
  ],
  "spread headers": () => ({ ...Object.fromEntries(new Headers({ A: "1" })) }),
  "arrived headers": (request) =>
    ["cf-connecting-ip", "host", "x-real-ip", "cf-ray", "x-forwarded-for", "x-forwarded-proto"].map((
      n,
    ) => [n, request.headers.has(n)]),
  "arrived encoding": (request) => request.headers.get("accept-encoding"),
};
