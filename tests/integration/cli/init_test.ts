/** `nano init`, and that what it writes is served. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";
import { until } from "../life/until.ts";

async function inTemp(test: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-init-test-" });
  try {
    await test(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("nano init writes a project that nano dev and nano start serve", async () => {
  await inTemp(async (dir) => {
    const { code, out, err } = await run(["init", "My Shop"], new MemoryIo(dir));
    assertEquals([code, err], [0, ""]);
    assertEquals(
      out,
      [
        'Wrote app "my-shop" to My Shop',
        "",
        "Next:",
        "  nano dev 'My Shop'",
        "  nano start --config 'My Shop/nano.json'",
      ].join("\n"),
    );
    const folder = `${dir}/My Shop`;
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      ".gitignore",
      "README.md",
      "index.ts",
      "nano.json",
    ]);
    assertStringIncludes(await Deno.readTextFile(`${folder}/.gitignore`), ".nano/");
    assertEquals((await run(["check"], new MemoryIo(folder))).code, 0);

    await using dev = await NanoProcess.spawn(["dev", folder, "--port", "0"]);
    const serving = await until(() => dev.strayLines.find((line) => line.startsWith("Serving ")), "a URL");
    const url = serving.match(/http:\/\/\S+/)![0];
    assertEquals(await (await fetch(url)).text(), "Hello from NANO\n");
    assertEquals((await dev.stop()).code, 0);

    const started = ["--port", "0", "--admin-port", "0"];
    await using nano = await NanoProcess.start(`${folder}/nano.json`, { args: started });
    const answer = async (path: string) => {
      const response = await nano.fetch("my-shop.localhost", path);
      return [response.status, await response.text()] as const;
    };
    assertEquals(await answer("/"), [200, "Hello, my-shop from NANO\n"]);
    assert(Date.parse(JSON.parse((await answer("/time"))[1]).now) > 0);
    assertEquals(await answer("/else"), [404, "There is nothing at /else\n"]);
    assertEquals((await nano.stop()).code, 0);
  });
});

Deno.test("nano init fills a folder that holds other things, and overwrites nothing", async () => {
  await inTemp(async (dir) => {
    await Deno.writeTextFile(`${dir}/notes.txt`, "mine");
    assertEquals((await run(["init"], new MemoryIo(dir))).code, 0);
    assertEquals(await Deno.readTextFile(`${dir}/notes.txt`), "mine");
    await Deno.writeTextFile(`${dir}/index.ts`, "edited");
    const again = await run(["init", "."], new MemoryIo(dir));
    assertEquals([again.code, again.out], [1, ""]);
    assertMatch(again.err, /"index.ts", "nano.json", ".gitignore", "README.md" are there already/);
    assertEquals(await Deno.readTextFile(`${dir}/index.ts`), "edited");

    await Deno.mkdir(`${dir}/part`);
    await Deno.writeTextFile(`${dir}/part/README.md`, "# Mine");
    const part = await run(["init", "part"], new MemoryIo(dir));
    assertEquals(part.code, 1);
    assertMatch(part.err, /"README.md" is there already/);
    assertEquals([...Deno.readDirSync(`${dir}/part`)].length, 1);
    const file = await run(["init", "notes.txt"], new MemoryIo(dir));
    assertEquals(file.code, 1);
    assertMatch(file.err, /Cannot write a project to ".*notes.txt"/);
  });
});
