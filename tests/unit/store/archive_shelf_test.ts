/** Archives of versions as a node keeps them for its fleet. */
import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { ArchiveShelf } from "../../../runtime/store/archive_shelf.ts";
import { TempVersions } from "../../support/version_files.ts";

Deno.test("A folder is packed with the links that its archive brought, and without the one to the app's data", async () => {
  await using temp = await TempVersions.create();
  const folder = await Deno.makeTempDir();
  const state = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(join(folder, "index.ts"), "export default 1");
    await Deno.symlink("index.ts", join(folder, "main.ts"));
    await Deno.symlink(state, join(folder, "data"));
    const shelf = new ArchiveShelf(state);
    const archive = await shelf.open(await shelf.receiveFolder(folder));
    await temp.folders.unpack("a", "v1", archive!);
    const path = temp.folders.pathOf("a", "v1");
    assertEquals([...Deno.readDirSync(path)].map(({ name }) => name).sort(), ["index.ts", "main.ts"]);
    assertEquals(await Deno.readLink(join(path, "main.ts")), "index.ts");
  } finally {
    for (const path of [folder, state]) await Deno.remove(path, { recursive: true });
  }
});
