/** Holds what TempProject writes. */
import { assertEquals, assertRejects } from "@std/assert";
import { TempProject } from "../../support/temp_project.ts";

Deno.test("TempProject writes nano.json and the apps, follows changes and removes all at the end", async () => {
  let dir: string;
  {
    await using project = await TempProject.create({
      one: { files: "export default 1;", config: { hostname: "one.test" } },
      two: { files: { "src/index.ts": "2", "package.json": "{}" } },
    }, { default_app: "one" });
    dir = project.dir;
    const read = async () => JSON.parse(await Deno.readTextFile(project.configFile));
    assertEquals(await read(), {
      hostname: "127.0.0.1",
      port: 0,
      admin: { hostname: "127.0.0.1", port: 0 },
      spare_isolates: 0,
      default_app: "one",
      apps: [{ name: "one", path: "./apps/one", hostname: "one.test" }, { name: "two", path: "./apps/two" }],
    });
    assertEquals(await Deno.readTextFile(`${dir}/apps/one/index.ts`), "export default 1;");
    assertEquals(await Deno.readTextFile(`${dir}/apps/two/src/index.ts`), "2");

    await project.setApp("two", { files: "3", config: { memory_mb: 32 } });
    await project.removeApp("one");
    assertEquals((await read()).apps, [{ name: "two", path: "./apps/two", memory_mb: 32 }]);
    await project.writeConfig({ port: 8081 });
    assertEquals((await read()).port, 8081);
    await project.writeRawConfig("{ broken");
    assertEquals(await Deno.readTextFile(project.configFile), "{ broken");
    assertEquals([...Deno.readDirSync(dir)].map(({ name }) => name).sort(), ["apps", "nano.json"]);
  }
  await assertRejects(() => Deno.stat(dir), Deno.errors.NotFound);
});
