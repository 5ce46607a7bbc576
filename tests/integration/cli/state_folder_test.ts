/** The state folder through the real process: one NANO at a time, closed to others, one line when it cannot be used. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";

const HELLO = { files: "export default { fetch: () => new Response('hello') };" };

async function refused(configFile: string): Promise<{ code: number; stderr: string }> {
  await using nano = await NanoProcess.spawn(["start", "--config", configFile]);
  const { code } = await nano.status();
  assertEquals([nano.events, nano.strayLines], [[], []], "nothing but the one line on stderr");
  return { code, stderr: nano.stderr };
}

Deno.test("a second NANO on one state folder is refused and names the first, which serves on; a killed one is no hindrance", async () => {
  await using project = await TempProject.create({ hello: HELLO });
  await using first = await NanoProcess.start(project.configFile, { guardian: true });
  const { pid } = JSON.parse(await Deno.readTextFile(`${project.dir}/.nano/admin.json`));
  const { code, stderr } = await refused(project.configFile);
  assertEquals(code, 1);
  assertMatch(stderr, /^nano: Cannot use state_dir ".*\.nano": another NANO uses it .*\n$/);
  assert(stderr.includes(`process ${pid}, since 20`) && stderr.includes(first.url), stderr);
  assertEquals(await (await first.fetch("hello")).text(), "hello");
  assertEquals(JSON.parse(await Deno.readTextFile(`${project.dir}/.nano/admin.json`)).pid, pid);

  // The guardian starts the next host, which must find the folder free.
  Deno.kill(pid, "SIGKILL");
  await first.waitForEvent(({ event }) => event === "host_died");
  const from = first.events.length;
  await first.waitForEvent(({ event }) => event === "server_start", undefined, from);
});

Deno.test("the state folder and what it keeps of secrets are their owner's alone, also when it was made open", async () => {
  await using project = await TempProject.create({ hello: HELLO });
  await Deno.mkdir(`${project.dir}/.nano`);
  await Deno.chmod(`${project.dir}/.nano`, 0o755);
  await using _nano = await NanoProcess.start(project.configFile);
  const open: string[] = [];
  assertEquals((await Deno.stat(`${project.dir}/.nano`)).mode! & 0o777, 0o700);
  for await (const { name, isFile } of Deno.readDir(`${project.dir}/.nano`)) {
    if (isFile && ((await Deno.stat(`${project.dir}/.nano/${name}`)).mode! & 0o077) !== 0) open.push(name);
  }
  assertEquals(open, []);
});

Deno.test("a state folder that cannot be made or written ends the start with one line and exit code 3", async () => {
  await using project = await TempProject.create({ hello: HELLO }, { state_dir: "/proc/nano" });
  const missing = await refused(project.configFile);
  assertEquals(missing.code, 3);
  assertMatch(missing.stderr, /^nano: Cannot use state_dir "\/proc\/nano": .*\n$/);
  await project.writeConfig({ state_dir: undefined });
  await Deno.writeTextFile(`${project.dir}/.nano`, "in the way");
  const inTheWay = await refused(project.configFile);
  assertEquals(inTheWay.code, 3);
  assertMatch(inTheWay.stderr, /^nano: Cannot use state_dir ".*\.nano": it is no folder; name another one\n$/);
});
