/** `nano deploy` of an app of a workspace: what its code reaches above its folder comes along. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { TempProject } from "../../support/temp_project.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";

const FILES = {
  "pnpm-workspace.yaml": "packages: [apps/*]",
  "package.json": '{ "private": true }',
  ".env": "SECRET=1",
  "shared/deep/one.ts": 'import { two } from "../../apps/other/two"; export const one: string = "one " + two;',
  "shared/late.ts": 'export const late = "late";',
  "shared/note.txt": "a note",
  "shared/unused.ts": 'export const unused = "";',
  "apps/other/two.ts": 'import { own } from "../shop/src/own.ts"; export const two = "two " + own;',
  "apps/shop/package.json": '{ "name": "shop" }',
  "apps/shop/tsconfig.json": '{ "compilerOptions": { "paths": { "@shared/*": ["../../shared/*"] } } }',
  "apps/shop/src/own.ts": 'export const own = "own";',
  "apps/shop/src/index.ts": `
import { one } from "../../../shared/deep/one.ts";
import { late as aliased } from "@shared/late";
import note from "../../../shared/note.txt" with { type: "text" };
const { late } = await import("../../../shared/late");
export default { fetch: () => new Response([one, late, aliased, note].join(", ")) };`,
};

Deno.test("nano deploy takes along what an app's code reaches in its workspace, and nothing else of it", async () => {
  await using project = await TempProject.create({});
  await using nano = await NanoProcess.start(project.configFile);
  const cli = (...args: string[]) => run(args, new MemoryIo(project.dir));
  for (const [name, text] of Object.entries(FILES)) {
    const path = `${project.dir}/work/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  const { code, out, err } = await cli("deploy", "work/apps/shop", "--hostname", "shop.test");
  assertEquals([code, err.includes("Left out")], [0, false], err);
  assertStringIncludes(out, 'Made app "shop": v1 serves (9 files');
  assertEquals(await (await nano.fetch("shop.test")).text(), "one two own, late, late, a note");
  // A version alone, without the workspace around it.
  await Deno.remove(`${project.dir}/work`, { recursive: true });
  assertEquals((await cli("restart", "shop")).code, 0);
  assertEquals(await (await nano.fetch("shop.test")).text(), "one two own, late, late, a note");
});
