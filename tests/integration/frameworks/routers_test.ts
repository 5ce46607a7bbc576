import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

const ITTY = `import { AutoRouter, cors, error, json, withParams } from "itty-router";
const { preflight, corsify } = cors({ origin: "https://friend.example" });
const router = AutoRouter({ before: [preflight], missing: () => error(404, "no such thing") });
router
  .all("*", withParams)
  .get("/items/:id", ({ id, query }) => ({ id, query }))
  .post("/items", async (request) => json({ made: await request.json() }, { status: 201 }))
  .get("/fail", () => {
    throw new Error("on purpose");
  })
  .get("/shared", (request) => corsify(json({ shared: true }), request))
  .get("/env", (_request, env, ctx) => {
    const { waitUntil } = ctx;
    waitUntil(Promise.resolve().then(() => console.log("itty did it later")));
    return env.GREETING;
  });
export default router;
`;

const H3_APP = `import {
  createEventStream, defineEventHandler, defineWebSocketHandler, getCookie, getQuery, getRequestIP, getRouterParam, H3,
  HTTPError, onError, readBody, readMultipartFormData, setCookie, toWebHandler, withBase,
} from "h3";
const app = new H3();
app.use((event) => event.res.headers.set("x-middleware", "was here"));
app.get("/items/:id", (event) => ({ id: getRouterParam(event, "id"), query: getQuery(event) }));
app.post("/items", async (event) => {
  event.res.status = 201;
  return { made: await readBody(event) };
});
app.get("/cookie", (event) => {
  const count = Number(getCookie(event, "count") ?? 0) + 1;
  setCookie(event, "count", String(count));
  return count;
});
app.get("/ip", (event) => String(getRequestIP(event, { xForwardedFor: true })));
app.get("/fail", () => {
  throw new HTTPError({ status: 418, statusText: "teapot", message: "short and stout" });
});
app.get("/stream", () => new ReadableStream({
  start(controller) {
    for (const part of ["one ", "two"]) controller.enqueue(new TextEncoder().encode(part));
    controller.close();
  },
}));
app.get("/events", (event) => {
  const stream = createEventStream(event);
  (async () => {
    for (const data of ["a", "b"]) await stream.push({ event: "letter", data });
    await stream.close();
  })();
  return stream.send();
});
app.mount("/nested", new H3().get("/deep", () => "deep inside"));
export default app;
`;

// Its generators yield bytes: Elysia puts a yielded text into a ReadableStream as it is, which the Fetch standard refuses
// as a body, and Deno and Workers with it. Only Bun sends such streams.
const ELYSIA = `import { Elysia, t } from "elysia";
export default new Elysia()
  .decorate("word", "decorated")
  .derive(({ headers }) => ({ who: headers["x-who"] ?? "nobody" }))
  .onError(({ code, status }) => code === "NOT_FOUND" ? status(404, "nothing here") : undefined)
  .get("/", ({ word, who }) => word + " for " + who)
  .get("/items/:id", ({ params: { id }, query }) => ({ id: id + 1, query }), {
    params: t.Object({ id: t.Number() }),
  })
  .post("/items", ({ body, set }) => {
    set.status = 201;
    return { made: body };
  }, { body: t.Object({ title: t.String({ minLength: 1 }) }) })
  .post("/upload", async ({ body: { file } }) => ({ name: file.name, text: await file.text() }), {
    body: t.Object({ file: t.File() }),
  })
  .get("/cookie", ({ cookie: { count } }) => {
    count.value = Number(count.value ?? 0) + 1;
    return count.value;
  })
  .get("/generator", function* () {
    for (const part of ["one ", "two"]) yield new TextEncoder().encode(part);
  })
  .get("/redirect", ({ redirect }) => redirect("/nested/deep?a=ü"))
  .group("/nested", (app) => app.get("/deep", () => "deep inside"));
`;

const WHATWG =
  `import { createServerAdapter, Response as OwnResponse, useCORS, useErrorHandling } from "@whatwg-node/server";
export default createServerAdapter(async (request, context) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/fail") throw new Error("on purpose");
  if (pathname === "/form") {
    const form = await request.formData();
    const file = form.get("file");
    return OwnResponse.json({ name: file.name, text: await file.text(), note: form.get("note") });
  }
  if (pathname === "/echo") return new Response(request.body, { headers: { "x-method": request.method } });
  if (pathname === "/env") return new Response(context.GREETING);
  if (pathname === "/later") {
    context.waitUntil(Promise.resolve().then(() => console.log("whatwg did it later")));
    return new Response("at once");
  }
  return new Response("nothing", { status: 404 });
}, {
  plugins: [
    useCORS({ origin: "https://friend.example" }),
    useErrorHandling((error) => OwnResponse.json({ failed: error.message }, { status: 500 })),
  ],
});
`;

