/** Apps whose folders hold far too much, or lead into the whole machine: nobody else waits for them. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AdminScene, saying, zipOf } from "../admin/admin_scene.ts";

Deno.test("Apps with too much in their folders are named, and the changes of others do not wait for them", async (t) => {
  await using scene = await AdminScene.create({ big: saying("big"), other: saying("other") });
  const at = (path: string) => `${scene.project.dir}/apps/big/${path}`;
  const changed = async (mode: string) => {
    const { status, text } = await scene.ask("PATCH", "/admin/apps/other", { json: { env: { MODE: mode } } });
    assertEquals(status, 200, text);
    assertEquals(await scene.text("other"), `other ${mode}`);
  };

  await t.step("links to big trees, link loops and devices cost nothing", async () => {
    await Deno.symlink("/usr", at("usr"));
    await Deno.symlink("/", at("root"));
    await Deno.symlink(".", at("self"));
    await Deno.symlink("/dev/zero", at("zero"));
    await changed("links");
    await Deno.writeTextFile(at("index.ts"), saying("edited"));
    await scene.nano.waitForEvent(({ event, changed }) =>
      event === "config_reload" && (changed as string[]).includes("big")
    );
    assertEquals(await scene.text("big"), "edited -");
  });

  await t.step("a folder with 60,000 files is given up by name", async () => {
    await Deno.mkdir(at("many"));
    for (let file = 0; file < 60_000; file++) Deno.writeTextFileSync(at(`many/${file}`), "");
    await changed("many");
    const told = await scene.nano.waitForEvent(({ event, text }) =>
      event === "warning" && String(text).startsWith(`Cannot watch "${scene.project.dir}/apps/big"`)
    );
    // On a slow machine the scan's seconds are over before its entries
    assertMatch(String(told["text"]), /it holds more than (50000 files and folders|what 10000 ms are enough for), "/);
    await changed("given up");
  });

  await t.step("a source of 200 MiB refuses the edit and names the file", async () => {
    await Deno.writeTextFile(at("huge.js"), "");
    await Deno.truncate(at("huge.js"), 200 * 1024 * 1024);
    await Deno.writeTextFile(at("index.ts"), `import "./huge.js";\n${saying("huge")}`);
    const { status, text } = await scene.ask("POST", "/admin/reload");
    assertEquals(status, 400, text);
    assertStringIncludes(text, "huge.js");
    assertStringIncludes(text, "200 MiB");
    await changed("huge");
    assertEquals(await scene.text("big"), "edited -");
  });

  await t.step("packages of an uploaded version are not fetched, and the answer says what to do", async () => {
    const files = { "package.json": '{"dependencies":{"kit":"1"}}', "index.js": `import "kit";` };
    const { status, text } = await scene.ask("POST", "/admin/apps/other/versions", { body: zipOf(files) });
    assertEquals(status >= 400, true, text);
    assertStringIncludes(text, 'Cannot install \\"kit\\": nothing is installed for uploaded versions');
    assertStringIncludes(text, "install.uploads");
  });
});
