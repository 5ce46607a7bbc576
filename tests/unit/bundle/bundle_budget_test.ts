import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { findReach } from "../../../runtime/bundle/app_reach.ts";
import { Bundler } from "../../../runtime/bundle/bundler.ts";
import { BundleBudget } from "../../../runtime/bundle/bundle_budget.ts";
import { MAX_SOURCE_BYTES } from "../../../runtime/bundle/input_stamp.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { appFolder } from "./app_folder.ts";

Deno.test("BundleBudget counts each file once and tells what is too much", () => {
  const files = new BundleBudget({ files: 2, bytes: 1e9 });
  assertEquals(["a", "a", "b"].map((path) => files.excess(path, 1)), [null, null, null]);
  assertEquals(files.excess("c", 1), "it is one more than the 2 files that an app may import");
  const bytes = new BundleBudget({ files: 9, bytes: 2 * 1024 * 1024 });
  assertEquals(bytes.excess("a", 2 * 1024 * 1024), null);
  assertEquals(bytes.excess("b", 1), "the app's sources have more than 2 MiB with it");
});

Deno.test("What little would make much of is refused before any of it is made a text", async () => {
  // esbuild indents it: 50 MB of 10 kB
  await using app = await appFolder({ "index.js": `${"{".repeat(5000)}${"}".repeat(5000)}` });
  await using bundler = new Bundler({ cacheDir: null });
  await assertRejects(
    () => bundler.bundle({ name: "a", path: app.path, nodeCompat: true }),
    NanoError,
    'Cannot bundle app "a": of 10000 bytes of sources 48 MiB would become',
  );
});

Deno.test("A list of numbers may become as much as it does", async () => {
  const list = JSON.stringify(Array.from({ length: 700_000 }, () => [1]));
  await using app = await appFolder({
    "list.json": list,
    "index.js": `import list from "./list.json"; export default { fetch: () => Response.json(list) };`,
  });
  await using bundler = new Bundler({ cacheDir: null });
  const { modules } = await bundler.bundle({ name: "a", path: app.path, nodeCompat: true });
  assert(Object.values(modules)[0]!.length > 6 * list.length);
});

for (const name of ["index.js", "data.json", "page.html", "package.json", "deno.json"]) {
  Deno.test(`A source that is too big is refused by its name, unread: ${name}`, async () => {
    const imported = name === "index.js" ? {} : { "index.js": `import "./${name}";` };
    await using app = await appFolder({ ...imported, [name]: "" });
    // It has no bytes on the disk.
    await Deno.truncate(app.at(name), MAX_SOURCE_BYTES + 1);
    await using bundler = new Bundler({ cacheDir: null });
    const error = await assertRejects(
      () => bundler.bundle({ name: "a", path: app.path, nodeCompat: true }),
      NanoError,
    );
    const text = [error.message, ...error.details, String((error.cause as Error)?.cause ?? "")].join("\n");
    assertStringIncludes(text, name);
    assertStringIncludes(text, "it has 33 MiB, and a source file may have 32 MiB");
  });
}

Deno.test("A pipe, a device and a link to a device among the sources are refused, not read", async () => {
  await using app = await appFolder({ "index.js": `import "./pipe.js"; import "./zero.js";` });
  await new Deno.Command("mkfifo", { args: [app.at("pipe.js")] }).output();
  await Deno.symlink("/dev/zero", app.at("zero.js"));
  await using bundler = new Bundler({ cacheDir: null });
  const error = await assertRejects(() => bundler.bundle({ name: "a", path: app.path, nodeCompat: true }), NanoError);
  const text = [error.message, ...error.details].join("\n");
  assertStringIncludes(text, 'Cannot read "pipe.js": it is no file');
  assertStringIncludes(text, "zero.js");
});

Deno.test("A pipe in the place of a package.json above an app is none, and is not waited for", async () => {
  await using app = await appFolder({ "app/index.js": "" });
  await new Deno.Command("mkfifo", { args: [app.at("package.json")] }).output();
  assertEquals(await findReach(app.at("app"), "found"), app.at("app"));
});
