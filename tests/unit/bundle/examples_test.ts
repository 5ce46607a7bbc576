import { assertEquals, assertStringIncludes } from "@std/assert";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { importBundle } from "./bundled_app.ts";

interface App {
  fetch(request: Request, env: Record<string, string>): Response | Promise<Response>;
}

/** Bundles an example and imports the bundle. */
async function load(name: string): Promise<(path: string, init?: RequestInit) => Promise<Response>> {
  await using bundler = new Bundler({ cacheDir: null });
  const path = new URL(`../../../docs/examples/${name}`, import.meta.url).pathname;
  const { entry, modules, warnings } = await bundler.bundle({ name, path, nodeCompat: true });
  assertEquals(warnings, []);
  const { default: app } = await importBundle(modules, entry) as { default: App };
  const env = { GREETING: "Hi", API_TOKEN: "hunter2" };
  return async (path, init) => await app.fetch(new Request(`http://${name}.localhost${path}`, init), env);
}

Deno.test("The hello example greets by name", async () => {
  const get = await load("hello");
  assertEquals(await (await get("/?name=Ada")).text(), "Hello, Ada!\n");
});

Deno.test("The env example shows its variables with secrets masked", async () => {
  const get = await load("env");
  assertEquals(await (await get("/")).json(), { GREETING: "Hi", API_TOKEN: "••••••" });
  assertEquals(await (await get("/greeting")).text(), "Hi\n");
  assertEquals((await get("/other")).status, 404);
});

Deno.test("The stream example sends events until it is cancelled, and downloads of the size that was asked for", async () => {
  const get = await load("stream");
  const reader = (await get("/events")).body!.getReader();
  assertStringIncludes(new TextDecoder().decode((await reader.read()).value), "id: 1\nevent: tick\ndata: {");
  await reader.cancel();
  const download = await get("/download?mb=3");
  assertEquals(download.headers.get("content-length"), String(3 * 1024 * 1024));
  assertEquals((await download.arrayBuffer()).byteLength, 3 * 1024 * 1024);
  for (const mb of ["-1", "1.5", "x", "99999"]) assertEquals((await get(`/download?mb=${mb}`)).status, 400);
});

Deno.test("The echo example gives back the body, its size and the headers", async () => {
  const get = await load("echo");
  const post = { method: "POST", body: "grüße", headers: { "content-type": "text/x-test" } };
  const echo = await get("/echo", post);
  assertEquals([await echo.text(), echo.headers.get("content-type")], ["grüße", "text/x-test"]);
  assertEquals(await (await get("/count", post)).json(), { bytes: 7 });
  assertEquals(await (await get("/count")).json(), { bytes: 0 });
  assertEquals((await (await get("/headers", post)).json()).headers, [["content-type", "text/x-test"]]);
});
