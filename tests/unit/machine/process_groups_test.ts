/** Groups of processes: when NANO may make some, and what it writes to the kernel; files stand in for the kernel's. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openGroups } from "../../../runtime/machine/process_groups.ts";

/** A tree as systemd leaves it for a unit with `Delegate` and `DelegateSubgroup`. */
async function tree(controllers: string) {
  const mount = await Deno.makeTempDir({ prefix: "nano-test-" });
  const above = `${mount}/system.slice/nano.service`;
  await Deno.mkdir(`${above}/nano-host`, { recursive: true });
  await Deno.writeTextFile(`${above}/cgroup.controllers`, `${controllers}\n`);
  await Deno.writeTextFile(`${above}/cgroup.subtree_control`, "");
  const mountinfo =
    `24 1 0:22 / /proc rw - proc proc rw\n36 24 0:30 / ${mount} rw,nosuid shared:9 - cgroup2 cgroup2 rw\n`;
  return {
    above,
    mountinfo,
    open: (cgroup = "0::/system.slice/nano.service/nano-host\n") => openGroups({ cgroup, mountinfo }),
    async [Symbol.asyncDispose]() {
      await Deno.remove(mount, { recursive: true });
    },
  };
}

function lacks(found: ReturnType<typeof openGroups>): string {
  return "lacks" in found ? found.lacks : "nothing";
}

Deno.test("A group named nano-host is the word that the one above it is NANO's to divide", async () => {
  await using own = await tree("cpuset cpu io memory pids");
  const found = own.open();
  assert("groups" in found);
  assertEquals(found.groups.controllers, ["memory", "pids"]);
  assertEquals([...Deno.readDirSync(own.above)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name), [
    "nano-host",
  ]);
  assertStringIncludes(lacks(own.open("0::/user.slice/session-1.scope\n")), 'a cgroup named "nano-host"');
  assertStringIncludes(lacks(own.open("9:memory:/a\n")), "no cgroups of version 2");
  assertStringIncludes(lacks(openGroups({ cgroup: "0::/nano-host\n", mountinfo: "" })), "no cgroups of version 2");
  assertStringIncludes(lacks(openGroups(null)), "no cgroups of version 2");
  assertStringIncludes(lacks(own.open("0::/elsewhere/nano-host\n")), "cannot be divided");
});

Deno.test("A group is bounded by what the kernel offers, and by nothing else", async () => {
  await using own = await tree("memory pids");
  const found = own.open();
  assert("groups" in found);
  const group = found.groups.make();
  // As the kernel has them in a new group.
  const files = ["cgroup.procs", "memory.max", "memory.oom.group", "pids.max", "cgroup.kill"];
  for (const name of files) await Deno.writeTextFile(`${group.path}/${name}`, "");
  group.boundThreads(136);
  group.boundMemory(300.5 * 1024 * 1024);
  group.add(4711);
  const written = async (name: string) => await Deno.readTextFile(`${group.path}/${name}`);
  assertEquals(await Promise.all(files.map(written)), ["4711", String(300.5 * 1024 * 1024), "1", "136", ""]);
  assertEquals(group.ranOutOfMemory, false);
  await Deno.writeTextFile(
    `${group.path}/memory.events`,
    "low 0\nhigh 0\nmax 12\noom 1\noom_kill 3\noom_group_kill 1\n",
  );
  assertEquals(group.ranOutOfMemory, true);
  group.kill();
  assertEquals(await written("cgroup.kill"), "1");

  await using bare = await tree("hugetlb");
  const without = bare.open();
  assert("groups" in without);
  const unbounded = without.groups.make();
  for (const name of ["memory.max", "pids.max"]) await Deno.writeTextFile(`${unbounded.path}/${name}`, "");
  unbounded.boundThreads(1);
  unbounded.boundMemory(1);
  assertEquals(await Deno.readTextFile(`${unbounded.path}/memory.max`), "");
});

Deno.test("What a killed NANO has left is removed once it is empty, and a group that has gone is none to fail for", async () => {
  await using own = await tree("memory pids");
  const found = own.open();
  assert("groups" in found);
  const empty = found.groups.make();
  const inUse = found.groups.make();
  await Deno.writeTextFile(`${inUse.path}/cgroup.procs`, "1");
  found.groups.sweep();
  const left = [...Deno.readDirSync(own.above)].filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
  assertEquals(left, [inUse.path.slice(own.above.length + 1), "nano-host"].sort());
  empty.add(1);
  empty.boundMemory(1);
  empty.boundThreads(1);
  assertEquals([empty.ranOutOfMemory, empty.removeSync()], [false, true]);
});