Deno.test({
  name: "itty-router, h3, Elysia and @whatwg-node/server serve their apps in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    const config = { env: { GREETING: "hi" } };
    await using nano = await FrameworkNano.start({
      packages: { "itty-router": "6.0.0", h3: "2.0.8", elysia: "1.4.30", "@whatwg-node/server": "0.13.0" },
      apps: {
        itty: { entry: "itty.ts", source: ITTY, config },
        h3: { entry: "h3.ts", source: H3_APP, config },
        elysia: { entry: "elysia.ts", source: ELYSIA, config },
        whatwg: { entry: "whatwg.ts", source: WHATWG, config },
      },
    });
    const json = { "content-type": "application/json" };
    const post = (body: unknown): RequestInit => ({ method: "POST", headers: json, body: JSON.stringify(body) });

    for (const mode of STREAM_MODES) {
      await t.step(`${mode}: itty-router routes, answers JSON, errors and CORS`, async () => {
        const at = (path: string) => nano.url("itty", mode, path);
        assertEquals(await nano.json(at("/items/7?a=1&a=2")), { id: "7", query: { a: ["1", "2"] } });
        assertEquals(await nano.json(at("/items"), { ...post({ n: 1 }), expect: 201 }), { made: { n: 1 } });
        assertEquals(await nano.json(at("/absent"), { expect: 404 }), { status: 404, error: "no such thing" });
        assertEquals(await nano.json(at("/fail"), { expect: 500 }), { status: 500, error: "on purpose" });
        assertEquals(await nano.json(at("/env")), "hi");
        await nano.logged("itty", mode, "itty did it later");
        const cors = await fetch(at("/shared"), { headers: { origin: "https://friend.example" } });
        assertEquals(await cors.json(), { shared: true });
        assertEquals(cors.headers.get("access-control-allow-origin"), "https://friend.example");
      });

      await t.step(`${mode}: h3 routes, reads bodies and cookies, streams, sends events and throws`, async () => {
        const at = (path: string) => nano.url("h3", mode, path);
        assertEquals(await nano.json(at("/items/7?a=1")), { id: "7", query: { a: "1" } });
        assertEquals(await nano.json(at("/items"), { ...post({ n: 1 }), expect: 201 }), { made: { n: 1 } });
        const cookie = await fetch(at("/cookie"), { headers: { cookie: "count=4" } });
        assertEquals(await cookie.text(), "5");
        assertStringIncludes(cookie.headers.get("set-cookie") ?? "", "count=5");
        assertEquals(cookie.headers.get("x-middleware"), "was here");
        assertEquals(await nano.text(at("/ip")), "127.0.0.1");
        assertStringIncludes(await nano.text(at("/fail"), { expect: 418 }), "short and stout");
        assertEquals(await nano.text(at("/stream")), "one two");
        assertEquals(await nano.text(at("/events")), "event: letter\ndata: a\n\nevent: letter\ndata: b\n\n");
        assertEquals(await nano.text(at("/nested/deep")), "deep inside");
        await nano.text(at("/absent"), { expect: 404 });
      });

      await t.step(`${mode}: Elysia validates, derives, uploads, streams generators and sets cookies`, async () => {
        const at = (path: string) => nano.url("elysia", mode, path);
        assertEquals(await nano.text(at("/"), { headers: { "x-who": "ada" } }), "decorated for ada");
        assertEquals(await nano.json(at("/items/7?a=1")), { id: 8, query: { a: "1" } });
        await nano.text(at("/items/seven"), { expect: 422 });
        assertEquals(await nano.json(at("/items"), { ...post({ title: "x" }), expect: 201 }), { made: { title: "x" } });
        await nano.text(at("/items"), { ...post({ title: "" }), expect: 422 });
        const form = new FormData();
        form.append("file", new File(["content ✓"], "a.txt", { type: "text/plain" }));
        assertEquals(await nano.json(at("/upload"), { method: "POST", body: form }), {
          name: "a.txt",
          text: "content ✓",
        });
        const cookie = await fetch(at("/cookie"), { headers: { cookie: "count=4" } });
        assertEquals(await cookie.text(), "5");
        assertStringIncludes(cookie.headers.get("set-cookie") ?? "", "count=5");
        assertEquals(await nano.text(at("/generator")), "one two");
        const redirected = await fetch(at("/redirect"), { redirect: "manual" });
        await redirected.body?.cancel();
        assertEquals([redirected.status, redirected.headers.get("location")], [302, "/nested/deep?a=%C3%BC"]);
        assertEquals(await nano.text(at("/nested/deep")), "deep inside");
        assertEquals(await nano.text(at("/absent"), { expect: 404 }), "nothing here");
      });

      await t.step(`${mode}: @whatwg-node/server passes forms, streams, env, waitUntil and plugins`, async () => {
        const at = (path: string) => nano.url("whatwg", mode, path);
        const form = new FormData();
        form.append("file", new File(["content ✓"], "a.txt"));
        form.append("note", "n");
        assertEquals(await nano.json(at("/form"), { method: "POST", body: form }), {
          name: "a.txt",
          text: "content ✓",
          note: "n",
        });
        const body = "x".repeat(300_000);
        const echo = await fetch(at("/echo"), {
          method: "PUT",
          body,
          headers: { origin: "https://friend.example" },
        });
        assert(await echo.text() === body, "the echo differs");
        assertEquals(echo.headers.get("x-method"), "PUT");
        assertEquals(echo.headers.get("access-control-allow-origin"), "https://friend.example");
        assertEquals(await nano.text(at("/env")), "hi");
        assertEquals(await nano.text(at("/later")), "at once");
        await nano.logged("whatwg", mode, "whatwg did it later");
        assertEquals(await nano.json(at("/fail"), { expect: 500 }), { failed: "on purpose" });
        await nano.text(at("/absent"), { expect: 404 });
      });
    }
  },
});
