import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { rawRequest } from "../../support/raw_http.ts";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

const SOURCE = `/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";
import { bodyLimit } from "hono/body-limit";
import { compress } from "hono/compress";
import { contextStorage, getContext } from "hono/context-storage";
import { getCookie, getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { HTTPException } from "hono/http-exception";
import { Suspense, renderToReadableStream } from "hono/jsx/streaming";
import { jsxRenderer } from "hono/jsx-renderer";
import { requestId } from "hono/request-id";
import { secureHeaders } from "hono/secure-headers";
import { stream, streamText } from "hono/streaming";
import { timeout } from "hono/timeout";
import { validator } from "hono/validator";
import { zValidator } from "@hono/zod-validator";
import { z } from "zod";

const app = new Hono<{ Variables: { who: string } }>();
const secret = "a secret of the test";

app.get("/jsx", jsxRenderer(({ children }) => <html><body>{children}</body></html>));
app.get("/jsx", (c) => c.render(<p class="greeting">Hello <b>{"<Ada>"}</b></p>));
const Slow = async () => <i>{await Promise.resolve("arrived")}</i>;
app.get("/suspense", (c) =>
  c.body(renderToReadableStream(<Suspense fallback={<i>waiting</i>}><Slow /></Suspense>), 200, {
    "content-type": "text/html; charset=UTF-8",
  }));

app.get("/cookies/set", async (c) => {
  setCookie(c, "plain", "a b", { path: "/", httpOnly: true });
  await setSignedCookie(c, "signed", "yes", secret, { path: "/" });
  return c.text("set");
});
app.get("/cookies/get", async (c) =>
  c.json({ plain: getCookie(c, "plain"), signed: await getSignedCookie(c, secret, "signed") }));

app.get("/stream", (c) => stream(c, async (out) => {
  await out.write(new Uint8Array([110, 97]));
  await out.pipe(new Blob(["no-"]).stream());
  await out.pipe(new ReadableStream({ start(it) { it.enqueue(new TextEncoder().encode("own")); it.close(); } }));
}));
app.get("/stream/text", (c) => streamText(c, async (out) => {
  for (const part of ["one", "two"]) await out.writeln(part);
}));

app.post("/validate", validator("form", (value, c) => {
  return typeof value.title === "string" && value.title !== "" ? { title: value.title } : c.text("no title", 400);
}), (c) => c.json(c.req.valid("form")));
app.post("/zod", zValidator("json", z.object({ n: z.number().int() })), (c) => c.json({ next: c.req.valid("json").n + 1 }));

app.use("/etag", etag());
app.get("/etag", (c) => c.text("the same every time"));
app.use("/compress", compress());
app.get("/compress", (c) => c.text("compress me ".repeat(1000)));
app.use("/cors", cors({ origin: "https://friend.example", allowMethods: ["GET", "PUT"], credentials: true }));
app.get("/cors", (c) => c.text("shared"));
app.use("/auth", basicAuth({ username: "ada", password: "engine" }));
app.get("/auth", (c) => c.text("inside"));

app.use("/context/*", contextStorage());
app.use("/context/:who", async (c, next) => {
  c.set("who", c.req.param("who"));
  await next();
});
const whoElsewhere = async () => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return getContext<{ Variables: { who: string } }>().var.who;
};
app.get("/context/:who", async (c) => c.text(await whoElsewhere()));

app.post("/limit", bodyLimit({ maxSize: 10 }), async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
app.post("/upload", async (c) => {
  const { file, ...rest } = await c.req.parseBody();
  return file instanceof File ? c.json({ name: file.name, type: file.type, text: await file.text(), rest }) : c.text("?", 400);
});
app.get("/headers", secureHeaders(), requestId(), (c) => c.text(String(c.get("requestId")).length > 0 ? "has id" : ""));
app.get("/timeout", timeout(20), async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  return c.text("too late");
});
app.get("/teapot", () => {
  throw new HTTPException(418, { message: "short and stout" });
});
app.get("/fail", () => {
  throw new Error("on purpose");
});
app.onError((error, c) => error instanceof HTTPException ? error.getResponse() : c.json({ failed: error.message }, 500));
app.notFound((c) => c.text("nothing at " + c.req.path, 404));
export default app;
`;

