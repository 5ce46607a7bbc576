import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { RawConnection } from "../../support/raw_http.ts";
import { talk } from "./socket_talk.ts";
import { FrameworkNano, STREAM_MODES, WHOLE_SYSTEM } from "./framework_nano.ts";

const SOURCE = `import { Hono, type Context } from "hono";
import { env, getRuntimeKey } from "hono/adapter";
import { cache } from "hono/cache";
import { getConnInfo as cloudflareInfo, upgradeWebSocket as cloudflareSocket } from "hono/cloudflare-workers";
import { getConnInfo as denoInfo, upgradeWebSocket as denoSocket } from "hono/deno";
import { ipRestriction } from "hono/ip-restriction";
import { sign, jwt } from "hono/jwt";
import { logger } from "hono/logger";
import { serveStatic } from "hono/serve-static";
import { streamSSE } from "hono/streaming";
import { getConnInfo as vercelInfo } from "hono/vercel";

interface Bindings { GREETING: string; ASSETS: { fetch(request: Request | URL | string): Promise<Response> } }
const app = new Hono<{ Bindings: Bindings }>();

app.get("/env", (c) => c.json({ env: env(c), binding: c.env.GREETING, runtime: getRuntimeKey() }));
app.get("/ours", (c) => c.json({
  ours: new ReadableStream().constructor === new Response("x").body!.constructor ? "native" : "polyfill",
}));
app.get("/conninfo", (c) => c.json({
  deno: denoInfo(c).remote,
  vercel: vercelInfo(c).remote,
  cloudflare: cloudflareInfo(c).remote,
}));
app.get("/local", ipRestriction(denoInfo, { denyList: [], allowList: ["127.0.0.1"] }), (c) => c.text("local"));
app.get("/foreign", ipRestriction(denoInfo, { denyList: ["127.0.0.0/8"] }), (c) => c.text("never"));

app.get("/later", (c) => {
  c.executionCtx.waitUntil(new Promise<void>((resolve) => setTimeout(() => {
    console.log("done later for " + c.req.query("id"));
    resolve();
  }, 50)));
  c.executionCtx.passThroughOnException();
  return c.text("at once");
});

let counter = 0;
app.get("/cached", cache({ cacheName: "pages", wait: true, cacheControl: "max-age=60" }), (c) => c.text(String(++counter)));
app.use("/logged", logger());
app.get("/logged", (c) => c.text("logged"));
app.use("/jwt/in/*", jwt({ secret: "s", alg: "HS256" }));
app.get("/jwt/new", async (c) => c.text(await sign({ sub: "ada" }, "s")));
app.get("/jwt/in/who", (c) => c.json(c.get("jwtPayload")));

const getContent = async (path: string, c: Context<{ Bindings: Bindings }>) => {
  const response = await c.env.ASSETS.fetch(new URL("/" + path, c.req.url));
  return response.ok ? response.body : null;
};
app.get("/static/*", serveStatic({ getContent, rewriteRequestPath: (path) => path.replace(/^\\/static/, "") }));
app.get("/download/:file", (c) => {
  const url = new URL("/" + c.req.param("file"), c.req.url);
  return c.env.ASSETS.fetch(new Request(url, c.req.raw));
});

app.get("/events", (c) => streamSSE(c, async (out) => {
  out.onAbort(() => console.log("client gone from " + c.req.query("id")));
  c.req.raw.signal.addEventListener("abort", () => console.log("signal aborted for " + c.req.query("id")));
  for (let id = 0; !out.aborted; id++) {
    await out.writeSSE({ id: String(id), event: "tick", data: "line " + id + "\\nmore" });
    await out.sleep(id < 3 ? 1 : 25);
  }
}));

app.get("/relative", async (c) => {
  const attempts = [
    () => new Request("/x"), () => Response.redirect("x"), () => fetch("/x"), () => caches.default.match("/x"),
    () => new (class extends Request {})("//"), () => Response.redirect("/x", 200),
  ];
  return c.json(await Promise.all(attempts.map(async (attempt) => {
    try {
      await attempt();
      return "no error";
    } catch (error) {
      return error.name + ": " + error.message;
    }
  })));
});

const handlers = (c: Context) => ({
  onOpen(_event: unknown, socket: any) {
    socket.send("hello " + (c.req.query("id") ?? ""));
  },
  onMessage(event: any, socket: any) {
    if (event.data === "close") return socket.close(4001, "as asked");
    socket.send(typeof event.data === "string" ? "echo " + event.data : event.data);
  },
  onClose(event: any) {
    console.log("socket closed " + c.req.query("id") + " " + event.code + " " + event.reason);
  },
  onError(event: any) {
    console.log("socket error " + event.message);
  },
});
app.get("/ws/deno", denoSocket(handlers));
app.get("/ws/cloudflare", cloudflareSocket(handlers));
app.get("*", (c) => c.env.ASSETS.fetch(c.req.raw));
export default app;
`;

