/** Tests what the apps may take when nobody says. */
import { assertEquals } from "@std/assert";
import { defaultCeilingBytes } from "../../../runtime/machine/machine_memory.ts";

const GB = 1024 ** 3;

function files(contents: Record<string, string>): (path: string) => string {
  return (path) => {
    const found = Object.entries(contents).find(([end]) => path.endsWith(end));
    if (found === undefined) throw new Deno.errors.NotFound(path);
    return found[1];
  };
}

const CASES: readonly (readonly [string, Record<string, string>, number])[] = [
  ["the machine", {}, 6 * GB],
  ["a cgroup of version 2", { "memory.max": `${GB}\n` }, 0.75 * GB],
  ["a cgroup of version 2 without a limit", { "memory.max": "max\n" }, 6 * GB],
  ["a cgroup of version 1", { "limit_in_bytes": `${2 * GB}\n` }, 1.5 * GB],
  ["a cgroup of version 1 without a limit", { "limit_in_bytes": "9223372036854771712\n" }, 6 * GB],
];

for (const [what, contents, bytes] of CASES) {
  Deno.test(`defaultCeilingBytes() is three quarters of ${what}`, () => {
    assertEquals(defaultCeilingBytes(8 * GB, files(contents)), bytes);
  });
}
