/** What a project's own file names outside of the project's folder is neither served nor run. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { readWorkersProject } from "../../../runtime/config/workers_project.ts";

async function projectOf(wrangler: Readonly<Record<string, unknown>>, { reaches = false } = {}) {
  const parent = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    const folder = join(parent, "app");
    await Deno.mkdir(join(folder, "inside"), { recursive: true });
    await Deno.mkdir(join(parent, "app-beside"));
    await Deno.writeTextFile(join(folder, "wrangler.json"), JSON.stringify(wrangler));
    const found = (await readWorkersProject(folder, null, reaches ? { reach: parent } : {}))!;
    const migrations = found.bindings.flatMap((one) => one.kind === "d1" ? one.migrations.folders : []);
    const shown = (path: string) => path.replace(folder + "/", "./").replace(parent + "/", "../");
    return {
      assets: found.assets && shown(found.assets.path),
      migrations: migrations.map(shown),
      notes: found.notes.length,
    };
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
}

const OUTSIDE = ["..", "../app-beside", "inside/../../app-beside", "/etc", "/"];
const INSIDE = ["inside", "./inside/", "inside/../inside"];

for (const directory of [...OUTSIDE, ...INSIDE]) {
  const isInside = INSIDE.includes(directory);
  Deno.test(`A wrangler file ${isInside ? "has" : "has no"} files and migrations in "${directory}"`, async () => {
    const main = "index.js";
    const assets = await projectOf({ main, assets: { directory } });
    assertEquals(assets, { assets: isInside ? "./inside" : null, migrations: [], notes: isInside ? 0 : 1 });
    const database = { binding: "DB", database_id: "a", migrations_dir: directory };
    const migrations = isInside ? ["./inside"] : [];
    assertEquals(await projectOf({ main, d1_databases: [database] }), {
      assets: null,
      migrations,
      notes: isInside ? 0 : 1,
    });
    const pages = await projectOf({ pages_build_output_dir: directory });
    assertEquals([pages.assets, pages.notes], [isInside ? "./inside" : null, isInside ? 0 : 1]);
  });
}

Deno.test("A folder whose name begins with two dots lies in the project", async () => {
  assertEquals((await projectOf({ main: "index.js", assets: { directory: "..public" } })).assets, "./..public");
});

Deno.test("Files outside the project are its assets when whoever runs it lets it read there", async () => {
  const within = (directory: string) =>
    projectOf({ main: "index.js", assets: { directory }, d1_databases: [] }, { reaches: true });
  assertEquals(await within("../app-beside"), { assets: "../app-beside", migrations: [], notes: 0 });
  assertEquals((await within("../../elsewhere")).assets, null);
  const pages = await projectOf({ pages_build_output_dir: "../app-beside" }, { reaches: true });
  assertEquals([pages.assets, pages.notes], ["../app-beside", 0]);
});
