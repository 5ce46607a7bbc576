/** Servers of `node:http` as apps: written by hand in the manner of the frameworks, and the frameworks themselves. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { REPO } from "../../support/repo.ts";
import { BundledNano } from "../bundle/bundled_nano.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

Deno.test({
  name: "A server of node:http that listens after work of its own serves requests; module.exports may be its handler",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "package.json": "{}",
      "index.js": `const http = require("http");
        const app = (req, res) => {
          if (req.url === "/late") {
            res.write("a");
            return setTimeout(() => res.end("b"), 0);
          }
          if (req.url === "/port") return res.end(String(port));
          if (req.url === "/same") return res.end(String(require("node:http") === http));
          res.writeHead(201, { "Content-Type": "text/plain", "Set-Cookie": ["a=1", "b=2"] });
          res.end(req.method + " " + req.url + " " + req.headers.host.replace(/:\\d+/, ""));
        };
        let port = null;
        async function main() {
          await null;
          const server = http.createServer(app);
          server.listen(3000, () => (port = server.address().port));
        }
        main();
        module.exports = app;`,
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/x?y=1"), { status: 201, text: "GET /x?y=1 127.0.0.1" });
    assertEquals(await nano.get("/late"), { status: 200, text: "ab" });
    assertEquals(await nano.get("/same"), { status: 200, text: "true" });
    assertEquals(await nano.get("/port"), { status: 200, text: "3000" });
  },
});

Deno.test({
  name: "Requests for an app that has closed its server of node:http are told so with a code",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `import { createServer } from "node:http";
        const server = createServer((req, res) => {
          if (req.url === "/close") server.close();
          res.end("listens");
        });
        server.listen(3000);`,
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/close"), { status: 200, text: "listens" });
    const { status, text } = await nano.get("/");
    assertEquals([status, JSON.parse(text).code], [503, "APP_FAILED"]);
    assertStringIncludes(text, "it has closed its server, and listens no more");
  },
});

Deno.test({
  name: "httpServerHandler and handleAsNodeRequest of cloudflare:node answer by the servers of their ports",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `import { createServer } from "node:http";
        import { handleAsNodeRequest, httpServerHandler } from "cloudflare:node";
        createServer((req, res) => res.end("one " + req.url)).listen(8080);
        createServer((req, res) => res.end("two " + req.url)).listen(8081);
        const one = httpServerHandler({ port: 8080 });
        export default {
          fetch: (request, env, ctx) =>
            request.url.endsWith("/two") ? handleAsNodeRequest(8081, request) : one.fetch(request, env, ctx),
        };`,
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/a"), { status: 200, text: "one /a" });
    assertEquals(await nano.get("/two"), { status: 200, text: "two /two" });
  },
});

Deno.test({
  name: "cloudflare:node is there in an app that computes names of modules of Node's, and so are those",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `import { createServer } from "node:http";
        import { httpServerHandler } from "cloudflare:node";
        const name = ["o", "s"].join("");
        createServer(async (req, res) => {
          const { EOL } = await import(\`node:\${name}\`);
          res.end(JSON.stringify([EOL, process.getBuiltinModule(name).EOL]));
        }).listen(8080);
        export default httpServerHandler({ port: 8080 });`,
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/"), { status: 200, text: `["\\n","\\n"]` });
  },
});

const LATE = "setTimeout(() => server().listen(3000), 500);";
const late = (server: string) => ({
  "package.json": JSON.stringify({ dependencies: { late: "1" } }),
  "index.js": `import "late";`,
  "node_modules/late/package.json": JSON.stringify({ name: "late", main: "index.js" }),
  "node_modules/late/index.js": `const http = require("http"); ${server} ${LATE}`,
});

Deno.test({
  name: "An app whose package has made a server when the entry ends is waited for; one that holds node:http only fails",
  ...WHOLE_SYSTEM,
  async fn() {
    const made = `const one = http.createServer((req, res) => res.end("late")); const server = () => one;`;
    await using nano = await BundledNano.start(late(made));
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/"), { status: 200, text: "late" });
    await using broken = await BundledNano.start(late("const server = () => http.createServer();"));
    assertStringIncludes(String(broken.failure()), "Cannot find a handler: the entry exports nothing");
  },
});

Deno.test({
  name: "An upgrade is given to the listeners with a socket for frames, and what is refused is answered as written",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `import { createServer } from "node:http";
        const server = createServer((req, res) => res.end("plain"));
        server.on("upgrade", (req, socket) => {
          if (req.url === "/no") return socket.end("HTTP/1.1 401 Unauthorized\\r\\nX-Why: no\\r\\n\\r\\nnot you");
          socket.write("HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\n\\r\\n");
          // A masked text of less than 126 bytes comes back as it is, unmasked.
          socket.on("data", (frame) => {
            if (frame[0] !== 0x81) return;
            const text = frame.subarray(6);
            socket.write(Buffer.concat([Buffer.from([0x81, text.length]), text]));
          });
        });
        server.listen(0);`,
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/"), { status: 200, text: "plain" });
    const socket = new WebSocket(nano.socketUrl("/yes"));
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = (event) => reject((event as ErrorEvent).message);
    assertEquals(await promise, "hello");
    const closed = Promise.withResolvers<void>();
    socket.onclose = () => closed.resolve();
    socket.close();
    await closed.promise;
    const refused = new WebSocket(nano.socketUrl("/no"));
    const failure = Promise.withResolvers<string>();
    refused.onerror = (event) => failure.resolve((event as ErrorEvent).message);
    assertMatch(await failure.promise, /./);
  },
});

Deno.test({
  name: "A second server of an app is refused with Node's code and the reason",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `import { createServer } from "node:http";
        const refused = Promise.withResolvers();
        createServer(async (req, res) => res.end(await refused.promise)).listen(3000);
        createServer().listen(3001).on("error", ({ code, message }) => refused.resolve(code + " " + message));`,
    });
    const { text } = await nano.get("/");
    assertStringIncludes(text, "EADDRINUSE listen EADDRINUSE: address already in use :::3001; NANO has one door");
  },
});

/** Each listens as its README has it. */
const FRAMEWORKS: Readonly<Record<string, { readonly packages: Record<string, string>; readonly code: string }>> = {
  "express 4": {
    packages: { express: "^4" },
    code: `const express = require("express");
      const app = express();
      app.use(express.json());
      app.get("/", (req, res) => res.send("hello " + req.hostname));
      app.listen(3000);
      module.exports = app;`,
  },
  koa: {
    packages: { koa: "^3" },
    code: `import Koa from "koa";
      const app = new Koa();
      app.use((ctx) => { ctx.body = "hello " + ctx.hostname; });
      app.listen(3000);`,
  },
  fastify: {
    packages: { fastify: "^5" },
    code: `import Fastify from "fastify";
      const fastify = Fastify({ logger: false });
      fastify.get("/", async (request) => "hello " + request.hostname);
      fastify.listen({ port: 3000 });`,
  },
  "@hono/node-server": {
    packages: { hono: "^4", "@hono/node-server": "^1" },
    code: `import { serve } from "@hono/node-server";
      import { Hono } from "hono";
      const app = new Hono();
      app.get("/", (c) => c.text("hello " + new URL(c.req.url).hostname));
      serve({ fetch: app.fetch, port: 3000 });`,
  },
};

