/** The binding that tells an app its own version. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const APP = `export default { fetch: (_request, env) => Response.json(env.VERSION) };`;

Deno.test("An app learns its version by a binding, of nano.json and of wrangler's file, before and after a deploy", async () => {
  await using project = await TempProject.create({
    one: { files: { "index.js": APP }, config: { bindings: { VERSION: { version_metadata: true } } } },
    two: {
      files: {
        "index.js": APP,
        "wrangler.json": `{ "main": "index.js", "version_metadata": { "binding": "VERSION" } }`,
      },
    },
  });
  await using nano = await NanoProcess.start(project.configFile);
  const version = async (app: string) => await (await nano.fetch(app, "/")).json();
  const first = await version("one");
  assertMatch(first.id, /^[0-9a-f]{12}$/);
  assertEquals([Object.keys(first), first.tag], [["id", "tag", "timestamp"], ""]);
  const changed = (await Deno.stat(`${project.dir}/apps/one/index.js`)).mtime!.toISOString();
  assertEquals(first.timestamp, changed);
  assertEquals((await version("two")).id, first.id);

  const before = new Date().toISOString();
  await using deploy = await NanoProcess.spawn([
    ...["deploy", `${project.dir}/apps/one`, "--name", "one", "--config", project.configFile],
  ]);
  const { code } = await deploy.status();
  assertEquals(code, 0, deploy.strayLines.join("\n"));
  const deployed = await version("one");
  assertEquals([deployed.id, deployed.tag], [first.id, "v1"]);
  // The clock of a file system is coarser than ours.
  assert(Date.parse(deployed.timestamp) >= Date.parse(before) - 1_000, `${deployed.timestamp} is before ${before}`);
});
