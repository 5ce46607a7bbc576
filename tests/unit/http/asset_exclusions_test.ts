/** What no folder of static files gives out, however it is asked for. */
import { assertEquals, assertRejects } from "@std/assert";
import { NanoError } from "../../../runtime/errors.ts";
import { AssetFolder } from "../../../runtime/http/assets.ts";

class Scene implements AsyncDisposable {
  now = 0;
  readonly folder: AssetFolder;
  private constructor(readonly dir: string) {
    this.folder = new AssetFolder(dir, { singlePage: false, now: () => this.now });
  }
  static async create(files: Readonly<Record<string, string>>): Promise<Scene> {
    const scene = new Scene(await Deno.realPath(await Deno.makeTempDir()));
    for (const [name, text] of Object.entries(files)) await scene.write(name, text);
    return scene;
  }
  async write(name: string, text: string): Promise<void> {
    const path = `${this.dir}/${name}`;
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
  }
  /** Status of an answer, or null without one. */
  async status(path: string, coding = "br, gzip"): Promise<number | null> {
    const header = (name: string) => name === "accept-encoding" ? coding : null;
    return (await this.folder.answer({ method: "GET", url: `http://x${path}`, header }))?.status ?? null;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.dir, { recursive: true });
  }
}

const SECRET = [
  "_worker.js",
  "_worker.js/index.js",
  "_worker.mjs",
  "_worker.ts",
  "_worker.js.map",
  "_routes.json",
  "_headers",
  "_redirects",
  "node_modules/a/index.js",
  "package.json",
  "package-lock.json",
  "pnpm-lock.yaml",
  "yarn.lock",
  "bun.lockb",
  "deno.json",
  "deno.jsonc",
  "deno.lock",
  "wrangler.toml",
  "wrangler.json",
  "wrangler.jsonc",
  "nano.json",
  ".dev.vars",
  ".dev.vars.production",
  ".env",
  ".env.local",
  ".git/config",
  ".npmrc",
  ".assetsignore",
];

Deno.test("server code, settings and secrets are never served: in any folder, case, coding or spelling", async () => {
  for (const name of SECRET) {
    const first = name.split("/")[0]!;
    await using scene = await Scene.create({
      [name]: "secret",
      [`${name}.br`]: "secret",
      [`${name}.gz`]: "secret",
      [`below/${name.toUpperCase()}`]: "secret",
      "index.html": "page",
    });
    const encoded = [...name].map((char) => char === "/" ? char : `%${char.charCodeAt(0).toString(16)}`).join("");
    const paths = [
      name,
      `${name}/`,
      `${name}.br`,
      `${name}.gz`,
      `below/${name.toUpperCase()}`,
      encoded,
      first,
      `${first}/`,
    ];
    for (const path of paths) assertEquals(await scene.status(`/${path}`), null, path);
    assertEquals(await scene.status("/"), 200);
  }
});

Deno.test("a link does not bring out under another name what is never served, nor the other way round", async () => {
  await using scene = await Scene.create({ "_worker.js/index.js": "secret", ".env": "secret", "page.js": "page" });
  await Deno.symlink("_worker.js", `${scene.dir}/public`);
  await Deno.symlink(".env", `${scene.dir}/settings.txt`);
  await Deno.symlink("page.js", `${scene.dir}/_headers`);
  await Deno.symlink("page.js", `${scene.dir}/other.js`);
  for (const path of ["/public/index.js", "/settings.txt", "/_headers"]) {
    assertEquals(await scene.status(path), null, path);
  }
  assertEquals(await scene.status("/other.js"), 200);
});

Deno.test("names that only look like those are served", async () => {
  const names = ["worker.js", "my_worker.js", "_worker.css", "headers", "packages.json", "data/env", "envelope.html"];
  await using scene = await Scene.create(Object.fromEntries(names.map((name) => [name, "page"])));
  await scene.write(".well-known/security.txt", "page");
  for (const name of [...names, ".well-known/security.txt"]) assertEquals(await scene.status(`/${name}`), 200, name);
});

Deno.test(".assetsignore hides what it names, with negation, folders and coded variants; an edit takes effect", async () => {
  await using scene = await Scene.create({
    ".assetsignore": "# server\n/private/\n*.map\n!keep.map\ndeep/**/x.txt\nindex.html\n",
    "private/a.txt": "secret",
    "a/private/a.txt": "page",
    "app.js.map": "secret",
    "app.js.map.gz": "secret",
    "keep.map": "page",
    "deep/a/b/x.txt": "secret",
    "index.html": "secret",
    "a/index.html": "secret",
    "app.js": "page",
  });
  for (
    const path of ["/private/a.txt", "/private", "/app.js.map", "/app.js.map.gz", "/deep/a/b/x.txt", "/", "/a/", "/a"]
  ) {
    assertEquals(await scene.status(path), null, path);
  }
  for (const path of ["/a/private/a.txt", "/keep.map", "/app.js"]) assertEquals(await scene.status(path), 200, path);
  await scene.write(".assetsignore", "app.js\n!_worker.js\n!package.json\n");
  await scene.write("_worker.js", "secret");
  await scene.write("package.json", "secret");
  scene.now += 1001;
  for (const path of ["/app.js", "/_worker.js", "/package.json"]) assertEquals(await scene.status(path), null, path);
  assertEquals(await scene.status("/private/a.txt"), 200);
});

Deno.test("an .assetsignore that cannot be used, or would cost too much, lets nothing out", async () => {
  const bad = ["*a*a*a*a*b", "**/a/**/b/**/c", "x".repeat(201), "x\n".repeat(101), "#".repeat(20_000)];
  for (const text of bad) {
    await using scene = await Scene.create({ ".assetsignore": text, "index.html": "page" });
    await assertRejects(() => scene.status("/"), NanoError, "Cannot use .assetsignore");
    await scene.write(".assetsignore", "x");
    scene.now += 1001;
    assertEquals(await scene.status("/"), 200);
  }
});