Deno.test({
  name: "The example of the guide, an app of express 5, runs as it is",
  ...WHOLE_SYSTEM,
  async fn() {
    const files: Record<string, string> = {};
    for (const name of ["package.json", "index.js"]) {
      files[name] = await Deno.readTextFile(new URL(`docs/examples/guides/node-server/${name}`, REPO));
    }
    await using nano = await BundledNano.start(files);
    assertStarted(nano);
    assertEquals(await nano.get("/?name=Ada"), { status: 200, text: "Hello Ada, you are 127.0.0.1\n" });
    assertEquals((await nano.get("/absent")).status, 404);
  },
});

function assertStarted(nano: BundledNano): void {
  const error = nano.failure();
  if (error === null) return;
  throw new Error(`The app did not start; this test needs the npm registry that Deno is set up for: ${error}`);
}

for (const [name, { packages, code }] of Object.entries(FRAMEWORKS)) {
  Deno.test({
    name: `An app of ${name} runs as it is`,
    ...WHOLE_SYSTEM,
    async fn() {
      const manifest = { dependencies: packages, ...code.startsWith("import") ? { type: "module" } : {} };
      await using nano = await BundledNano.start({ "package.json": JSON.stringify(manifest), "index.js": code });
      assertStarted(nano);
      assertEquals(await nano.get("/"), { status: 200, text: "hello 127.0.0.1" });
      assertEquals((await nano.get("/absent")).status, name === "koa" ? 200 : 404);
    },
  });
}
