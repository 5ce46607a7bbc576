/** When a watcher tells of changes: paths that are replaced, bursts, failures, and its end. */
import { assertEquals } from "@std/assert";
import { watchFiles } from "../../../runtime/config/watch.ts";
import { Scene } from "./watch_scene.ts";

Deno.test("update() adds paths without reporting them, drops others, and keeps what stays without a gap", async () => {
  await using scene = await Scene.set((at) => {
    for (const path of ["old", "kept", "new"]) {
      Deno.mkdirSync(at(path));
      Deno.writeTextFileSync(at(`${path}/a`), "1");
    }
  }, { paths: ["old", "kept"] });
  // Nothing has looked at this change yet when the paths are replaced.
  scene.write("kept/b");
  await scene.watcher.update([scene.at("kept"), scene.at("new")]);
  assertEquals(await scene.reported("kept/b"), ["kept/b"]);
  scene.write("old/a");
  scene.write("new/a");
  assertEquals(await scene.reported("new/a"), ["new/a"]);
});

Deno.test("A burst of changes is one report", async () => {
  await using scene = await Scene.set((at) => Deno.mkdirSync(at("sub")), { debounceMs: 2000 });
  const names = Array.from({ length: 100 }, (_, index) => `${index % 2 ? "sub/" : ""}${index}`).sort();
  for (const name of names) scene.write(name);
  await scene.until(() => scene.reports.length > 0, () => "Nothing was reported");
  assertEquals(scene.reports, [names]);
});

Deno.test("By default a change is told", async () => {
  await using scene = await Scene.set(() => {}, { debounceMs: undefined });
  scene.write("a");
  assertEquals(await scene.reported("a"), ["a"]);
});

Deno.test("A failing onChange is reported, and the next change is told all the same", async () => {
  await using scene = await Scene.set(() => {}, {
    onChange: (changed) => {
      throw new Error(`Cannot handle ${changed.length}`);
    },
  });
  for (let round = 1; round <= 2; round++) {
    scene.write(`${round}`);
    await scene.until(() => scene.errors.length === round, () => "The failure was lost");
  }
  assertEquals(scene.errors.map(String), ["Error: Cannot handle 1", "Error: Cannot handle 1"]);
});

Deno.test("Changes during onChange wait for its end and are told then", async () => {
  const gate = Promise.withResolvers<void>();
  let running = 0;
  let most = 0;
  await using scene = await Scene.set(() => {}, {
    onChange: async () => {
      most = Math.max(most, ++running);
      await gate.promise;
      running--;
    },
  });
  scene.write("a");
  await scene.until(() => scene.reports.length === 1, () => "The first change was not told");
  scene.write("b");
  // One queue tells all watchers of a process, so the first has heard of "b" when this one has heard of "c".
  await using witness = await Scene.set(() => {});
  witness.write("c");
  await witness.reported("c");
  assertEquals([scene.reports, most], [[["a"]], 1]);
  gate.resolve();
  assertEquals(await scene.reported("a", "b"), ["a", "b"]);
  assertEquals(most, 1);
});

Deno.test("onChange may replace the paths itself and wait for it", async () => {
  const updates: Promise<void>[] = [];
  const scene: Scene = await Scene.set((at) => ["one", "two"].forEach((path) => Deno.mkdirSync(at(path))), {
    paths: ["one"],
    onChange: async () => {
      updates.push(scene.watcher.update([scene.at("two")]));
      await updates.at(-1);
    },
  });
  await using _ = scene;
  scene.write("one/a");
  assertEquals(await scene.reported("one/a"), ["one/a"]);
  await updates[0];
  scene.write("two/b");
  assertEquals(await scene.reported("two/b"), ["two/b"]);
});

Deno.test("A disposed watcher tells nothing more, and disposing twice or before it is ready does no harm", async () => {
  const scene = await Scene.set(() => {});
  scene.write("a");
  scene.watcher[Symbol.dispose]();
  await scene.watcher.update([scene.dir]);
  await scene[Symbol.asyncDispose]();
  assertEquals([scene.reports, scene.errors], [[], []]);

  const early = watchFiles({ paths: ["."], onChange: () => {} });
  await early[Symbol.asyncDispose]();
  await early.ready;
});

Deno.test("Two watchers of the same folder both tell, and one goes on when the other ends", async () => {
  await using scene = await Scene.set(() => {});
  const other: string[] = [];
  const heard = Promise.withResolvers<void>();
  const second = watchFiles({
    paths: [scene.dir],
    debounceMs: 20,
    onChange: (changed) => {
      other.push(...changed);
      heard.resolve();
    },
  });
  await second.ready;
  scene.write("a");
  await scene.reported("a");
  await heard.promise;
  await second[Symbol.asyncDispose]();
  scene.write("b");
  assertEquals(await scene.reported("b"), ["b"]);
  assertEquals(other, [scene.at("a")]);
});