Deno.test({
  name:
    "Hono's JSX, cookies, streams, validators, ETags, compression, CORS, auth and context storage work in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    await using nano = await FrameworkNano.start({
      packages: { hono: "4.13.19", "@hono/zod-validator": "0.9.1", zod: "4.6.7" },
      apps: { hono: { entry: "hono.tsx", source: SOURCE } },
    });
    for (const mode of STREAM_MODES) {
      const at = (path: string) => nano.url("hono", mode, path);

      await t.step(`${mode}: JSX renders escaped, in a layout, and streams with Suspense`, async () => {
        assertEquals(
          await nano.text(at("/jsx")),
          '<!DOCTYPE html><html><body><p class="greeting">Hello <b>&lt;Ada&gt;</b></p></body></html>',
        );
        const streamed = await nano.text(at("/suspense"));
        assertStringIncludes(streamed, "<i>waiting</i>");
        assertStringIncludes(streamed, "<i>arrived</i>");
      });

      await t.step(`${mode}: cookies are set, signed, read back, and a forged signature is refused`, async () => {
        const response = await fetch(at("/cookies/set"));
        await response.body?.cancel();
        const set = response.headers.getSetCookie();
        assertEquals(set.length, 2);
        assertMatch(set[0]!, /^plain=a%20b; (HttpOnly; Path=\/|Path=\/; HttpOnly)$/);
        const cookie = set.map((one) => one.split(";")[0]).join("; ");
        assertEquals(await nano.json(at("/cookies/get"), { headers: { cookie } }), { plain: "a b", signed: "yes" });
        const forged = cookie.replace("signed=yes", "signed=no!");
        assertEquals(await nano.json(at("/cookies/get"), { headers: { cookie: forged } }), {
          plain: "a b",
          signed: false,
        });
      });

      await t.step(`${mode}: stream() pipes native streams and the app's own, streamText() writes lines`, async () => {
        assertEquals(await nano.text(at("/stream")), "nano-own");
        assertEquals(await nano.text(at("/stream/text")), "one\ntwo\n");
      });

      await t.step(`${mode}: validators take forms and JSON, by function and by zod`, async () => {
        const post = (path: string, body: BodyInit, expect: number, headers: HeadersInit = {}) =>
          nano.text(at(path), { method: "POST", body, headers, expect });
        const json = { "content-type": "application/json" };
        assertEquals(await post("/validate", new URLSearchParams({ title: "Ü" }), 200), '{"title":"Ü"}');
        assertEquals(await post("/validate", new URLSearchParams({ other: "x" }), 400), "no title");
        assertEquals(await post("/zod", '{"n":41}', 200, json), '{"next":42}');
        assertStringIncludes(await post("/zod", '{"n":"41"}', 400, json), "invalid_type");
      });

      await t.step(`${mode}: etag() answers 304, compress() compresses, CORS preflights are answered`, async () => {
        const first = await fetch(at("/etag"));
        assertEquals(await first.text(), "the same every time");
        const tag = first.headers.get("etag")!;
        assertMatch(tag, /^"[0-9a-f]{40}"$/);
        assertEquals(await nano.text(at("/etag"), { headers: { "if-none-match": tag }, expect: 304 }), "");

        const head = `GET /compress HTTP/1.1\r\nHost: ${at("/").host}\r\nAccept-Encoding: gzip\r\n\r\n`;
        const packed = await rawRequest(at("/"), head);
        assertEquals(packed.get("content-encoding"), "gzip");
        assertEquals(packed.get("vary")?.toLowerCase(), "accept-encoding");
        assert(packed.body.byteLength < 1000, `${packed.body.byteLength} bytes`);
        const unpacked = new Blob([packed.body]).stream().pipeThrough(new DecompressionStream("gzip"));
        assertEquals(await new Response(unpacked).text(), "compress me ".repeat(1000));

        const preflight = await fetch(at("/cors"), {
          method: "OPTIONS",
          headers: { origin: "https://friend.example", "access-control-request-method": "PUT" },
        });
        assertEquals(preflight.status, 204);
        assertEquals(preflight.headers.get("access-control-allow-origin"), "https://friend.example");
        assertEquals(preflight.headers.get("access-control-allow-methods"), "GET,PUT");
        const foreign = await fetch(at("/cors"), { headers: { origin: "https://foe.example" } });
        assertEquals(await foreign.text(), "shared");
        assertEquals(foreign.headers.get("access-control-allow-origin"), null);
      });

      await t.step(`${mode}: basicAuth() guards`, async () => {
        assertEquals(await nano.text(at("/auth"), { expect: 401 }), "Unauthorized");
        const authorization = `Basic ${btoa("ada:engine")}`;
        assertEquals(await nano.text(at("/auth"), { headers: { authorization } }), "inside");
        const wrong = `Basic ${btoa("ada:engine!")}`;
        await nano.text(at("/auth"), { headers: { authorization: wrong }, expect: 401 });
      });

      await t.step(`${mode}: contextStorage() keeps 40 interleaved requests apart`, async () => {
        const names = Array.from({ length: 40 }, (_, index) => `who${index}`);
        assertEquals(await Promise.all(names.map((name) => nano.text(at(`/context/${name}`)))), names);
      });

      await t.step(`${mode}: uploads, body limits, timeouts and errors come out as Hono means them`, async () => {
        const form = new FormData();
        form.append("file", new File(["content ✓"], "a.txt", { type: "text/plain" }));
        form.append("note", "n");
        assertEquals(await nano.json(at("/upload"), { method: "POST", body: form }), {
          name: "a.txt",
          type: "text/plain",
          text: "content ✓",
          rest: { note: "n" },
        });
        assertEquals(await nano.text(at("/limit"), { method: "POST", body: "0123456789" }), "10");
        await nano.text(at("/limit"), { method: "POST", body: "0123456789a", expect: 413 });
        const chunked = new Blob(["01234", "56789", "a"]).stream();
        await nano.text(at("/limit"), { method: "POST", body: chunked, expect: 413 });
        await nano.text(at("/timeout"), { expect: 504 });
        assertEquals(await nano.text(at("/teapot"), { expect: 418 }), "short and stout");
        assertEquals(await nano.json(at("/fail"), { expect: 500 }), { failed: "on purpose" });
        assertEquals(await nano.text(at("/absent"), { expect: 404 }), "nothing at /absent");
        const headers = await fetch(at("/headers"));
        assertEquals(await headers.text(), "has id");
        assert(headers.headers.has("x-frame-options"));
      });
    }
  },
});
