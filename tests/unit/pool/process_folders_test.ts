/** Folders that a NANO left behind which was killed. */
import { assertEquals } from "@std/assert";
import { fromFileUrl } from "../../support/repo.ts";

const MODULE = fromFileUrl(new URL("../../../runtime/pool/process_folders.ts", import.meta.url));

Deno.test("The first folder of a NANO removes those of NANOs that have ended, and of nobody else", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nano-test-" });
  const space = /\d+/.exec(await Deno.readLink("/proc/self/ns/pid"))![0];
  // Beyond all numbers that the kernel gives: kernel.pid_max is at most 2 ** 22.
  const gone = 2 ** 22 + 1;
  const names = [
    `nano-isolate-${space}-${gone}-left`,
    `nano-isolate-${space}-${Deno.pid}-lives`,
    `nano-isolate-1-${gone}-elsewhere`,
    "nano-isolate-other",
  ];
  try {
    for (const name of names) await Deno.mkdir(`${folder}/${name}/tmp`, { recursive: true });
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", `import { makeProcessFolder } from ${JSON.stringify(MODULE)}; await makeProcessFolder();`],
      env: { TMPDIR: folder },
    }).output();
    assertEquals(success, true);
    const left = new Set((await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name));
    assertEquals(names.map((name) => left.has(name)), [false, true, true, true]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
