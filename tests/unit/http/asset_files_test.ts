/** The memory of what lies in a folder is bounded, and shared by those who ask at once. */
import { assert, assertEquals } from "@std/assert";
import { AssetFiles } from "../../../runtime/http/asset_files.ts";

Deno.test("Names that clients make up do not grow the table without end", async () => {
  const root = await Deno.makeTempDir({ prefix: "nano_assets_" });
  try {
    const files = new AssetFiles(root, { hidden: [], now: () => 0 });
    for (let index = 0; index < 5000; index++) assertEquals(await files.find([`name-${index}`]), null);
    assert(files.remembered <= 4096, `${files.remembered} names are remembered`);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("Many who ask for one file at once cause one look at it", async () => {
  const root = await Deno.makeTempDir({ prefix: "nano_assets_" });
  try {
    await Deno.writeTextFile(`${root}/a.txt`, "a");
    const files = new AssetFiles(root, { hidden: [], now: () => 0 });
    const looks = Array.from({ length: 20 }, () => files.find(["a.txt"]));
    assertEquals(new Set(looks).size, 1);
    const found = await looks[0]!;
    assert(found !== null && found !== "folder" && found.size === 1);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});
