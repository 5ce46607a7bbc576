/** Service bindings of Workers projects: one app calls another of the same NANO. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const SHOP = `export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const told = async (work) => {
      try {
        const response = await work();
        return Response.json({ status: response.status, text: await response.text(), x: response.headers.get("x-own") });
      } catch (error) {
        return Response.json({ name: error.name, message: error.message, code: error.code ?? null });
      }
    };
    switch (pathname) {
      case "/get": return await told(() => env.AUTH.fetch("http://inside/who?a=1", { headers: { "x-in": "in" } }));
      case "/post": return await told(() => env.AUTH.fetch("http://inside/echo", { method: "POST", body: request.body }));
      case "/pass": return await env.AUTH.fetch(request);
      case "/throws": return await told(() => env.AUTH.fetch("http://inside/throw"));
      case "/rpc": return await told(() => env.AUTH.verify("token"));
      case "/admin": return Response.json(await env.ADMIN.props());
      case "/admin/fetch": return await env.ADMIN.fetch("http://inside/");
      case "/none": return await told(() => env.NONE.fetch("http://inside/"));
      case "/named": return await told(() => env.NAMED.fetch("http://inside/"));
      case "/loop": return await env.SELF.fetch(request);
      case "/broken": return await told(() => env.BROKEN.fetch("http://inside/"));
    }
    return new Response("shop");
  },
};`;
const AUTH = `import { WorkerEntrypoint } from "cloudflare:workers";
export class Admin extends WorkerEntrypoint {
  props() { return this.ctx.props; }
  fetch() { return new Response("the admin"); }
}
export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/throw") throw new Error("thrown by the other app");
    if (url.pathname === "/echo") return new Response(request.body, { status: 201 });
    return new Response(request.method + " " + url.host + url.pathname + url.search + " " + request.headers.get("x-in"), {
      headers: { "x-own": "auth" },
    });
  },
};`;
const WRANGLER = `{
  "name": "shop-worker", "main": "index.js",
  "services": [
    { "binding": "AUTH", "service": "auth-worker" },
    { "binding": "NONE", "service": "nobody" },
    { "binding": "NAMED", "service": "auth-worker", "entrypoint": "Nobody" },
    { "binding": "ADMIN", "service": "auth-worker", "entrypoint": "Admin", "props": { "level": 2 } },
    { "binding": "SELF", "service": "shop" },
    { "binding": "BROKEN", "service": "broken" },
  ],
}`;

Deno.test("A service binding calls the other app, whole, and says why it cannot", async () => {
  await using project = await TempProject.create({
    shop: { files: { "wrangler.jsonc": WRANGLER, "index.js": SHOP } },
    auth: { files: { "wrangler.json": `{ "name": "auth-worker", "main": "index.js" }`, "index.js": AUTH } },
    broken: { files: { "index.js": "syntax error" } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const json = async (path: string, init?: RequestInit) => await (await nano.fetch("shop", path, init)).json();
  assertEquals(await json("/get"), { status: 200, text: "GET inside/who?a=1 in", x: "auth" });
  // Longer than what is under way unread: the body goes on while the answer, which is made of it, is read.
  const body = "x".repeat(8_000_000);
  const posted = await json("/post", { method: "POST", body });
  assertEquals([posted.status, posted.text === body], [201, true]);
  const passed = await nano.fetch("shop", "/pass?b", { headers: { "x-in": "through" } });
  assertMatch(await passed.text(), /^GET shop\S*\/pass\?b through$/);
  const thrown = await json("/throws");
  assertEquals([thrown.name, thrown.message, thrown.code], ["Error", "thrown by the other app", "APP_EXCEPTION"]);
  const rpc = await json("/rpc");
  assertEquals(rpc.name, "TypeError");
  assertEquals(rpc.message, 'The RPC receiver does not implement the method "verify".');
  assertEquals(await json("/admin"), { level: 2 });
  assertEquals(await (await nano.fetch("shop", "/admin/fetch")).text(), "the admin");
  assertEquals(await json("/none"), {
    name: "Error",
    message: `Cannot fetch from env.NONE: there is no app "nobody"`,
    code: "APP_NOT_FOUND",
  });
  assertEquals((await json("/named")).code, "APP_EXCEPTION");
  assertEquals((await json("/broken")).code, "APP_FAILED");
  const looped = await nano.fetch("shop", "/loop");
  await looped.body?.cancel();
  assertEquals(looped.status, 500);
  const logged = await nano.waitForEvent(({ event, text }) => event === "app_log" && /SELF/.test(String(text)));
  assertStringIncludes(String(logged["text"]), "the request went through 16 apps already");
  const calls = nano.events.filter(({ event, app, path }) => event === "request" && app === "auth" && path === "/who");
  assertEquals(calls.map(({ status, end }) => [status, end]), [[200, "done"]]);

  const check = await NanoProcess.spawn(["check", "--config", project.configFile]);
  await using _check = check;
  await check.status();
  const told = check.strayLines.join("\n");
  assertStringIncludes(
    told,
    "services AUTH (auth), NONE (nobody), NAMED (auth, Nobody), ADMIN (auth, Admin), SELF (shop), BROKEN (broken)",
  );
  assertStringIncludes(told, `wrangler.jsonc, line 5: env.NONE is service "nobody", and no app has this name`);
});
