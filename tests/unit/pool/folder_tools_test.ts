/** What a folder holds, as the system's `du` tells it. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { boundFiles, measureFolder } from "../../../runtime/pool/folder_tools.ts";

const ignore = Deno.build.os !== "linux";

Deno.test({
  name: "A folder is measured with what lies deep in it; two names of a file count once, and one that is gone is empty",
  ignore,
  async fn() {
    const path = await Deno.makeTempDir();
    try {
      const empty = await measureFolder(path);
      assertEquals(empty.entries, 1);
      await Deno.mkdir(`${path}/a b/c\n1\td`, { recursive: true });
      await Deno.writeFile(`${path}/a b/c\n1\td/file`, new Uint8Array(1 << 20).fill(1));
      await Deno.link(`${path}/a b/c\n1\td/file`, `${path}/again`);
      await Deno.symlink("/usr", `${path}/away`);
      const { bytes, entries } = await measureFolder(path);
      assert(bytes >= 1 << 20 && bytes < 2 << 20, String(bytes));
      // The folder, two in it, the file, the link.
      assertEquals(entries, 5);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
    assertEquals(await measureFolder(path), { bytes: 0, entries: 0 });
  },
});

Deno.test({
  name: "A process writes no file beyond its bound, and the one that sets it can take it back",
  ignore,
  async fn() {
    const child = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const limit = async () => /^Max file size +(\S+)/m.exec(await Deno.readTextFile(`/proc/${child.pid}/limits`))?.[1];
    try {
      const before = await limit();
      await boundFiles(child.pid, 0);
      assertEquals(await limit(), "0");
      await boundFiles(child.pid, 5 << 20);
      assertEquals(await limit(), String(5 << 20));
      assert(before !== "0", before);
    } finally {
      child.kill("SIGKILL");
      await child.status;
    }
    await assertRejects(() => boundFiles(child.pid, 0), Error);
  },
});
