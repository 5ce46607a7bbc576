/** `nano deploy --env`: an environment of a wrangler file as an app of its own. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";

const WRANGLER = `{
  "name": "Web", "main": "i.js", "vars": { "WORD": "top" }, "build": { "command": "cp built.txt i.js" },
  "env": {
    "staging": { "vars": { "WORD": "staged" } },
    "live": { "name": "www", "vars": { "WORD": "live" }, "build": { "command": "echo 'export default 1' > i.js" } },
  },
}`;
const CODE = "export default { fetch: (_, env) => new Response(env.WORD) };";

Deno.test("nano deploy --env deploys an environment of a Workers project as an app of its own", async () => {
  await using project = await TempProject.create({ here: { files: CODE } });
  await using nano = await NanoProcess.start(project.configFile);
  const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
  await Deno.mkdir(`${project.dir}/web`);
  const files = {
    "wrangler.jsonc": WRANGLER,
    "i.js": CODE,
    "built.txt": CODE.replace("env.WORD", "`${env.WORD} built`"),
  };
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${project.dir}/web/${name}`, text);
  const answer = async (host: string) => await (await nano.fetch(host)).text();

  const made = await cli("deploy", "web", "--env", "staging");
  assertEquals([made.code, made.out.split(":")[0]], [0, 'Made app "web-staging"']);
  assertEquals(await answer("web-staging.localhost"), "staged");
  // The next version is of the environment that the app is of, whether it is named again or not.
  assertEquals((await cli("deploy", "web", "--env", "staging", "--build")).code, 0);
  assertEquals(await answer("web-staging.localhost"), "staged built");
  assertEquals((await cli("deploy", "web", "--name", "web-staging")).code, 0);
  assertEquals(await answer("web-staging.localhost"), "staged built");
  assertEquals((await cli("deploy", "web", "--env", "live", "--hostname", "www.test")).code, 0);
  assertEquals(await answer("www.test"), "live built");

  const other = await cli("deploy", "web", "--env", "live", "--name", "web-staging");
  assertEquals(other.code, 1);
  assertStringIncludes(
    other.err,
    'Cannot deploy environment "live" to app "web-staging": its key "wrangler" is "staging"; set that to "live"',
  );
  assertStringIncludes(
    (await cli("deploy", "web", "--env", "live", "--name", "here")).err,
    'its key "wrangler" is true',
  );
  assertEquals(await answer("web-staging.localhost"), "staged built");
  const typo = await cli("deploy", "web", "--env", "stagign");
  assertEquals(typo.code, 2);
  assertStringIncludes(typo.err, 'there is no environment "stagign" but "staging", "live"');
  const plain = await cli("deploy", "apps/here", "--env", "staging");
  assertEquals(plain.code, 2);
  assertStringIncludes(plain.err, "there is no wrangler.json, .jsonc or .toml");
  await Deno.writeTextFile(`${project.dir}/web.zip`, "PK");
  const archive = await cli("deploy", "web.zip", "--env", "staging");
  assertEquals(archive.code, 2);
  assertStringIncludes(archive.err, "Option --env is for a folder, not for an archive");
});
