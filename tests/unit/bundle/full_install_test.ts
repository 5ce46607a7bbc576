/** The packages of an app that Deno itself runs. */
import { assertEquals } from "@std/assert";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { appFolder } from "./app_folder.ts";

Deno.test("An app that Deno runs is told which packages nobody installs for it, and why", async () => {
  await using app = await appFolder({
    "package.json": JSON.stringify({ main: "index.js", dependencies: { kit: "1" } }),
    "index.js": `require("kit");`,
  });
  await using bundler = new Bundler({ cacheDir: null, installDependencies: true });
  const install = {
    registry: null,
    token: null,
    timeoutMs: 1000,
    workDir: app.at("installs"),
    refusal: "nothing is installed for uploaded versions",
  };
  const source = { name: "shop", path: app.path, nodeCompat: true, compat: "full", install } as const;
  assertEquals((await bundler.bundle(source)).warnings, ["No kit: nothing is installed for uploaded versions"]);
  await Deno.mkdir(app.at("node_modules/kit"), { recursive: true });
  await Deno.writeTextFile(app.at("node_modules/kit/index.js"), "");
  assertEquals((await bundler.bundle(source)).warnings, []);
});
