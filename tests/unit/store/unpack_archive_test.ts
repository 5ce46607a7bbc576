import { assertEquals } from "@std/assert";
import { rawPaxHeader, rawTarGz } from "../../support/raw_tar.ts";
import { rawZip } from "../../support/raw_zip.ts";
import { pathsIn, TempVersions } from "../../support/version_files.ts";

const FILES = [{ name: "index.ts", content: "export default 1" }, { name: "lib/deep/a.txt", content: "ä" }];
const TEXTS = { "index.ts": "export default 1", "lib/deep/a.txt": "ä" };

for (const [kind, archive] of [["zip", rawZip(FILES)], ["tar.gz", rawTarGz(FILES)]] as const) {
  Deno.test(`VersionFolders.unpack() puts the files of a ${kind} in place, plain and readable`, async () => {
    await using temp = await TempVersions.create();
    assertEquals(await temp.unpack(archive), { bytes: 18, files: 2 });
    assertEquals(await temp.texts(), TEXTS);
    const root = temp.folders.pathOf("a", "v1");
    for (const path of await pathsIn(root)) {
      const { mode, isDirectory } = await Deno.lstat(`${root}/${path}`);
      assertEquals(mode! & 0o777, isDirectory ? 0o755 : 0o644, path);
    }
    assertEquals((await temp.leftOver()).filter((path) => path.includes(".transit")), []);
  });
}

Deno.test("VersionFolders.unpack() takes stored entries, empty files, empty folders, ./ and a folder that follows", async () => {
  await using temp = await TempVersions.create();
  const entries = [
    { name: "./index.js", content: "1" },
    { name: "empty.txt", content: "" },
    { name: "stored.txt", content: "stored", method: 0 },
    { name: "lib/a.txt", content: "a" },
    { name: "lib/", content: "", method: 0, mode: 0o040755 },
    { name: "none/", content: "", method: 0 },
  ];
  assertEquals(await temp.unpack(rawZip(entries)), { bytes: 8, files: 4 });
  assertEquals(await temp.texts(), { "empty.txt": "", "index.js": "1", "lib/a.txt": "a", "stored.txt": "stored" });
  assertEquals((await pathsIn(temp.folders.pathOf("a", "v1"))).includes("none"), true);
});

Deno.test("VersionFolders.unpack() takes long names of pax headers, global ones too", async () => {
  await using temp = await TempVersions.create();
  const long = `${"folder/".repeat(20)}${"n".repeat(120)}.ts`;
  const global = { ...rawPaxHeader({ comment: "52e4f2" }), type: "g" };
  await temp.unpack(rawTarGz([global, rawPaxHeader({ path: long }), { name: "short", content: "x" }]));
  assertEquals(await temp.texts(), { [long]: "x" });
});

Deno.test("VersionFolders.unpack() unwraps the single folder that GitHub packs, and leaves out what macOS adds", async () => {
  for (const marker of ["package.json", "index.html", "main.tsx", "src/index.ts"]) {
    await using temp = await TempVersions.create();
    const entries = [
      { name: "app-52e4f2/", type: "5" },
      { name: `app-52e4f2/${marker}`, content: "x" },
      { name: "app-52e4f2/.DS_Store", content: "finder" },
      { name: "__MACOSX/app-52e4f2/._main.tsx", content: "finder" },
      { name: "._app-52e4f2", content: "finder" },
    ];
    assertEquals(await temp.unpack(rawTarGz(entries)), { bytes: 1, files: 1 });
    assertEquals(await temp.texts(), { [marker]: "x" });
  }
});

Deno.test("VersionFolders.unpack() keeps a single folder that is no app, one beside a file, and a lone src/", async () => {
  const archives = [
    ["public/logo.svg"],
    ["app/index.ts", "README.md"],
    ["app/index.ts", "other/index.ts"],
    ["src/index.ts", "src/package.json"],
  ];
  for (const names of archives) {
    await using temp = await TempVersions.create();
    await temp.unpack(rawZip(names.map((name) => ({ name, content: "x" }))));
    assertEquals(Object.keys(await temp.texts()), names.toSorted());
  }
});

Deno.test("VersionFolders.unpack() reads zip64 archives whose values are right", async () => {
  await using temp = await TempVersions.create();
  const plain = rawZip([{ name: "index.ts", content: "x" }]);
  const directoryOffset = BigInt(new DataView(plain.buffer).getUint32(plain.length - 6, true));
  const archive = rawZip([{ name: "index.ts", content: "x" }], { zip64: { entryCount: 1n, directoryOffset } });
  assertEquals(await temp.unpack(archive), { bytes: 1, files: 1 });
});

Deno.test("VersionFolders.unpack() takes links that stay inside, and leaves out the commands of packages", async () => {
  const files = [
    { name: "app/package.json", content: "{}" },
    { name: "app/node_modules/.store/kit/index.js", content: "kit" },
    { name: "app/lib/a.txt", content: "a" },
  ];
  const links: Readonly<Record<string, string>> = {
    "app/node_modules/kit": ".store/kit",
    "app/node_modules/kit2": "./kit",
    "app/lib/b.txt": "a.txt",
    "app/lib/c.txt": "../lib/./b.txt",
    "app/through.js": "node_modules/kit2/index.js",
    "app/gone": "node_modules/nothing",
    "app/node_modules/.bin/tool": "/usr/bin/tool",
    "app/node_modules/.store/kit/node_modules/.bin/tool": "../../../../../../../out",
  };
  const tar = rawTarGz([
    ...Object.entries(links).map(([name, link]) => ({ name, type: "2", link })),
    ...files,
    { name: "app/hard.txt", type: "1", link: "app/lib/a.txt" },
  ]);
  const zip = rawZip([
    ...Object.entries(links).map(([name, content]) => ({ name, content, mode: 0o120777 })),
    ...files,
  ]);
  for (const [archive, hard] of [[tar, true], [zip, false]] as const) {
    await using temp = await TempVersions.create();
    assertEquals(await temp.unpack(archive), { bytes: hard ? 7 : 6, files: hard ? 4 : 3 });
    const root = temp.folders.pathOf("a", "v1");
    const text = (name: string) => Deno.readTextFile(`${root}/${name}`);
    const read = ["node_modules/kit/index.js", "node_modules/kit2/index.js", "through.js", "lib/b.txt", "lib/c.txt"];
    assertEquals(await Promise.all(read.map(text)), ["kit", "kit", "kit", "a", "a"]);
    if (hard) assertEquals(await text("hard.txt"), "a");
    const paths = await pathsIn(root);
    assertEquals(paths.filter((path) => path.includes(".bin") || path.includes("gone")), []);
    for (const path of paths) {
      const real = await Deno.realPath(`${root}/${path}`);
      assertEquals(real.startsWith(await Deno.realPath(root)), true, path);
    }
  }
});
