/** The configuration that `nano dev` makes up. */
import { assertEquals } from "@std/assert";
import { resolveConfig } from "../../../../mod.ts";
import { devAppName, devDocument } from "../../../../admin/cli/host/dev_document.ts";

Deno.test("devAppName() makes a valid name of any folder or file", () => {
  const cases: [string, boolean, string][] = [
    ["/srv/hello", false, "hello"],
    ["/srv/My App_2", false, "my-app-2"],
    ["/srv/--x--", false, "x"],
    ["/srv/日本", false, "app"],
    ["/", false, "app"],
    ["/srv/shop/index.ts", true, "shop"],
    ["/srv/shop/src/main.tsx", true, "src"],
    ["/srv/shop/cart.ts", true, "cart"],
    ["/index.ts", true, "app"],
    [`/srv/${"a".repeat(80)}`, false, "a".repeat(63)],
  ];
  for (const [path, isFile, name] of cases) assertEquals(devAppName(path, isFile), name, path);
});

Deno.test("devDocument() is a configuration that NANO takes, and the app gets every host", async () => {
  const path = await Deno.makeTempDir({ prefix: "nano-dev-" });
  try {
    await Deno.writeTextFile(`${path}/index.ts`, "export default { fetch: () => new Response() };");
    const document = devDocument({ name: "hello", path, env: {} }, null, `${path}/state`);
    const config = await resolveConfig(document, { file: null, baseDir: "/", hostEnv: () => undefined });
    assertEquals([config.hostname, config.port, config.admin, config.defaultApp], ["127.0.0.1", 8080, false, "hello"]);
    assertEquals([config.log.format, config.apps[0]!.path, config.stateDir], ["pretty", path, `${path}/state`]);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
});
