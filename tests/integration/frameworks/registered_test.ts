import { assertEquals } from "@std/assert";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

/** Each registers its app in the way its framework documents, and exports nothing. */
const APPS: Readonly<Record<string, string>> = {
  "hono-fire": `import { Hono } from "hono";
import { fire } from "hono/service-worker";
const app = new Hono().get("/hello/:name", (c) => {
  c.executionCtx.waitUntil(Promise.resolve().then(() => console.log("worked on")));
  return c.text("hello " + c.req.param("name"));
}).post("/echo", async (c) => c.body(await c.req.arrayBuffer()));
fire(app, { fetch: undefined });
`,
  "hono-serve": `import { Hono } from "hono";
const app = new Hono().get("/hello/:name", (c) => {
  Promise.resolve().then(() => console.log("worked on"));
  return c.text("hello " + c.req.param("name"));
}).post("/echo", (c) => c.body(c.req.raw.body));
Deno.serve({ port: 8787 }, app.fetch);
`,
  "h3-serve": `import { H3, serve } from "h3";
const app = new H3().get("/hello/:name", (event) => {
  event.waitUntil(Promise.resolve().then(() => console.log("worked on")));
  return "hello " + event.context.params.name;
}).post("/echo", (event) => event.req.body);
serve(app);
`,
  "whatwg-listener": `import { createServerAdapter } from "@whatwg-node/server";
self.addEventListener("fetch", createServerAdapter((request, context) => {
  const [, first, name] = new URL(request.url).pathname.split("/");
  if (first === "echo") return new Response(request.body);
  context.waitUntil(Promise.resolve().then(() => console.log("worked on")));
  return new Response(first === "hello" ? "hello " + name : null, { status: first === "hello" ? 200 : 404 });
}));
`,
  "itty-listener": `import { IttyRouter } from "itty-router";
const router = IttyRouter()
  .get("/hello/:name", ({ params }) => new Response("hello " + params.name))
  .post("/echo", (request) => new Response(request.body))
  .all("*", () => new Response(null, { status: 404 }));
addEventListener("fetch", (event) => {
  event.waitUntil(Promise.resolve().then(() => console.log("worked on")));
  event.respondWith(router.fetch(event.request));
});
`,
};

Deno.test({
  name: "Apps that register with fire(), serve(), Deno.serve() or addEventListener() are served in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    const apps = Object.entries(APPS).map(([name, source]) => [name, { entry: `${name}.ts`, source }]);
    await using nano = await FrameworkNano.start({
      packages: { hono: "4.13.19", h3: "2.0.8", "itty-router": "6.0.0", "@whatwg-node/server": "0.13.0" },
      apps: Object.fromEntries(apps),
    });
    for (const mode of STREAM_MODES) {
      for (const app of Object.keys(APPS)) {
        await t.step(`${mode}: ${app}`, async () => {
          assertEquals(await nano.text(nano.url(app, mode, "/hello/ada")), "hello ada");
          await nano.logged(app, mode, "worked on");
          const body = "x".repeat(100_000);
          assertEquals(await nano.text(nano.url(app, mode, "/echo"), { method: "POST", body }), body);
          await nano.text(nano.url(app, mode, "/absent"), { expect: 404 });
        });
      }
    }
  },
});