Deno.test({
  name: "Hono finds env, runtime, client address, execution context, assets, events and sockets in both stream modes",
  ...WHOLE_SYSTEM,
  async fn(t) {
    await using nano = await FrameworkNano.start({
      packages: { hono: "4.13.19" },
      apps: {
        hono: { entry: "hono.ts", source: SOURCE, config: { env: { GREETING: "hi" }, assets: "./apps/all/public" } },
      },
      files: { "public/page.html": "<p>A page</p>", "public/deep/style.css": "p { color: red }" },
    });
    for (const mode of STREAM_MODES) {
      const at = (path: string) => nano.url("hono", mode, path);

      await t.step(`${mode}: the stream classes are the ones that the app asked for`, async () => {
        assertEquals(await nano.json(at("/ours")), { ours: mode });
      });

      await t.step(
        `${mode}: env(c) has the app's variables and no other, getRuntimeKey() is "edge-light"`,
        async () => {
          // "edge-light" is what Hono calls a runtime that has a global EdgeRuntime and is none of those it knows by name.
          // NANO is none of them, and with this key env(c) reads process.env, which holds the app's variables.
          assertEquals(await nano.json(at("/env")), { env: { GREETING: "hi" }, binding: "hi", runtime: "edge-light" });
        },
      );

      await t.step(`${mode}: getConnInfo() of hono/deno and hono/vercel tell the client's address`, async () => {
        const info = await nano.json(at("/conninfo"), { headers: { "x-real-ip": "1.2.3.4" } }) as Record<
          string,
          { address?: string; port?: number; transport?: string }
        >;
        assertEquals(info.deno!.address, "127.0.0.1");
        assertEquals(info.deno!.transport, "tcp");
        assert(info.deno!.port! > 0, `port ${info.deno!.port}`);
        assertEquals(info.vercel!.address, "127.0.0.1");
        // It reads cf-connecting-ip, which only Cloudflare sets: without Cloudflare in front there is none.
        assertEquals(info.cloudflare!.address, undefined);
        assertEquals(await nano.text(at("/local")), "local");
        await nano.text(at("/foreign"), { expect: 403 });
      });

      await t.step(`${mode}: relative URLs fail without a word of the isolate's own module`, async () => {
        assertEquals(await nano.json(at("/relative")), [
          "TypeError: Invalid URL: '/x'",
          "TypeError: Invalid URL: 'x'",
          "TypeError: Invalid URL: '/x'",
          "TypeError: Invalid URL: '/x'",
          "TypeError: Invalid URL: '//'",
          "RangeError: Invalid redirect status code: 200",
        ]);
      });

      await t.step(`${mode}: executionCtx.waitUntil() works on after the answer`, async () => {
        assertEquals(await nano.text(at(`/later?id=${mode}`)), "at once");
        await nano.logged("hono", mode, `done later for ${mode}`);
      });

      await t.step(`${mode}: cache(), logger() and jwt() work on NANO's caches, console and crypto`, async () => {
        assertEquals(await nano.text(at("/cached")), "1");
        assertEquals(await nano.text(at("/cached")), "1");
        await nano.text(at("/logged"));
        await nano.logged("hono", mode, "--> GET /logged");
        await nano.text(at("/jwt/in/who"), { expect: 401 });
        const authorization = `Bearer ${await nano.text(at("/jwt/new"))}`;
        assertEquals(await nano.json(at("/jwt/in/who"), { headers: { authorization } }), { sub: "ada" });
        await nano.text(at("/jwt/in/who"), { headers: { authorization: `${authorization}x` }, expect: 401 });
      });

      await t.step(`${mode}: assets are served before the app, by serveStatic() and by env.ASSETS`, async () => {
        assertEquals(await nano.text(at("/page")), "<p>A page</p>");
        const style = await fetch(at("/static/deep/style.css"));
        assertEquals(await style.text(), "p { color: red }");
        assertStringIncludes(style.headers.get("content-type") ?? "", "text/css");
        assertEquals(await nano.text(at("/download/page.html"), { headers: { range: "bytes=3-3" }, expect: 206 }), "A");
        await nano.text(at("/static/absent.css"), { expect: 404 });
        await nano.text(at("/absent"), { expect: 404 });
      });

      await t.step(
        `${mode}: streamSSE() reaches an EventSource, and its onAbort runs when the client goes`,
        async () => {
          const got: string[] = [];
          const enough = Promise.withResolvers<void>();
          const source = new EventSource(at(`/events?id=es-${mode}`));
          const timer = setTimeout(() => enough.reject(new Error(`only ${got.length} events`)), 120_000);
          source.addEventListener("tick", (event) => {
            got.push(`${event.lastEventId}: ${event.data}`);
            if (got.length === 5) enough.resolve();
          });
          source.onerror = () => enough.reject(new Error("the event source failed"));
          try {
            await enough.promise;
          } finally {
            clearTimeout(timer);
            source.close();
          }
          assertEquals(got[4], "4: line 4\nmore");
          await nano.logged("hono", mode, `client gone from es-${mode}`);
          await nano.logged("hono", mode, `signal aborted for es-${mode}`);
        },
      );

      await t.step(`${mode}: a connection cut in the middle of the events aborts them too`, async () => {
        const { host } = at("/");
        {
          using connection = await RawConnection.open(at("/"));
          await connection.request("GET", `/events?id=raw-${mode}`, [["Host", host]]);
          const head = await connection.readHead();
          assertEquals(head.status, 200);
          assertMatch(head.get("content-type")!, /^text\/event-stream/);
          assertEquals(head.all("transfer-encoding"), ["chunked"]);
          assert(await connection.readSome(1024) !== null);
        }
        await nano.logged("hono", mode, `client gone from raw-${mode}`);
      });

      for (const kind of ["deno", "cloudflare"]) {
        await t.step(`${mode}: upgradeWebSocket() of hono/${kind} talks with a real client`, async () => {
          const id = `${kind}-${mode}`;
          const url = at(`/ws/${kind}?id=${id}`);
          url.protocol = "ws:";
          const large = new Uint8Array(200_000).map((_, index) => index % 251);
          const greetings = kind === "deno" ? 1 : 0; // the Workers' helper of Hono has no onOpen
          const byServer = await talk(url, ["text ✓", large, "close"], greetings + 2);
          assertEquals(byServer.received.slice(0, greetings), Array(greetings).fill(`hello ${id}`));
          assertEquals(byServer.received.slice(greetings), ["echo text ✓", large]);
          assertEquals(byServer.close, { code: 4001, reason: "as asked", wasClean: true });
          const byClient = await talk(url, ["x"], greetings + 1, { code: 4002, reason: "enough" });
          assertEquals(byClient.received.at(-1), "echo x");
          await nano.logged("hono", mode, `socket closed ${id} 4002 enough`);
          await nano.text(at(`/ws/${kind}`), { expect: 404 });
        });
      }

      await t.step(`${mode}: hono/deno answers with the subprotocol that the client asked for`, async () => {
        const url = at("/ws/deno");
        url.protocol = "ws:";
        assertEquals((await talk(url, ["close"], 1, { protocols: ["chat.v2", "chat.v1"] })).protocol, "chat.v2");
      });
    }
  },
});
