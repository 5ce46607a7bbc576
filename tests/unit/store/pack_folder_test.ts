import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { gunzipSync } from "node:zlib";
import { NanoError } from "../../../runtime/errors.ts";
import { packFolder } from "../../../runtime/store/pack_folder.ts";
import { TempVersions } from "../../support/version_files.ts";

/** A temporary folder with files, which is removed at the end. */
async function withFolder(files: Readonly<Record<string, string>>, run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  try {
    for (const [path, text] of Object.entries(files)) {
      await Deno.mkdir(`${dir}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${dir}/${path}`, text);
    }
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function packed(dir: string): Promise<Uint8Array<ArrayBuffer>> {
  const { stream } = await packFolder(dir);
  return await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes();
}

const LONG = `${"long-folder-name/".repeat(12)}${"ü".repeat(70)}.txt`;

Deno.test("packFolder() gives what VersionFolders.unpack() takes, with the same files", () => {
  const files = { "index.ts": "1", "a/b/c.txt": "ä".repeat(300_000), "a/empty": "", [LONG]: "long", "ünï ©.md": "x" };
  return withFolder(files, async (dir) => {
    await using temp = await TempVersions.create();
    const { stream, files: count, bytes } = await packFolder(dir);
    assertEquals([count, bytes], [5, 600_006]);
    assertEquals(await temp.folders.unpack("a", "v1", stream), { files: count, bytes });
    assertEquals(await temp.texts(), files);
  });
});

Deno.test("packFolder() packs the same files to the same bytes, whenever and in whatever order they were made", () =>
  withFolder(
    { "b.ts": "b", "a/x.ts": "x", "a.ts": "a" },
    (first) =>
      withFolder({ "a.ts": "a", "a/x.ts": "x", "b.ts": "b" }, async (second) => {
        await Deno.utime(`${second}/a.ts`, 1_000_000_000, 1_000_000_000);
        await Deno.chmod(`${second}/b.ts`, 0o600);
        assertEquals(await packed(first), await packed(second));
      }),
  ));

Deno.test("packFolder() packs in the order of the names and not of the disk, and tells no time and no owner", () => {
  const paths = Array.from({ length: 40 }, (_, n) => `${"abc"[n % 3]}/${n}.ts`);
  return withFolder(Object.fromEntries(paths.map((path) => [path, "x"])), async (dir) => {
    const tar = gunzipSync(await packed(dir));
    const headers = paths.map((_, n) => tar.subarray(n * 1024, n * 1024 + 512).toString("latin1"));
    assertEquals(headers.map((header) => header.slice(0, header.indexOf("\0"))), paths.toSorted());
    // mode, uid, gid; mtime.
    assertEquals([...new Set(headers.map((header) => header.slice(100, 124)))], ["000644 \x00000000 \x00000000 \x00"]);
    assertEquals([...new Set(headers.map((header) => header.slice(136, 147)))], ["00000000000"]);
  });
});

Deno.test("packFolder() leaves out secrets, histories, what editors leave, and node_modules beside a package.json", () => {
  const left = [
    ".git/config",
    ".nano/nano.db",
    ".env",
    ".env.production",
    "lib/.env.local",
    ".dev.vars",
    "lib/.dev.vars.staging",
    ".npmrc",
    "index.ts~",
    ".index.ts.swp",
    "#index.ts#",
    ".#index.ts",
    ".DS_Store",
    "node_modules/a/index.js",
    "packages/web/node_modules/a/index.js",
  ];
  const kept = [
    "package.json",
    "packages/web/package.json",
    "index.ts",
    "env.ts",
    "vendor/node_modules/a.js",
  ];
  const files = Object.fromEntries([...left, ...kept].map((path) => [path, "x"]));
  return withFolder(files, async (dir) => {
    await using temp = await TempVersions.create();
    await temp.unpack(await packed(dir));
    assertEquals(Object.keys(await temp.texts()), kept.toSorted());
    const { stream, files: count } = await packFolder(dir, { exclude: (path) => path.startsWith("packages") });
    await stream.cancel();
    assertEquals(count, kept.length - 1);
  });
});

/** Names in an archive of a folder, and what was left out. */
async function contentOf(dir: string): Promise<{ names: string[]; leftOut: readonly string[] }> {
  const { stream, leftOut } = await packFolder(dir);
  await using temp = await TempVersions.create();
  await temp.folders.unpack("a", "v1", stream);
  return { names: Object.keys(await temp.texts()), leftOut };
}

Deno.test("packFolder() leaves out what .gitignore and .nanoignore name, and tells it; .nanoignore wins", () =>
  withFolder({
    ".gitignore": "*.log\n/cache/\n!keep.log\nsecrets.json\nbuilt/\n",
    ".nanoignore": "tests/\n!built/\n!local.log\n",
    "index.ts": "x",
    "a.log": "x",
    "keep.log": "x",
    "local.log": "x",
    "cache/x.txt": "x",
    "lib/cache/x.txt": "x",
    "lib/.gitignore": "!b.log\nonly.txt\n",
    "lib/a.log": "x",
    "lib/b.log": "x",
    "lib/only.txt": "x",
    "only.txt": "x",
    "lib/secrets.json": "x",
    "tests/x.ts": "x",
    "built/x.js": "x",
    ".env": "x",
  }, async (dir) => {
    const { names, leftOut } = await contentOf(dir);
    assertEquals(names, [
      ".gitignore",
      ".nanoignore",
      "built/x.js",
      "index.ts",
      "keep.log",
      "lib/.gitignore",
      "lib/b.log",
      "lib/cache/x.txt",
      "local.log",
      "only.txt",
    ]);
    assertEquals(leftOut, [".env", "a.log", "cache/", "lib/a.log", "lib/only.txt", "lib/secrets.json", "tests/"]);
  }));

Deno.test("packFolder() obeys the repository around a folder, but packs a folder that the repository ignores when it is named", () =>
  withFolder({
    ".git/HEAD": "x",
    ".gitignore": "dist/\nsecrets.json\n",
    "apps/shop/index.ts": "x",
    "apps/shop/secrets.json": "x",
    "apps/shop/dist/out.js": "x",
  }, async (dir) => {
    assertEquals((await contentOf(`${dir}/apps/shop`)).names, ["index.ts"]);
    assertEquals((await contentOf(`${dir}/apps/shop/dist`)).names, ["out.js"]);
  }));

Deno.test("packFolder() packs the build that main names, and the packages that dependencies reach, though .gitignore names both", () =>
  withFolder({
    ".gitignore": "node_modules\ndist\n",
    "package.json": JSON.stringify({
      main: "./dist/server.js",
      dependencies: { a: "1" },
      devDependencies: { tool: "1" },
    }),
    "dist/server.js": "x",
    "dist/chunks/one.js": "x",
    "dist/.env": "x",
    "other/dist/x.js": "x",
    "node_modules/a/package.json": JSON.stringify({ dependencies: { b: "1", "@c/d": "1" } }),
    "node_modules/a/dist/index.js": "x",
    "node_modules/a/node_modules/b/package.json": "{}",
    "node_modules/b/package.json": "{}",
    "node_modules/tool/package.json": "{}",
    "node_modules/.store/d/node_modules/@c/d/package.json": '{ "dependencies": { "e": "1" } }',
    "node_modules/.store/d/node_modules/e/package.json": "{}",
    "node_modules/.bin/x": "x",
  }, async (dir) => {
    await Deno.mkdir(`${dir}/node_modules/@c`);
    await Deno.symlink("../.store/d/node_modules/@c/d", `${dir}/node_modules/@c/d`);
    const { names, leftOut } = await contentOf(dir);
    assertEquals(names, [
      ".gitignore",
      "dist/chunks/one.js",
      "dist/server.js",
      "node_modules/.store/d/node_modules/@c/d/package.json",
      "node_modules/.store/d/node_modules/e/package.json",
      "node_modules/a/dist/index.js",
      "node_modules/a/node_modules/b/package.json",
      "node_modules/a/package.json",
      "package.json",
    ]);
    assertEquals(leftOut, ["dist/.env", "other/dist/"]);
    await Deno.writeTextFile(`${dir}/.nanoignore`, "node_modules\n");
    assertEquals((await contentOf(dir)).names.filter((name) => name.includes("node_modules")), []);
    await Deno.writeTextFile(`${dir}/.nanoignore`, "dist\n");
    assertEquals((await contentOf(dir)).names.filter((name) => name.includes("dist/server")), []);
  }));

Deno.test("packFolder() packs what the app begins in though .gitignore names it, and texts in the place of files", () =>
  withFolder({
    ".gitignore": "dist\nbuild\n",
    "docs/dist/index.html": "x",
    "docs/dist/deep/a.css": "x",
    "other/dist/x.js": "x",
    "build/server.js": "x",
    "build/client/b.js": "x",
    "tsconfig.json": '{ "extends": "../base.json" }',
  }, async (dir) => {
    await using temp = await TempVersions.create();
    const texts = { "tsconfig.json": `{"ü":1}`, "absent.json": "never" };
    const { stream, leftOut } = await packFolder(dir, { begins: ["docs/dist", "build/server.js"], texts });
    await temp.unpack(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).bytes());
    const found = await temp.texts();
    assertEquals(Object.keys(found).sort(), [
      ".gitignore",
      "build/client/b.js",
      "build/server.js",
      "docs/dist/deep/a.css",
      "docs/dist/index.html",
      "tsconfig.json",
    ]);
    assertEquals([found["tsconfig.json"], leftOut], [`{"ü":1}`, ["other/dist/"]]);
  }));

Deno.test("packFolder() follows links inside the folder, as files", () =>
  withFolder({ "index.ts": "1", "lib/a.ts": "a" }, async (dir) => {
    await using temp = await TempVersions.create();
    await Deno.symlink("../index.ts", `${dir}/lib/link.ts`);
    await Deno.symlink("lib", `${dir}/other`);
    await temp.unpack(await packed(dir));
    assertEquals(await temp.texts(), {
      "index.ts": "1",
      "lib/a.ts": "a",
      "lib/link.ts": "1",
      "other/a.ts": "a",
      "other/link.ts": "1",
    });
  }));

Deno.test("packFolder() refuses links that lead out, nowhere, in circles or to what is left out, and names them", async () => {
  const links = {
    "/etc/hosts": "leads out",
    "../": "leads out",
    "gone": "nowhere",
    ".": "lies in",
    ".env": "left out",
  };
  for (const [target, why] of Object.entries(links)) {
    await withFolder({ "index.ts": "1", ".env": "SECRET=1" }, async (dir) => {
      await Deno.symlink(target, `${dir}/link`);
      const error = await assertRejects(() => packFolder(dir), NanoError);
      assertEquals(error.code, "USAGE");
      assertStringIncludes(error.message, '"link"');
      assertStringIncludes(error.message, why);
    });
  }
});

Deno.test("packFolder() follows links within the workspace that it is given, and nowhere else", () =>
  withFolder({ "apps/shop/index.ts": "1", "shared/a.ts": "a", "shared/.env": "SECRET=1" }, async (dir) => {
    await using temp = await TempVersions.create();
    await Deno.symlink("../../shared", `${dir}/apps/shop/shared`);
    const { stream } = await packFolder(`${dir}/apps/shop`, { reach: dir });
    await temp.unpack(await new Response(stream).bytes());
    assertEquals(await temp.texts(), { "index.ts": "1", "shared/a.ts": "a" });
    await Deno.symlink("../../shared/.env", `${dir}/apps/shop/secret`);
    const hidden = await assertRejects(() => packFolder(`${dir}/apps/shop`, { reach: dir }), NanoError);
    assertStringIncludes(hidden.message, "left out");
    await Deno.remove(`${dir}/apps/shop/secret`);
    await Deno.symlink("/etc", `${dir}/apps/shop/out`);
    const out = await assertRejects(() => packFolder(`${dir}/apps/shop`, { reach: dir }), NanoError);
    assertStringIncludes(out.message, 'link "out" leads out of the workspace');
  }));

Deno.test("packFolder() refuses what is no folder or has no files", () =>
  withFolder({ "index.ts": "1", "empty/.git/x": "x" }, async (dir) => {
    for (const path of ["index.ts", "empty", "gone"]) {
      const error = await assertRejects(() => packFolder(`${dir}/${path}`), NanoError);
      assertEquals(error.code, "USAGE");
      assertStringIncludes(error.message, `${dir}/${path}`);
    }
  }));

Deno.test("packFolder() fails when a file goes or shrinks while it is packed, and may be cancelled", () =>
  withFolder({ "a.ts": "1", "b.ts": "x".repeat(5_000_000) }, async (dir) => {
    const cancelled = await packFolder(dir);
    const reader = cancelled.stream.getReader();
    await reader.read();
    await reader.cancel();
    const shrunk = await packFolder(dir);
    await Deno.truncate(`${dir}/b.ts`, 10);
    await assertRejects(() => Array.fromAsync(shrunk.stream), NanoError, "became shorter");
    const gone = await packFolder(dir);
    await Deno.remove(`${dir}/b.ts`);
    await assertRejects(() => Array.fromAsync(gone.stream), Deno.errors.NotFound);
  }));
