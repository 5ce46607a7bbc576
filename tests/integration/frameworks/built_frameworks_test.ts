/** Builds of frameworks and plugins of fastify-cli, served from their folders as they are. */
import { assertEquals } from "@std/assert";
import { BundledNano } from "../bundle/bundled_nano.ts";

// The isolates' threads outlive a test's end by a moment, and Deno counts them as resources.
const WHOLE_SYSTEM = { sanitizeResources: false, sanitizeOps: false };

Deno.test({
  name: "A server that a framework made answers behind the files that it made for browsers",
  ...WHOLE_SYSTEM,
  async fn() {
    const manifest = { scripts: { build: "vite build" }, devDependencies: { "@tanstack/react-start": "1" } };
    await using nano = await BundledNano.start({
      "package.json": JSON.stringify(manifest),
      "node_modules/.keep": "",
      "dist/server/server.js": `export default { fetch: (request) => new Response(new URL(request.url).pathname) };`,
      "dist/client/assets/app.css": "body {}",
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/assets/app.css"), { status: 200, text: "body {}" });
    assertEquals(await nano.get("/dist/server/server.js"), { status: 200, text: "/dist/server/server.js" });
  },
});

Deno.test({
  name: "What React Router made answers as react-router-serve does, which names the charset of texts",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "package.json": JSON.stringify({
        scripts: { build: "react-router build" },
        devDependencies: { "@react-router/dev": "8" },
      }),
      "node_modules/react-router/package.json": '{"name":"react-router","type":"module","main":"index.js"}',
      "node_modules/react-router/index.js": `export const createRequestHandler = ({ types }) => (request) => {
        const type = types[new URL(request.url).pathname];
        return new Response("x", { status: 201, headers: { "content-type": type, "set-cookie": "a=b" } });
      };`,
      "build/server/index.js": `export const types = {
        "/": "text/html", "/data": "application/json", "/latin": "text/html; charset=latin1", "/image": "image/png",
      };`,
    });
    assertEquals(nano.failure(), null);
    const types: Record<string, string | null> = {};
    for (const path of ["/", "/data", "/latin", "/image"]) {
      const { status, headers } = await nano.fetch(path);
      assertEquals([status, headers.get("set-cookie")], [201, "a=b"]);
      types[path] = headers.get("content-type");
    }
    assertEquals(types, {
      "/": "text/html; charset=utf-8",
      "/data": "application/json; charset=utf-8",
      "/latin": "text/html; charset=latin1",
      "/image": "image/png",
    });
  },
});

Deno.test({
  name: "A page that was built for browsers answers the paths of its own routes, and no others' requests",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "package.json": JSON.stringify({ scripts: { build: "vite build" } }),
      "index.html": '<script type="module" src="/src/main.ts"></script>',
      "src/main.ts": "document.body.append(1);",
      "dist/index.html": "<p>page",
    });
    assertEquals(nano.failure(), null);
    const route = await nano.fetch("/some/route", { headers: { accept: "text/html" } });
    assertEquals([route.status, await route.text()], [200, "<p>page"]);
    const data = await nano.fetch("/some/data", { headers: { accept: "application/json" } });
    assertEquals(data.status, 404);
    await data.body?.cancel();
  },
});

Deno.test({
  name: "require.resolve of a name that only run time knows begins in the folder of its package",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `const { texts } = require("own"); module.exports = { fetch: () => Response.json(texts) };`,
      "node_modules/own/package.json": '{"name":"own","main":"tools/index.js"}',
      "node_modules/own/tools/index.js": `const fs = require("fs");
        const read = (name) => {
          try { return fs.readFileSync(require.resolve(name), "utf8"); } catch (error) { return error.code; }
        };
        exports.texts = ["../lib/a.txt", "./b", "../lib/absent"].map(read);`,
      "node_modules/own/lib/a.txt": "a",
      "node_modules/own/tools/b.js": "b",
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/"), { status: 200, text: '["a","b","MODULE_NOT_FOUND"]' });
  },
});

Deno.test({
  name: "A plugin that fastify-cli starts is served, and what it loads from folders of its own",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "package.json": JSON.stringify({
        main: "app.js",
        scripts: { start: "fastify start app.js" },
        dependencies: { fastify: "5.12.8" },
      }),
      "app.js": `const fs = require("node:fs"), path = require("node:path");
        module.exports = async (fastify) => {
          const dir = path.join(__dirname, "routes");
          for (const name of fs.readdirSync(dir)) fastify.register(require(path.join(dir, name)));
        };`,
      "routes/root.js": `module.exports = async (fastify) => fastify.get("/", async () => ({ root: true }));`,
    });
    assertEquals(nano.failure(), null);
    assertEquals(await nano.get("/"), { status: 200, text: '{"root":true}' });
  },
});

Deno.test({
  name: "The text of a function runs by itself, as a script on a page",
  ...WHOLE_SYSTEM,
  async fn() {
    await using nano = await BundledNano.start({
      "index.js": `function script(n) {
          const twice = (x) => 2 * x;
          function more(x) { return twice(x) + 1; }
          class Kept { static of = function () { return more(n); }; }
          return Kept.of();
        }
        export default { fetch: () => Response.json([script.toString(), String(script) === \`\${script}\`, script.name,
          Function.prototype.toString.toString(), Function.prototype.toString.call(Map)]) };`,
    });
    assertEquals(nano.failure(), null);
    const [script, isSame, ...rest] = JSON.parse((await nano.get("/")).text);
    assertEquals(new Function(`return (${script})(20)`)(), 41);
    assertEquals([isSame, ...rest], [
      true,
      "script",
      "function toString() { [native code] }",
      "function Map() { [native code] }",
    ]);
  },
});
