/** Letters beyond Latin-1 in a bundle: they mean what they did, and do not make its text one of two bytes a letter. */
import { assertEquals } from "@std/assert";
import { appFolder } from "./app_folder.ts";
import { bundleApp, importBundle } from "./bundled_app.ts";

Deno.test("Letters beyond Latin-1 mean what they did, in a bundle whose text is of one byte a letter", async () => {
  await using app = await appFolder({
    "index.js": `import note, { 名 } from "./größe.js"; import text from "./note.md"; import data from "./a.json";
      export default [note, 名(), 名.name, text, data, \`\${"é"}日\`, { 日本: 1 }, "\\u{1F600}" === "😀"];`,
    "größe.js": `export default "日"; export function 名() { return "ł😀"; }`,
    "note.md": "# 日本",
    "a.json": '{ "ключ": "значение" }',
  });
  const { modules, entry } = await bundleApp(app);
  const { default: found } = await importBundle(modules, entry);
  assertEquals(found, ["日", "ł😀", "名", "# 日本", { "ключ": "значение" }, "é日", { "日本": 1 }, true]);
  assertEquals(/[^\0-\xff]/.exec(modules[entry]!)?.[0], undefined);
});

Deno.test("Letters of patterns and of raw templates stay as they are written, which scripts can see", async () => {
  await using app = await appFolder({
    "index.js": 'export default [/日/u.source, /[é日]/.test("日"), String.raw`日\\n${1}`];',
  });
  const { modules, entry } = await bundleApp(app);
  assertEquals((await importBundle(modules, entry)).default, ["日", true, "日\\n1"]);
});
