/** Changes of real files and folders are noticed, whatever way an editor or a deployment makes them. */
import { assert, assertEquals } from "@std/assert";
import { Scene } from "./watch_scene.ts";

Deno.test("watchFiles() reports a changed, a new and a removed file", async () => {
  await using scene = await Scene.set((at) => {
    Deno.writeTextFileSync(at("a"), "1");
    Deno.mkdirSync(at("sub/deep"), { recursive: true });
  });
  scene.write("a", "2");
  assertEquals(await scene.reported("a"), ["a"]);
  scene.write("sub/deep/b");
  assertEquals(await scene.reported("sub/deep/b"), ["sub/deep/b"]);
  Deno.removeSync(scene.at("a"));
  assertEquals(await scene.reported("a"), ["a"]);
});

Deno.test("watchFiles() notices every replacement of a single file by rename, and not its neighbours", async () => {
  await using scene = await Scene.set((at) => Deno.writeTextFileSync(at("nano.json"), "{}"), { paths: ["nano.json"] });
  for (let round = 0; round < 3; round++) {
    scene.write("other");
    scene.replace("nano.json");
    assertEquals(await scene.reported("nano.json"), ["nano.json"]);
  }
  Deno.removeSync(scene.at("nano.json"));
  assertEquals(await scene.reported("nano.json"), ["nano.json"]);
  scene.write("nano.json");
  assertEquals(await scene.reported("nano.json"), ["nano.json"]);
});

Deno.test("watchFiles() stays out of node_modules, .git, .nano, what is ignored and editors' temporary files", async () => {
  const folders = ["node_modules", ".git", ".nano", "sub/node_modules", "state", "state2"];
  const editors = [".a.swp", "a~", ".#a", "#a#", "4913"];
  await using scene = await Scene.set(
    (at) => folders.forEach((path) => Deno.mkdirSync(at(path), { recursive: true })),
    {
      ignore: ["DIR/state", "state2"],
    },
  );
  for (const folder of folders) {
    scene.write(`${folder}/x`);
    Deno.mkdirSync(scene.at(`${folder}/y`));
  }
  editors.forEach((path) => scene.write(path));
  scene.write("sub/a.swf");
  assertEquals(await scene.reported("sub/a.swf"), ["sub/a.swf"]);
});

Deno.test("watchFiles() watches a folder that lies inside an ignored one when it is asked to", async () => {
  await using scene = await Scene.set((at) => Deno.mkdirSync(at(".nano/app"), { recursive: true }), {
    paths: [".nano/app"],
    ignore: ["DIR/.nano"],
  });
  scene.write(".nano/app/a");
  assertEquals(await scene.reported(".nano/app/a"), [".nano/app/a"]);
});

Deno.test("Reading files is no change", async () => {
  await using scene = await Scene.set((at) => Deno.writeTextFileSync(at("a"), "1"));
  Deno.readTextFileSync(scene.at("a"));
  [...Deno.readDirSync(scene.dir)];
  scene.write("b");
  assertEquals(await scene.reported("b"), ["b"]);
});

Deno.test("watchFiles() notices new folders, what is in them and what changes there later", async () => {
  await using scene = await Scene.set(() => {});
  Deno.mkdirSync(scene.at("one/two/three"), { recursive: true });
  scene.write("one/two/three/a");
  assertEquals(await scene.reported("one/two/three/a"), ["one/two/three/a"]);
  scene.write("one/b");
  scene.write("one/two/three/a");
  assertEquals(await scene.reported("one/b", "one/two/three/a"), ["one/b", "one/two/three/a"]);
});

Deno.test("A folder that is removed and made again is still watched", async () => {
  await using scene = await Scene.set((at) => {
    Deno.mkdirSync(at("app/sub"), { recursive: true });
    Deno.writeTextFileSync(at("app/sub/a"), "1");
  }, { paths: ["app"] });
  for (let round = 0; round < 3; round++) {
    Deno.removeSync(scene.at("app"), { recursive: true });
    Deno.mkdirSync(scene.at("app/sub"), { recursive: true });
    scene.write("app/sub/a");
    assertEquals(await scene.reported("app/sub/a"), ["app/sub/a"]);
    scene.write("app/sub/b");
    assertEquals(await scene.reported("app/sub/b"), ["app/sub/b"]);
    Deno.removeSync(scene.at("app"), { recursive: true });
    assertEquals(await scene.reported("app/sub/a", "app/sub/b"), ["app/sub/a", "app/sub/b"]);
    Deno.mkdirSync(scene.at("app/sub"), { recursive: true });
  }
});

