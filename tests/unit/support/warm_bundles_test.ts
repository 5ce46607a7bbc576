/** Holds where a NANO under test gets the run's bundles. */
import { assertEquals } from "@std/assert";
import { TempProject } from "../../support/temp_project.ts";
import { BUNDLES_NAME, warmBundles } from "../../support/warm_bundles.ts";

Deno.test("A NANO's first start finds the bundles of the run in its state folder, a later one what it has left there", async () => {
  const made = await Deno.makeTempDir({ prefix: "nano-test-" });
  const outer = Deno.env.get(BUNDLES_NAME);
  await using project = await TempProject.create({});
  try {
    Deno.env.set(BUNDLES_NAME, made);
    await Deno.writeTextFile(`${made}/a.js`, "first");
    await warmBundles(project.configFile);
    assertEquals(await Deno.readTextFile(`${project.dir}/.nano/bundles/a.js`), "first");
    assertEquals((await Deno.stat(`${project.dir}/.nano`)).mode! & 0o777, 0o700);
    await Deno.writeTextFile(`${made}/a.js`, "second");
    await warmBundles(project.configFile);
    assertEquals(await Deno.readTextFile(`${project.dir}/.nano/bundles/a.js`), "first");

    await project.writeConfig({ state_dir: "kept" });
    await warmBundles(project.configFile);
    assertEquals(await Deno.readTextFile(`${project.dir}/kept/bundles/a.js`), "second");

    await project.writeConfig({ state_dir: "/proc/nano" });
    await warmBundles(project.configFile);
    await project.writeRawConfig("{ oops");
    await warmBundles(project.configFile);
  } finally {
    if (outer === undefined) Deno.env.delete(BUNDLES_NAME);
    else Deno.env.set(BUNDLES_NAME, outer);
    await Deno.remove(made, { recursive: true });
  }
});
