import { assertEquals } from "@std/assert";
import { appFolder } from "./app_folder.ts";
import { bundleApp, importBundle } from "./bundled_app.ts";

/** As the assets of an app. */
interface Fetcher {
  fetch(request: Request): Promise<Response>;
}

interface Site {
  fetch(request: Request, env: { ASSETS?: Fetcher }): Promise<Response>;
}

Deno.test("Bundler.bundle() makes an app of a static site that answers from its assets, or 404", async () => {
  await using app = await appFolder({ "index.html": "<p>", "package.json": "{}" });
  const made = await bundleApp(app);
  assertEquals([made.assets, made.inputs, made.warnings], [app.path, [app.at("index.html")], []]);
  const { default: site } = await importBundle(made.modules, made.entry) as { default: Site };
  const request = new Request("http://localhost/a");
  assertEquals((await site.fetch(request, {})).status, 404);
  const ASSETS = { fetch: (given: Request) => Promise.resolve(new Response(given.url)) };
  assertEquals(await (await site.fetch(request, { ASSETS })).text(), "http://localhost/a");
});

Deno.test("Bundler.bundle() says of an app with code that it has no assets of its own", async () => {
  await using app = await appFolder({ "index.html": "<p>", "index.ts": "export default 1;" });
  assertEquals((await bundleApp(app)).assets, null);
});
