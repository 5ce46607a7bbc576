/** Each test file of the repo runs once in `deno task test`. */
import { assertEquals } from "@std/assert";
import { testParts } from "../../run_tests.ts";
import { folderModules } from "../../support/folder_modules.ts";
import { fromFileUrl, REPO } from "../../support/repo.ts";

/** Names that `deno test` takes for tests. */
const TESTS = /(?:^|[_.])test\.[cm]?[jt]sx?$/;
/** What the repo does not keep, what is no test of NANO, and what "test" in deno.json leaves out. */
const NOT_OURS = ["node_modules", "by_hand", "bench", "fixtures"];

Deno.test("The parts of the test run hold every test file once, and their modules import it", async () => {
  const into = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    const imported: string[] = [];
    for (const [index, part] of (await testParts()).entries()) {
      await Deno.mkdir(`${into}/${index}`);
      for (const path of await folderModules(part, `${into}/${index}`)) {
        if (path.startsWith("tests/")) {
          imported.push(path);
          continue;
        }
        const urls = (await Deno.readTextFile(path)).matchAll(/import "(.*)";/g);
        imported.push(...[...urls].map(([_, url]) => url!.slice(REPO.href.length)));
      }
    }
    assertEquals(imported.sort(), (await named("tests")).sort());
  } finally {
    await Deno.remove(into, { recursive: true });
  }
});

/** All files below a folder whose names are those of tests. */
async function named(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(fromFileUrl(new URL(folder, REPO)))) {
    if (NOT_OURS.includes(name)) continue;
    if (isDirectory) found.push(...await named(`${folder}/${name}`));
    else if (TESTS.test(name)) found.push(`${folder}/${name}`);
  }
  return found;
}
