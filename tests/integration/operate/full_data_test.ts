/** The folder `data` of an app that Deno itself runs: its versions share it, and nothing else writes there. */
import { assertEquals } from "@std/assert";
import { BY, OperateScene } from "./operate_scene.ts";

/** Counts its requests in a file, and tells what lies beside it. */
const counting = (version: string) => `
let count = 0;
try { count = Number(Deno.readTextFileSync("data/count")); } catch { /* The first one. */ }
export default {
  fetch() {
    Deno.writeTextFileSync("data/count", String(++count));
    const names = [...Deno.readDirSync("data")].map(({ name }) => name).sort();
    const shipped = [...Deno.readDirSync(".")].some(({ name }) => name === "data.shipped");
    return Response.json({ version: ${JSON.stringify(version)}, count, names, shipped });
  },
};
`;

Deno.test({
  name: "Deployed versions share what they write; the first one's own data is there at first, later ones lie beside it",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    await using scene = await OperateScene.create({
      own: { files: { "main.ts": counting("0") }, config: { isolation: "process", compat: "full", cpu_ms: 600_000 } },
    });
    const ask = async () => await (await scene.fetch("own")).json();
    assertEquals(await ask(), { version: "0", count: 1, names: ["count"], shipped: false });
    const first = await scene.deploy("own", { "main.ts": counting("1"), "data/seed.txt": "a seed" });
    // What lay in the folder of nano.json stays there.
    assertEquals(await ask(), { version: "1", count: 1, names: ["count", "seed.txt"], shipped: false });
    await scene.deploy("own", { "main.ts": counting("2"), "data/seed.txt": "another" });
    assertEquals(await ask(), { version: "2", count: 2, names: ["count", "seed.txt"], shipped: true });
    await scene.operations.versions.rollback("own", first.version, BY);
    assertEquals(await ask(), { version: "1", count: 3, names: ["count", "seed.txt"], shipped: false });
    assertEquals(await Deno.readTextFile(`${scene.stateDir}/data/files/own/seed.txt`), "a seed");
    await scene.restart();
    assertEquals((await ask()).count, 4);
  },
});

Deno.test({
  name: "A backup has what such an app keeps, and a restore puts it in the place of what there is by then",
  sanitizeResources: false,
  sanitizeOps: false,
  async fn() {
    await using scene = await OperateScene.create({
      own: { files: { "main.ts": counting("0") }, config: { isolation: "process", compat: "full", cpu_ms: 600_000 } },
    });
    const { backups } = scene.operations.data;
    const ask = async () => await (await scene.fetch("own")).json();
    await scene.deploy("own", { "main.ts": counting("1"), "data/deep/seed.txt": "a seed" });
    assertEquals((await ask()).count, 1);
    const kept = `${scene.stateDir}/data/files/own`;
    await Deno.symlink("deep/seed.txt", `${kept}/link`);
    const { stream, view } = await backups.backup("own", BY);
    const archive = new Uint8Array(await new Response(stream).arrayBuffer());
    assertEquals(view.stores.map(({ kind, name }) => [kind, name]), [["files", "own"]]);

    await Deno.writeTextFile(`${kept}/later`, "");
    await Deno.remove(`${kept}/deep`, { recursive: true });
    assertEquals((await ask()).count, 2);
    await backups.restore(ReadableStream.from([archive]), { app: null, dryRun: false }, BY);
    assertEquals(await ask(), { version: "1", count: 2, names: ["count", "deep", "link"], shipped: false });
    assertEquals(await Deno.readTextFile(`${kept}/link`), "a seed");

    // As with all that apps keep: whoever removes an app has not said that its data are to go.
    await scene.operations.apps.remove("own", BY);
    assertEquals(await Deno.readTextFile(`${kept}/count`), "2");
  },
});
