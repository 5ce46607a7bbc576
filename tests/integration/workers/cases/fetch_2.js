/** Asked of Workers and of NANO: Responses. */
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
  "request init signal null": () => new Request("http://x/", { signal: null }).signal?.aborted ?? null,
  "request bytes": async () => await new Request("http://x/", { method: "POST", body: "ab" }).bytes(),
  "response members": () =>
    [
      "status",
      "statusText",
      "headers",
      "ok",
      "redirected",
      "url",
      "webSocket",
      "cf",
      "type",
      "clone",
      "body",
      "bodyUsed",
      "arrayBuffer",
      "blob",
      "bytes",
      "formData",
      "json",
      "text",
    ].filter((n) => !(n in Response.prototype)),
  "response defaults": () => {
    const r = new Response();
    return [r.status, r.statusText, r.ok, r.redirected, r.url, r.type, r.body, r.webSocket, r.bodyUsed];
  },
  "response statusText default": () => [
    new Response("x").statusText,
    new Response("x", { status: 404 }).statusText,
    new Response(null, { status: 204 }).statusText,
    new Response("", { status: 418 }).statusText,
  ],
  "response statusText given": () => new Response("x", { status: 404, statusText: "Nope" }).statusText,
  "response statusText of fetched": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/status-text");
    return [r.status, r.statusText];
  },
  "response statusText of fetched default": async (_r, env) => {
    const r = await fetch(env.UPSTREAM + "/plain");
    return [r.status, r.statusText];
  },
  "response sent status text": () => new Response("x", { status: 404, statusText: "Nope" }),
  "response status range": () =>
    [99, 100, 101, 199, 200, 599, 600, 999, 1000].map((status) => attempt(() => new Response(null, { status }).status)),
  "response null body status": () =>
    [101, 204, 205, 304].map((status) => attempt(() => new Response("x", { status }).status)),
  "response null body empty": () => [204, 205, 304].map((status) => attempt(() => new Response("", { status }).status)),
  "response.json": async () => {
    const r = Response.json({ a: 1 }, { status: 201, headers: { x: "1" } });
    return [r.status, all(r.headers), await r.text()];
  },
  "response.json type kept": () =>
    Response.json(1, { headers: { "content-type": "application/vnd.api+json" } }).headers.get("content-type"),
  "response.json undefined": () => Response.json(undefined),
  "response.error": () => {
    const r = Response.error();
    return [r.type, r.status];
  },
  "response.redirect": () => {
    const r = Response.redirect("http://x/y", 301);
    return [r.status, r.headers.get("location")];
  },
  "response.redirect bad status": () => Response.redirect("http://x/", 200),
  "response.redirect relative": () => Response.redirect("/y").headers.get("location"),
  "response.redirect immutable": () =>
    attempt(() => {
      const r = Response.redirect("http://x/y");
      r.headers.set("a", "1");
      return r.headers.get("a");
    }),
  "response.redirect normal": () => Response.redirect("http://x").headers.get("location"),
  "response content types": () =>
    [
      "x",
      new URLSearchParams("a=1"),
      new Blob(["x"], { type: "a/b" }),
      new Blob(["x"]),
      new Uint8Array(1),
      new ReadableStream(),
    ].map((body) => new Response(body).headers.get("content-type")),
  "response clone": async () => {
    const r = new Response("abc", { status: 201 });
    const c = r.clone();
    return [await c.text(), await r.text(), c.status];
  },
  "response copy of fetched": async (_r, env) => {
    const f = await fetch(env.UPSTREAM + "/plain");
    const r = new Response(f.body, f);
    r.headers.set("x-own", "1");
    return [r.status, r.headers.get("x-own"), r.headers.get("x-up"), await r.text()];
  },
  "response init from response": () => {
    const r = new Response("x", { status: 203, headers: { a: "1" } });
    const c = new Response("y", r);
    return [c.status, c.headers.get("a")];
  },
  "response encodeBody": () => [
    attempt(() => new Response("x", { encodeBody: "manual" }).status),
    attempt(() => new Response("x", { encodeBody: "bad" }).status),
  ],
  "response used twice": async () => {
    const r = new Response("x");
    await r.text();
    return await r.text().catch((e) => [e.name]);
  },
  "response bytes": async () => await new Response("é").bytes(),
  "response json bad": async () => await new Response("{").json(),
  "response json empty": async () => await new Response("").json(),
  "response blob": async () => {
    const b = await new Response("x", { headers: { "content-type": "text/Html; charset=utf-8" } }).blob();
    return [b.size, b.type];
  },
  "response formData urlencoded": async () => [...await new Response(new URLSearchParams("a=1&a=2&b=é")).formData()],
  "response formData multipart": async () => {
    const f = new FormData();
    f.append("a", "1");
    f.append("f", new File(["hi"], "f.txt", { type: "text/plain" }));
    const g = await new Response(f).formData();
    const file = g.get("f");
    return [g.get("a"), file instanceof File, file.name, file.type, await file.text()];
  },
  "response formData bad type": async () => await new Response("x").formData(),
  "response text bom": async () => [
    await new Response("\ufeffx").text().then((t) => t.length),
    await new Response(new Uint8Array([0xff, 0x61])).text(),
  ],
  "response array body": async () => [
    await new Response([1, 2]).text(),
    await new Response(5).text(),
    await new Response({}).text(),
    await new Response(true).text(),
  ],
  "response iterable body": async () => {
    async function* g() {
      yield new TextEncoder().encode("a");
      yield new TextEncoder().encode("b");
    }
    return await new Response(g()).text();
  },
  "response body identity": () => {
    const s = new ReadableStream();
    return new Response(s).body === s;
  },
  "response webSocket null": () => new Response("x", { webSocket: null }).webSocket,
  "formdata": () => {
    const f = new FormData();
    f.append("a", "1");
    f.append("a", new Blob(["x"], { type: "t/t" }), "n");
    f.set("b", "2");
    f.delete("none");
    return [[...f.keys()], f.getAll("a").length, f.get("a"), f.getAll("a")[1].name, f.has("b"), f.get("none")];
  },
  "formdata blob name": () => {
    const f = new FormData();
    f.append("a", new Blob(["x"]));
    return [f.get("a").name, f.get("a") instanceof File];
  },
  "blob": async () => {
    const b = new Blob(["ab", new Uint8Array([99])], { type: "A/B" });
    return [
      b.size,
      b.type,
      await b.text(),
      await b.slice(1).text(),
      new Uint8Array(await b.arrayBuffer()),
      await b.bytes(),
      typeof b.stream,
    ];
  },
  "file": () => {
    const f = new File(["x"], "n", { type: "t/t", lastModified: 5 });
    return [f.name, f.type, f.size, f.lastModified];
  },
};