Deno.test("A folder that takes another one's place by rename is watched, and the old one no more", async () => {
  await using scene = await Scene.set((at) => {
    for (const path of ["app", "next"]) Deno.mkdirSync(at(`${path}/sub`), { recursive: true });
    Deno.writeTextFileSync(at("next/sub/a"), "1");
  }, { paths: ["app"] });
  Deno.renameSync(scene.at("app"), scene.at("old"));
  Deno.renameSync(scene.at("next"), scene.at("app"));
  assertEquals(await scene.reported("app/sub/a"), ["app/sub/a"]);
  scene.write("old/sub/x");
  scene.write("app/sub/b");
  assertEquals(await scene.reported("app/sub/b"), ["app/sub/b"]);
});

Deno.test("A link that is swapped to another release is a change of what is behind it", async () => {
  await using scene = await Scene.set((at) => {
    for (const release of ["r1", "r2"]) {
      Deno.mkdirSync(at(`${release}/app`), { recursive: true });
      Deno.writeTextFileSync(at(`${release}/app/a`), release);
    }
    Deno.symlinkSync("r1", at("current"));
  }, { paths: ["current/app"] });
  Deno.symlinkSync("r2", scene.at("tmp"));
  Deno.renameSync(scene.at("tmp"), scene.at("current"));
  assertEquals(await scene.reported("current/app/a"), ["current/app/a"]);
  scene.write("r1/app/a");
  scene.write("r2/app/b");
  assertEquals(await scene.reported("current/app/b"), ["current/app/b"]);
});

Deno.test("A file of a Kubernetes ConfigMap is noticed when its hidden folder is swapped", async () => {
  await using scene = await Scene.set((at) => {
    for (const folder of ["..1", "..2"]) {
      Deno.mkdirSync(at(folder));
      Deno.writeTextFileSync(at(`${folder}/nano.json`), folder);
    }
    Deno.symlinkSync("..1", at("..data"));
    Deno.symlinkSync("..data/nano.json", at("nano.json"));
  }, { paths: ["nano.json"] });
  Deno.symlinkSync("..2", scene.at("..tmp"));
  Deno.renameSync(scene.at("..tmp"), scene.at("..data"));
  assertEquals(await scene.reported("nano.json"), ["nano.json"]);
});

Deno.test("Links inside a folder and links to files are followed, links to folders outside are not, and circles end", async () => {
  await using scene = await Scene.set((at) => {
    for (const path of ["app", "app/real", "lib"]) Deno.mkdirSync(at(path));
    Deno.writeTextFileSync(at("shared.txt"), "1");
    Deno.symlinkSync("../lib", at("app/lib"));
    Deno.symlinkSync("/usr", at("app/usr"));
    Deno.symlinkSync("real", at("app/alias"));
    Deno.symlinkSync("../shared.txt", at("app/shared.txt"));
    Deno.symlinkSync(".", at("app/self"));
    Deno.symlinkSync("loop", at("app/loop"));
  }, { paths: ["app"] });
  scene.write("app/real/a");
  await scene.until(() => scene.reports.length > 0, () => "nothing was reported");
  const [first, ...others] = scene.reports.splice(0).flat();
  assertEquals([["app/real/a", "app/alias/a"].includes(first!), others], [true, []]);
  scene.write("lib/a");
  scene.write("shared.txt");
  assertEquals(await scene.reported("app/shared.txt"), ["app/shared.txt"]);
});

Deno.test("A path that does not exist is awaited, its folders too", async () => {
  await using scene = await Scene.set(() => {}, { paths: ["a/b/c/file"] });
  Deno.mkdirSync(scene.at("a"));
  Deno.mkdirSync(scene.at("a/b"));
  Deno.mkdirSync(scene.at("a/b/c"));
  scene.write("a/b/c/file");
  assertEquals(await scene.reported("a/b/c/file"), ["a/b/c/file"]);
});

Deno.test("A folder that holds too much is given up by name, costs nothing any more, and others are watched on", async () => {
  await using scene = await Scene.set((at) => {
    for (const path of ["big", "small"]) Deno.mkdirSync(at(path));
    for (let file = 0; file < 200; file++) Deno.writeTextFileSync(at(`big/${file}`), "");
  }, { paths: ["big", "small"], budget: { entries: 100, ms: 60_000 } });
  await scene.until(() => scene.errors.length > 0, () => "nothing was given up");
  const [error] = scene.errors as Error[];
  assert(error!.message.startsWith(`Cannot watch "${scene.at("big")}": it holds more than 100 files and folders, "`));
  scene.write("big/1");
  scene.write("small/1");
  assertEquals(await scene.reported("small/1"), ["small/1"]);
  assertEquals(scene.errors.length, 1);
});
