/** The admin listener in the life of the process, and against apps that live in the same one. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { AdminScene, saying, TOKEN } from "./admin_scene.ts";
import { freePort } from "../../support/free_port.ts";

/** Asks whatever it is told to ask, by fetch or WebSocket, and tells status and text. */
const ASKER = `export default {
  async fetch(request) {
    const { searchParams } = new URL(request.url);
    const url = searchParams.get("url");
    try {
      if (url.startsWith("ws")) {
        const socket = new WebSocket(url);
        return await new Promise((resolve) => {
          socket.onopen = () => resolve(new Response("opened"));
          socket.onerror = () => resolve(new Response("refused"));
        });
      }
      const headers = { host: "localhost", origin: new URL(url).origin, cookie: "nano_session=guess" };
      const response = await fetch(url, { method: searchParams.get("method") ?? "GET", headers });
      return new Response(response.status + " " + (await response.text()));
    } catch (error) {
      return new Response("refused " + error.name);
    }
  },
};
`;

Deno.test("/readyz and /admin/health say 503 while NANO drains, and changes are refused; /livez says 200", async () => {
  await using scene = await AdminScene.create({ app: saying("app") });
  const held = await scene.hold("app");
  scene.nano.signal("SIGTERM");
  await scene.nano.waitForEvent(({ event }) => event === "drain_start");
  for (const path of ["/readyz", "/admin/health"]) {
    const { status, json } = await scene.ask("GET", path);
    assertEquals([status, json.status], [503, "draining"], path);
  }
  assertEquals((await scene.ask("GET", "/livez")).status, 200);
  assertEquals((await scene.ask("GET", "/admin/apps")).status, 200);
  for (
    const [method, path] of [["POST", "/admin/apps/app/restart"], ["POST", "/admin/reload"], [
      "DELETE",
      "/admin/apps/app",
    ]]
  ) {
    assertEquals(await scene.refusal(method!, path!), [503, "APP_DRAINING"], path);
  }
  const json = { hostname: "late.test", path: "./more" };
  assertEquals(await scene.refusal("POST", "/admin/apps", { json }), [503, "APP_DRAINING"]);
  assertEquals((await held.finish()).status, 200);
  assertEquals((await scene.nano.status()).code, 0);
});

Deno.test('"admin": false opens no admin listener and makes no token', async () => {
  await using project = await TempProject.create({ app: { files: saying("app") } }, { admin: false });
  await using nano = await NanoProcess.start(project.configFile);
  assertEquals(nano.adminUrl, null);
  assertEquals(await (await nano.fetch("app")).text(), "app -");
  for (const path of ["/admin/apps", "/metrics", "/livez"]) {
    const response = await nano.fetch("127.0.0.1", path);
    assertEquals(response.status, 404, path);
    await response.body?.cancel();
  }
  const kept = (await Array.fromAsync(Deno.readDir(`${project.dir}/.nano`))).map(({ name }) => name);
  assert(!kept.some((name) => name.includes("token") || name.includes("admin")), String(kept));
  assertEquals((await nano.stop()).code, 0);
});

Deno.test("an app reaches the admin listener only where its policy lets it, and nothing behind it without the token", async () => {
  await using scene = await AdminScene.create({
    public: { files: ASKER },
    any: { files: ASKER, config: { outbound: "any" } },
    list: { files: ASKER, config: { outbound: ["*.example.com", "example.org"] } },
  });
  const { port } = new URL(scene.adminUrl);
  const ask = (app: string, url: string, method = "GET") =>
    scene.text(app, `/?method=${method}&url=${encodeURIComponent(url)}`);
  const names = [
    "127.0.0.1",
    "localhost",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "2130706433",
    "0x7f.1",
    "127.1",
    "0.0.0.0",
    "[::]",
  ];
  for (const name of names) {
    for (const app of ["public", "list"]) {
      assert((await ask(app, `http://${name}:${port}/livez`)).startsWith("refused"), `${app} ${name}`);
      assert((await ask(app, `ws://${name}:${port}/admin/events`)).startsWith("refused"), `${app} ws ${name}`);
    }
    assert(!(await ask("any", `http://${name}:${port}/admin/apps`)).startsWith("200"), name);
  }
  assert((await ask("any", `http://127.0.0.1:${port}/livez`)).startsWith("200"));
  for (
    const [method, path] of [["GET", "/admin/apps"], ["GET", "/admin/config"], ["GET", "/metrics"], [
      "POST",
      "/admin/reload",
    ]]
  ) {
    const answer = await ask("any", `http://127.0.0.1:${port}${path}`, method);
    assert(/^(401|403) /.test(answer) && !answer.includes(TOKEN), `${path}: ${answer}`);
  }
  assertEquals(await ask("any", `ws://127.0.0.1:${port}/admin/events`), "refused");
  assertEquals((await scene.ask("GET", "/admin/apps")).json.total, 3);
});

Deno.test("an upload on an app's own port goes on when the port changes, and when the app is removed", async () => {
  await using scene = await AdminScene.create({ app: saying("app") });
  for (const change of ["PATCH", "DELETE"]) {
    const port = freePort();
    assertEquals((await scene.ask("PATCH", "/admin/apps/app", { json: { port } })).status, 200);
    const held = await scene.hold("app", `http://127.0.0.1:${port}`);
    const from = scene.nano.events.length;
    const json = { port: null };
    const changed = scene.ask(change, "/admin/apps/app", change === "PATCH" ? { json } : {});
    await scene.nano.waitForEvent(({ event }) => event === "app_drain_start", undefined, from);
    assertEquals((await held.finish()).status, 200, change);
    assertEquals((await changed).status, 200);
  }
});
