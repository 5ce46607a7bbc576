/** Apps with `"isolation": "process"` in cgroups of the kernel's own: what it then bounds, and that none is left. */
import { assert, assertEquals } from "@std/assert";
import { NanoProcess, runFlags } from "../../support/nano_process.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";
import { type TempApp, TempProject } from "../../support/temp_project.ts";
import { ADMIN, adminApp } from "./admin_client.ts";
import { ofKernel } from "./host_threads.ts";
import { until } from "./until.ts";

const FULL: TempApp["config"] = {
  isolation: "process",
  compat: "full",
  cpu_ms: 600_000,
  memory_mb: 64,
  run: ["bash", "head", "tail", "sleep"],
};
const APP = `Deno.serve(async (request) => {
  const { pathname } = new URL(request.url);
  const run = async (script) => {
    const { success } = await new Deno.Command("bash", { args: ["-c", script] }).output();
    return Response.json({ success });
  };
  // A program that holds what it reads: the host's own look at memory is at the app's process.
  if (pathname === "/hoard") return await run("head -c 2000000000 /dev/zero | tail");
  if (pathname === "/fork") {
    return await run("trap 'kill $all' EXIT; n=0; while [ $n -lt 900 ]; do sleep 600 > /dev/null & all=\\"$all $!\\"; n=$((n+1)); done");
  }
  return new Response("here");
});`;

/** A group whose child is NANO's, and what it can be bounded by; null where this machine lets nobody make one. */
function delegated() {
  const mount = /^\d+ \d+ \S+ \/ (\S+) .* - cgroup2 /m.exec(ofKernel("/proc/self/mountinfo") ?? "")?.[1];
  if (mount === undefined) return null;
  const above = `${mount}/nano-test-${crypto.randomUUID()}`;
  try {
    const offered = Deno.readTextFileSync(`${mount}/cgroup.controllers`).split(/\s+/);
    for (const name of ["memory", "pids"].filter((one) => offered.includes(one))) {
      Deno.writeTextFileSync(`${mount}/cgroup.subtree_control`, `+${name}`, { create: false });
    }
    Deno.mkdirSync(`${above}/nano-host`, { recursive: true });
  } catch {
    return null;
  }
  return {
    above,
    controllers: Deno.readTextFileSync(`${above}/cgroup.controllers`).split(/\s+/),
    groups: () => [...Deno.readDirSync(above)].filter(({ name }) => name.startsWith("nano-isolate-")),
    [Symbol.dispose]() {
      for (const { name, isDirectory } of Deno.readDirSync(above)) if (isDirectory) Deno.removeSync(`${above}/${name}`);
      Deno.removeSync(above);
    },
  };
}

Deno.test("An app's process and its programs are in a cgroup of their own, which bounds them and goes with them", async () => {
  using place = delegated();
  if (place === null) return console.log("this machine lets nobody make cgroups of version 2: not tried");
  await using project = await TempProject.create({
    own: { files: { "main.js": APP }, config: FULL },
    other: { files: { "main.js": 'export default { fetch: () => new Response("here") };' } },
  }, { admin: ADMIN });
  {
    const entry = fromFileUrl(new URL("admin/cli/main.ts", REPO));
    const moving = ["bash", "-c", 'echo $$ > "$0" && exec "$@"', `${place.above}/nano-host/cgroup.procs`] as const;
    await using nano = await NanoProcess.start(project.configFile, {
      program: [...moving, Deno.execPath(), ...await runFlags(), entry],
    });
    const serves = async () => await (await nano.fetch("own")).text() === "here";
    await until(serves, "the app to serve");
    const { process } = await adminApp(nano, "own") as unknown as { process: { pid: number; cgroup: string } };
    assert(process.cgroup.includes("/nano-isolate-"), process.cgroup);
    const path = `${place.above}/${process.cgroup.split("/").at(-1)}`;
    assert(ofKernel(`${path}/cgroup.procs`)!.split("\n").includes(String(process.pid)));
    assertEquals(ofKernel(`${place.above}/nano-host/cgroup.procs`)!.split("\n").includes(String(process.pid)), false);

    if (place.controllers.includes("pids")) {
      await (await nano.fetch("own", "/fork")).json();
      assertEquals(await (await nano.fetch("other")).text(), "here");
      assert(Number(/^max (\d+)$/m.exec(ofKernel(`${path}/pids.events`) ?? "")?.[1]) > 0);
    } else console.log("this machine bounds no threads of cgroups of version 2: not tried");

    if (place.controllers.includes("memory")) {
      const hoarding = await nano.fetch("own", "/hoard");
      await hoarding.body?.cancel();
      assertEquals([hoarding.status, hoarding.headers.get("nano-error")], [503, "APP_OUT_OF_MEMORY"]);
      await nano.waitForEvent(({ event, app, reason }) =>
        event === "app_exit" && app === "own" && reason === "out_of_memory"
      );
      assertEquals(await (await nano.fetch("other")).text(), "here");
      await until(serves, "the app to serve again");
    } else console.log("this machine bounds no memory of cgroups of version 2: not tried");
    nano.signal("SIGTERM");
    await until(() => nano.end !== null, "the end of NANO");
  }
  assertEquals(place.groups(), []);
});
