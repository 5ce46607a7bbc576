/** Secrets of `from_file` take effect by themselves, however the file is replaced. */
import { assertEquals } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { until } from "./until.ts";

const SAYS_KEY = { files: "export default { fetch: (_request, env) => new Response(env.KEY) };" };

Deno.test("a secret that is edited, renamed over, or swapped by a link of Kubernetes is served without another change", async () => {
  await using project = await TempProject.create({
    plain: { ...SAYS_KEY, config: { env: { KEY: { from_file: "secret" } } } },
    mounted: { ...SAYS_KEY, config: { env: { KEY: { from_file: "mount/key" } } } },
    other: { files: "export default { fetch: () => new Response('other') };" },
  });
  const path = (name: string) => `${project.dir}/${name}`;
  await Deno.writeTextFile(path("secret"), "one\n");
  await Deno.mkdir(path("mount/..one"), { recursive: true });
  await Deno.writeTextFile(path("mount/..one/key"), "one");
  await Deno.symlink("..one", path("mount/..data"));
  await Deno.symlink("..data/key", path("mount/key"));
  await using nano = await NanoProcess.start(project.configFile);
  const serves = (app: string, text: string) =>
    until(async () => (await (await nano.fetch(app)).text()) === text, `${app} serves "${text}"`);
  await serves("plain", "one");
  await serves("mounted", "one");

  await Deno.writeTextFile(path("secret"), "two\n");
  await serves("plain", "two");
  await Deno.writeTextFile(path("secret.new"), "three\n");
  await Deno.rename(path("secret.new"), path("secret"));
  await serves("plain", "three");

  await Deno.mkdir(path("mount/..two"));
  await Deno.writeTextFile(path("mount/..two/key"), "two");
  await Deno.symlink("..two", path("mount/..data_tmp"));
  await Deno.rename(path("mount/..data_tmp"), path("mount/..data"));
  await Deno.remove(path("mount/..one"), { recursive: true });
  await serves("mounted", "two");

  const reloads = nano.events.filter(({ event }) => event === "config_reload");
  assertEquals(reloads.map(({ changed }) => changed), [["plain"], ["plain"], ["mounted"]]);

  // Gone for a moment: the old value serves on, and the next one counts.
  await Deno.remove(path("secret"));
  await nano.waitForEvent(({ event }) => event === "config_rejected");
  assertEquals(await (await nano.fetch("plain")).text(), "three");
  await Deno.writeTextFile(path("secret"), "four\n");
  await serves("plain", "four");
});
