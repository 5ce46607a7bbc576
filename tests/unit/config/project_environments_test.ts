/** Environments of a Workers project's file: what they take over from the top level, and how they are called. */
import { assertEquals, assertRejects } from "@std/assert";
import { resolveConfig } from "../../../runtime/mod.ts";
import { readWorkersProject } from "../../../runtime/config/workers_project.ts";
import { WranglerFileError } from "../../../runtime/config/wrangler_file.ts";
import { appFolder } from "../bundle/app_folder.ts";

const SHOP = {
  name: "shop",
  main: "index.js",
  route: "shop.example/*",
  vars: { WORD: "top" },
  kv_namespaces: [{ binding: "CACHE" }],
  alias: { a: "b" },
  compatibility_date: "2026-01-01",
  env: {
    staging: { vars: { WORD: "staged" }, routes: ["staging.example/*"], alias: { a: "c" } },
    live: { name: "the-shop" },
  },
};

async function projectIn(document: object, environment: string | null) {
  await using app = await appFolder({ "wrangler.json": JSON.stringify(document), "index.js": "" });
  return (await readWorkersProject(app.path, environment))!;
}

Deno.test("An environment is a Worker of its own: its name ends in the environment's, unless it has another", async () => {
  const nameOf = async (environment: string | null) => (await projectIn(SHOP, environment)).name;
  assertEquals([await nameOf(null), await nameOf("staging"), await nameOf("live")], [
    "shop",
    "shop-staging",
    "the-shop",
  ]);
});

Deno.test("An environment takes over what is no variable and no binding, and is told what it does not", async () => {
  const { vars, bindings, compatibility, entry, build, notes } = await projectIn(SHOP, "staging");
  assertEquals([vars, bindings, compatibility.date], [{ WORD: "staged" }, [], "2026-01-01"]);
  assertEquals(entry.hostname, ["staging.example"]);
  assertEquals(build.alias, { a: "b" });
  assertEquals(notes, [
    'wrangler.json, line 1: "kv_namespaces" is not inherited by environment "staging", which has none of its own',
  ]);
});

Deno.test("An environment that is none of the file's is refused; without any the top level holds, named after it", async () => {
  const message = 'wrangler.json, line 1: there is no environment "stagign" but "staging", "live"';
  await assertRejects(() => projectIn(SHOP, "stagign"), WranglerFileError, message);
  const { env: _, ...plain } = SHOP;
  const { name, vars, notes } = await projectIn(plain, "staging");
  assertEquals([name, vars], ["shop-staging", { WORD: "top" }]);
  assertEquals(notes, ['wrangler.json: there is no environment "staging": the top level holds']);
  const pages = await projectIn({ ...SHOP, pages_build_output_dir: "." }, "preview");
  assertEquals([pages.vars, pages.notes], [{ WORD: "top" }, []]);
});

Deno.test("Environments that are no objects are named, whatever else they are", async () => {
  const told = 'wrangler.json, line 1: "env';
  for (const env of [null, "x", 5, true, ["staging"]]) {
    const is = `is ${JSON.stringify(env)}: expected an object`;
    await assertRejects(() => projectIn({ ...SHOP, env }, "staging"), WranglerFileError, `${told}" ${is}`);
    const own = () => projectIn({ ...SHOP, env: { staging: env } }, "staging");
    await assertRejects(own, WranglerFileError, `${told}.staging" ${is}`);
  }
  await assertRejects(() => projectIn(SHOP, "constructor"), WranglerFileError, 'no environment "constructor"');
});

Deno.test("What a build tool wrote for an environment holds whole, and for no other one", async () => {
  await using app = await appFolder({
    ".wrangler/deploy/config.json": JSON.stringify({ configPath: "../../dist/wrangler.json" }),
    "dist/wrangler.json": JSON.stringify({ name: "shop-staging", main: "index.js", targetEnvironment: "staging" }),
    "dist/index.js": "",
  });
  assertEquals((await readWorkersProject(app.path, "staging"))!.name, "shop-staging");
  const other = () => readWorkersProject(app.path, "live");
  await assertRejects(
    other,
    WranglerFileError,
    'built for environment "staging", not for "live": build the project again',
  );
});

Deno.test("nano.json says which environment of its project an app is, and services find it by that name", async () => {
  await using apps = await appFolder({
    "shop/wrangler.json": JSON.stringify(SHOP),
    "shop/index.js": "",
    "web/wrangler.json": JSON.stringify({ main: "index.js", services: [{ binding: "SHOP", service: "shop-staging" }] }),
    "web/index.js": "",
  });
  const document = (wrangler: unknown) => ({
    apps: [{ name: "one", path: "shop" }, { name: "two", path: "shop", wrangler }, { name: "web", path: "web" }],
  });
  const load = (wrangler: unknown) => resolveConfig(document(wrangler), { file: null, baseDir: apps.path });
  const [one, two, web] = (await load("staging")).apps;
  assertEquals([one!.env["WORD"], two!.env["WORD"]], ["top", "staged"]);
  assertEquals(web!.services.map(({ app }) => app), ["two"]);
  await assertRejects(() => load(3), Error, 'expected true, false or the name of an environment, such as "staging"');
});

Deno.test("A secret that the file requires is named with its line where nobody gives it", async () => {
  await using app = await appFolder({
    "wrangler.jsonc": '{ "main": "index.js",\n  "secrets": { "required": [\n    "API_KEY",\n    "OTHER" ] } }',
    "index.js": "",
  });
  const shop = { name: "shop", path: app.path };
  const notes = async (env: Record<string, string>) =>
    (await resolveConfig({ apps: [{ ...shop, env }] }, { file: null, baseDir: app.path })).apps[0]!.project!.notes;
  assertEquals(await notes({ OTHER: "x" }), [
    'wrangler.jsonc, line 3: secret "API_KEY" is required, and "env" of nano.json does not give it',
  ]);
  assertEquals(await notes({ OTHER: "x", API_KEY: "y" }), []);
});
