/** Tests what the apps may take when nobody says. */
import { assertEquals } from "@std/assert";
import { defaultCeilingBytes } from "../../../runtime/machine/machine_memory.ts";

const GB = 1024 ** 3;

/** As a machine has them: version 2 alone, or version 1 with controllers that are mounted together. */
const VERSION_2 = { "/proc/self/mountinfo": "36 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n" };
const VERSION_1 = {
  "/proc/self/mountinfo": "30 24 0:26 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n" +
    "31 24 0:27 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
  "/proc/self/cgroup": "4:memory:/docker/1/nano\n3:cpuacct,cpu:/docker/1\n",
};
const own = (path: string) => ({ ...VERSION_2, "/proc/self/cgroup": `0::${path}\n` });

function files(contents: Readonly<Record<string, string>>): (path: string) => string {
  return (path) => {
    const found = contents[path];
    if (found === undefined) throw new Deno.errors.NotFound(path);
    return found;
  };
}

const CASES: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ["the machine", {}, 6 * GB],
  ["a container's cgroup", { ...own("/"), "/sys/fs/cgroup/memory.max": `${GB}\n` }, 0.75 * GB],
  ["a cgroup without a limit", { ...own("/"), "/sys/fs/cgroup/memory.max": "max\n" }, 6 * GB],
  [
    "a unit of systemd",
    {
      ...own("/system.slice/nano.service"),
      "/sys/fs/cgroup/system.slice/nano.service/memory.max": `${2 * GB}\n`,
      "/sys/fs/cgroup/system.slice/memory.max": "max\n",
    },
    1.5 * GB,
  ],
  [
    "the least of the cgroups above its own",
    {
      ...own("/a.slice/nano.service/nano-host"),
      "/sys/fs/cgroup/a.slice/nano.service/nano-host/memory.max": "max\n",
      "/sys/fs/cgroup/a.slice/nano.service/memory.max": `${4 * GB}\n`,
      "/sys/fs/cgroup/a.slice/memory.max": `${2 * GB}\n`,
    },
    1.5 * GB,
  ],
  [
    "a cgroup of version 1 whose mount shows a part",
    { ...VERSION_1, "/sys/fs/cgroup/memory/nano/memory.limit_in_bytes": `${2 * GB}\n` },
    1.5 * GB,
  ],
  [
    "a cgroup of version 1 without a limit",
    { ...VERSION_1, "/sys/fs/cgroup/memory/nano/memory.limit_in_bytes": "9223372036854771712\n" },
    6 * GB,
  ],
];

for (const [what, contents, bytes] of CASES) {
  Deno.test(`defaultCeilingBytes() is three quarters of ${what}`, () => {
    assertEquals(defaultCeilingBytes(8 * GB, files(contents)), bytes);
  });
}
