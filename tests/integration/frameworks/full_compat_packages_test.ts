/** Packages of npm as they come, in apps that Deno itself runs: servers of Deno's own `node:http` at NANO's door. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";

function app(dependencies: Readonly<Record<string, string>>, source: string): TempApp {
  return {
    files: { "package.json": JSON.stringify({ dependencies, main: "server.js" }), "server.js": source },
    config: { isolation: "process", compat: "full", cpu_ms: 600_000, memory_mb: 256 },
  };
}

const APPS: Readonly<Record<string, TempApp>> = {
  express: app(
    { express: "5.1.0", ws: "8.18.3" },
    `const express = require("express");
    const http = require("http");
    const { WebSocketServer } = require("ws");
    const app = express();
    app.post("/echo", express.json(), (req, res) => res.status(201).json({ got: req.body, ip: req.ip }));
    app.get("/parts", (req, res) => { res.write("a"); setTimeout(() => res.end("b"), 0); });
    const server = http.createServer(app);
    new WebSocketServer({ server }).on("connection", (ws) => ws.on("message", (data) => ws.send("ws " + data)));
    if (require.main === module) server.listen(process.env.PORT || 3000);`,
  ),
  koa: app(
    { koa: "3.0.1" },
    `const Koa = require("koa");
    const app = new Koa();
    app.use((context) => { context.body = { path: context.path }; });
    app.listen(3000);`,
  ),
  fastify: app(
    { fastify: "5.6.0" },
    `const app = require("fastify")();
    app.get("/", async () => ({ hello: "fastify" }));
    app.listen({ port: 3000 });`,
  ),
};

Deno.test("Express with ws, Koa and Fastify are served without a change", async () => {
  await using project = await TempProject.create(APPS, { default_app: "express" });
  await using nano = await NanoProcess.start(project.configFile);
  const echo = await nano.fetch("express", "/echo", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
  });
  assertEquals([echo.status, await echo.json()], [201, { got: { a: 1 }, ip: "127.0.0.1" }]);
  assertEquals(await (await nano.fetch("express", "/parts")).text(), "ab");
  const socket = new WebSocket(nano.url.replace("http", "ws"));
  const said = await new Promise((resolve, reject) => {
    socket.onopen = () => socket.send("hello");
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = (event) => reject(new Error((event as ErrorEvent).message));
  });
  assertEquals(said, "ws hello");
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  assertEquals(await (await nano.fetch("koa", "/x")).json(), { path: "/x" });
  assertEquals(await (await nano.fetch("fastify")).json(), { hello: "fastify" });
});
