/** Versions that are deployed, previewed, rolled back and removed, with real archives and real requests. */
import { assertEquals, assertMatch } from "@std/assert";
import { packFolder } from "../../../runtime/mod.ts";
import { archiveOf, BY, OperateScene, refusalOf, saying } from "./operate_scene.ts";

/** Folders of an app's versions on the disk. */
function folders(scene: OperateScene, app: string): string[] {
  try {
    return [...Deno.readDirSync(`${scene.stateDir}/versions/${app}`)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

Deno.test("A deployed zip or tar.gz serves at once, the one before stays to go back to, and all is kept", async () => {
  await using scene = await OperateScene.create({ blog: saying("own path"), other: saying("packed") });
  const { operations } = scene;
  const first = await scene.deploy("blog", { "index.ts": saying("v1"), "data/a.txt": "abc" }, { note: "first" });
  assertEquals({ ...first, createdAt: 0 }, {
    version: "v1",
    createdAt: 0,
    bytes: saying("v1").length + 3,
    files: 2,
    note: "first",
    actor: "test",
    previewHost: null,
    role: "active",
  });
  assertEquals(await scene.text("blog"), "v1");
  const { stream } = await packFolder(`${scene.project.dir}/apps/other`);
  const second = await operations.versions.deploy("blog", stream, { ...BY, create: null, target: "all", note: "" });
  assertEquals([second.version, await scene.text("blog")], ["v2", "packed"]);
  assertEquals(operations.apps.originOf("blog").deployed, "v2");

  await scene.restart();
  assertEquals(await scene.text("blog"), "packed");
  const go = (version: string | null) => scene.operations.versions.rollback("blog", version, BY);
  assertEquals([await go(null), await scene.text("blog")], ["v1", "v1"]);
  assertEquals([await go(null), await scene.text("blog")], ["v2", "packed"]);
  assertEquals([await go("v1"), await scene.text("blog")], ["v1", "v1"]);
  assertEquals([await go("path"), await scene.text("blog")], ["path", "own path"]);
  assertEquals([await go(null), await scene.text("blog")], ["v1", "v1"]);
  await refusalOf("CONFLICT", () => go("v1"));
  await refusalOf("NOT_FOUND", () => go("v9"));
  assertEquals(scene.operations.versions.list("blog").map(({ version, role }) => `${version} ${role}`), [
    "v2 kept",
    "v1 active",
  ]);
});

Deno.test("Code that cannot start is refused, leaves nothing behind and lets the old version serve", async () => {
  await using scene = await OperateScene.create({ blog: saying("own path") });
  await scene.deploy("blog", saying("v1"));
  const refused = async (files: Parameters<OperateScene["deploy"]>[1], code: "CONFIG_INVALID" | "USAGE") =>
    await refusalOf(code, () => scene.deploy("blog", files));
  assertMatch((await refused("throw new Error('at start');\n", "CONFIG_INVALID")).message, /blog.*at start/);
  await refused("export default 1;\n", "CONFIG_INVALID");
  await refused("this is no code", "CONFIG_INVALID");
  await refused({ "../out.ts": saying("x") }, "USAGE");
  const text = ReadableStream.from([new TextEncoder().encode("no archive")]);
  const how = { ...BY, create: null, target: "all", note: "" } as const;
  await refusalOf("USAGE", () => scene.operations.versions.deploy("blog", text, how));
  assertEquals([await scene.text("blog"), folders(scene, "blog")], ["v1", ["v1"]]);
  assertEquals(scene.operations.versions.list("blog").length, 1);
  assertEquals(scene.recent(6).map(([action, , error]) => `${action} ${error === null}`), [
    ...Array(5).fill("version.deploy false"),
    "version.deploy true",
  ]);
  // Numbers are never given twice: the three that were unpacked had one.
  assertEquals((await scene.deploy("blog", saying("again"))).version, "v5");
});

Deno.test("A folder of assets moves along with the version, and a deployed site of files alone serves", async () => {
  const files = { "index.ts": saying("app"), "public/a.txt": "old" };
  await using scene = await OperateScene.create({
    blog: { files, config: { assets: "./apps/blog/public" } },
    outside: { files: { "index.ts": saying("app"), "../pages/a.txt": "shared" }, config: { assets: "./apps/pages" } },
  });
  assertEquals([await scene.text("blog", "/a.txt"), await scene.text("outside", "/a.txt")], ["old", "shared"]);
  await scene.deploy("blog", { "index.ts": saying("app 1"), "public/a.txt": "new" });
  await scene.deploy("outside", { "index.ts": saying("app 1") });
  assertEquals([await scene.text("blog", "/a.txt"), await scene.text("blog")], ["new", "app 1"]);
  assertEquals(await scene.text("outside", "/a.txt"), "shared");
  await scene.deploy("site", { "index.html": "<h1>site</h1>" }, { create: { hostnames: [] } });
  assertEquals(await scene.text("site"), "<h1>site</h1>");
  // What else lies in the state folder is nobody's.
  assertEquals(await scene.text("site", "/../../../nano.db"), "404 " + await codeOf(scene, "site"));
  await scene.operations.versions.rollback("blog", null, BY);
  assertEquals(await scene.text("blog", "/a.txt"), "old");
});

async function codeOf(scene: OperateScene, host: string): Promise<string> {
  const response = await scene.fetch(host, "/none");
  const body = await response.text();
  return response.headers.get("nano-error") ?? body;
}

Deno.test("A preview serves on a host of its own only, survives a restart, and ends with its app or by itself", async () => {
  await using scene = await OperateScene.create({ blog: { files: saying("blog"), config: { hostname: "blog.test" } } });
  const preview = { preview: { suffix: null } };
  // Nobody may wait for a preview on its host.
  for (const hostname of ["v1--blog.test", "V1--BLOG.test.", "*.v1--blog.test", "v7--blog.preview.example"]) {
    await refusalOf(
      "CONFIG_INVALID",
      () => scene.operations.apps.add({ name: "thief", hostname, path: "apps/blog" }, BY),
    );
    await refusalOf(
      "CONFIG_INVALID",
      () => scene.operations.apps.change("blog", { hostname: ["blog.test", hostname] }, BY),
    );
  }
  await refusalOf("CONFIG_INVALID", () => scene.operations.apps.add({ name: "v1--blog", path: "apps/blog" }, BY));
  const view = await scene.deploy("blog", saying("preview"), { target: preview });
  assertEquals([view.role, view.previewHost], ["preview", "v1--blog.test"]);
  const other = await scene.deploy("blog", saying("elsewhere"), { target: { preview: { suffix: "preview.example" } } });
  assertEquals(other.previewHost, "v2--blog.preview.example");
  await scene.restart();
  assertEquals([await scene.text("blog.test"), await scene.text("v1--blog.test")], ["blog", "preview"]);
  assertEquals(await scene.text("v2--blog.preview.example"), "elsewhere");
  assertEquals(scene.operations.apps.originOf("v1--blog"), {
    source: "version",
    versionOf: "blog",
    overrides: null,
    deployed: null,
    previous: null,
    rollout: null,
  });
  await refusalOf("CONFLICT", () => scene.operations.apps.change("v1--blog", { cpu_ms: 4000 }, BY));
  await refusalOf("CONFLICT", () => scene.deploy("v1--blog", saying("x")));
  // What was looked at becomes what serves; its preview stays.
  await scene.operations.versions.rollback("blog", "v1", BY);
  assertEquals([await scene.text("blog.test"), await scene.text("v1--blog.test")], ["preview", "preview"]);
  await scene.operations.apps.remove("v1--blog", BY);
  assertEquals([await scene.text("blog.test"), await scene.text("v1--blog.test")], ["preview", "404 APP_NOT_FOUND"]);
  await scene.operations.versions.remove("blog", "v2", BY);
  assertEquals([await scene.text("v2--blog.preview.example"), folders(scene, "blog")], ["404 APP_NOT_FOUND", ["v1"]]);
  await refusalOf("CONFLICT", () => scene.operations.versions.remove("blog", "v1", BY));
  await scene.deploy("blog", saying("three"), { target: preview });
  await scene.operations.apps.remove("blog", BY);
  assertEquals([scene.states(), folders(scene, "blog")], [{}, []]);
});

Deno.test("A deploy that NANO's drain overtakes is refused, and the next start finds nothing of it", async () => {
  await using scene = await OperateScene.create({ blog: saying("own path") });
  const { operations } = scene;
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const bytes = await new Response(archiveOf(saying("late"))).bytes();
  async function* slowly() {
    yield bytes.slice(0, 20);
    begun.resolve();
    await gate.promise;
    yield bytes.slice(20);
  }
  const how = { ...BY, create: null, target: "all", note: "" } as const;
  const deployed = refusalOf(
    "APP_DRAINING",
    () => operations.versions.deploy("blog", ReadableStream.from(slowly()), how),
  );
  await begun.promise;
  await scene.stop();
  gate.resolve();
  await deployed;
  await refusalOf("APP_DRAINING", () => operations.apps.change("blog", { cpu_ms: 4000 }, BY));
  await refusalOf("APP_DRAINING", () => operations.versions.deploy("blog", archiveOf(saying("x")), how));
  await scene.start();
  assertEquals([await scene.text("blog"), folders(scene, "blog")], ["own path", []]);
});
