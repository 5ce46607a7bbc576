/** `caches` inside real isolates: there in both stream modes, each app's own, and bounded. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `const KEY = "http://cache.invalid/key";
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/put") {
      await caches.default.put(KEY, new Response(request.body, { headers: { "x-kept": "1" } }));
      return new Response("kept");
    }
    if (pathname === "/match") return await caches.default.match(KEY) ?? new Response("miss", { status: 404 });
    if (pathname === "/names") {
      const named = await caches.open("x");
      return Response.json([
        String(caches), String(named), typeof Cache, typeof CacheStorage, caches instanceof CacheStorage,
        Object.getOwnPropertyNames(Object.getPrototypeOf(named)).sort(),
      ]);
    }
    const fill = async () => {
      for (let n = 0; n < 40; n++) {
        await caches.default.put(KEY + n, new Response(new Uint8Array(1024 * 1024)));
      }
      let kept = 0;
      for (let n = 0; n < 40; n++) if (await caches.default.match(KEY + n)) kept++;
      return kept;
    };
    return Response.json(await fill());
  },
};`;

Deno.test("Each app has caches of its own, of an eighth of what it may hold outside its heap", async () => {
  await using project = await TempProject.create({
    native: { files: APP, config: { external_mb: 64 } },
    polyfill: { files: APP, config: { external_mb: 64, streams: "polyfill" } },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const put = await nano.fetch("native", "/put", { method: "POST", body: "of native" });
  assertEquals(await put.text(), "kept");
  const hit = await nano.fetch("native", "/match");
  assertEquals([hit.status, hit.headers.get("x-kept"), await hit.text()], [200, "1", "of native"]);
  const miss = await nano.fetch("polyfill", "/match");
  assertEquals([miss.status, await miss.text()], [404, "miss"]);
  for (const app of ["native", "polyfill"]) {
    assertEquals(await (await nano.fetch(app, "/put", { method: "POST", body: app.repeat(50_000) })).text(), "kept");
    assertEquals(await (await nano.fetch(app, "/match")).text(), app.repeat(50_000));
    assertEquals(await (await nano.fetch(app, "/names")).json(), [
      "[object CacheStorage]",
      "[object Cache]",
      "function",
      "function",
      true,
      ["add", "addAll", "constructor", "delete", "keys", "match", "matchAll", "put"],
    ]);
    // 8 MiB hold seven bodies of 1 MiB and their heads.
    assertEquals(await (await nano.fetch(app, "/fill")).json(), 7);
  }
});
