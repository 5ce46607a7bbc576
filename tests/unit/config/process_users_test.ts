/** Whether NANO may give users away, by what the kernel tells of it. */
import { assert, assertEquals } from "@std/assert";
import { lacksForUsers, nextProcessUser, userOfFolder } from "../../../runtime/config/process_users.ts";

const ALL = "000001ffffffffff";
const WHOLE = "         0          0 4294967295\n";

function lacks(capabilities: string, maps: string): string | null {
  return lacksForUsers((path) =>
    path === "/proc/self/status" ? `Uid:\t0\nCapEff:\t${capabilities}\nSeccomp:\t0\n` : maps
  );
}

Deno.test("Root gives users away, with each of the rights that it takes and all of the machine's users", () => {
  assertEquals(lacks(ALL, WHOLE), null);
  assertEquals(lacks("0000000000000000", WHOLE), "it has that of NANO, which is not root");
  // What Docker leaves root in a container.
  assertEquals(lacks("00000000a80425fb", WHOLE), "it has that of NANO, which has no CAP_SYS_PTRACE");
  assertEquals(lacks(ALL, "0 100000 65536\n"), "it has that of NANO, whose container has too few users");
  assertEquals(lacks(ALL, "0 1000 1\n1 100000 4000000000\n"), null);
});

Deno.test("Where the kernel tells nothing, no user is given away", () => {
  const told = lacksForUsers(() => {
    throw new Deno.errors.NotFound();
  });
  assertEquals(told, "it has that of NANO, to which the kernel tells nothing of its rights");
});

Deno.test("No two processes get the same user", () => {
  const users = Array.from({ length: 100 }, () => nextProcessUser());
  assertEquals(new Set(users.map(({ uid }) => uid)).size, 100);
  for (const { uid, gid } of users) assert(uid === gid && uid >= 0x7000_0000 && uid < 0x8000_0000, String(uid));
});

Deno.test("A folder of NANO's own is nobody else's", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(await userOfFolder(folder), null);
  } finally {
    await Deno.remove(folder);
  }
});
