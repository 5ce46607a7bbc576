/** The folder that an app may write, which NANO chooses and never the app. */
import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { findDataFolder } from "../../../runtime/bundle/data_folder.ts";

async function scene() {
  const top = await Deno.realPath(await Deno.makeTempDir());
  const root = join(top, "app");
  await Deno.mkdir(root);
  await Deno.mkdir(join(top, "foreign"));
  return {
    ...{ top, root, own: join(root, "data"), kept: join(top, "state", "files", "app") },
    [Symbol.asyncDispose]: () => Deno.remove(top, { recursive: true }),
  };
}

Deno.test("A folder right there is made, and a link in its place is refused, wherever it leads", async () => {
  await using place = await scene();
  assertEquals(await findDataFolder(place.root, null), [place.own]);
  assertEquals(await findDataFolder(place.root, null), [place.own]);
  for (const target of ["../foreign", ".", "nowhere"]) {
    await Deno.remove(place.own);
    await Deno.symlink(target, place.own);
    await assertRejects(() => findDataFolder(place.root, null), Error, '"data" is a link');
  }
});

Deno.test("What the first version brings is kept, what a later one brings lies beside it, and all lead to the same", async () => {
  await using place = await scene();
  for (const text of ["first", "second"]) {
    await Deno.mkdir(place.own);
    await Deno.writeTextFile(join(place.own, "a.txt"), text);
    assertEquals(await findDataFolder(place.root, place.kept), [place.kept, place.own]);
    assertEquals(await findDataFolder(place.root, place.kept), [place.kept, place.own]);
    assertEquals(await Deno.readTextFile(join(place.own, "a.txt")), "first");
    await Deno.remove(place.own);
  }
  assertEquals(await Deno.readTextFile(join(`${place.own}.shipped`, "a.txt")), "second");
});

Deno.test("A link that a version brings gives way to NANO's own", async () => {
  await using place = await scene();
  await Deno.symlink("../foreign", place.own);
  assertEquals(await findDataFolder(place.root, place.kept), [place.kept, place.own]);
  assertEquals(await Deno.readLink(place.own), place.kept);
});
