/** Apps that are part of a workspace: what they reach of it, and what not. */

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type AppBundle, Bundler, type BundleSource } from "../../../runtime/bundle/bundler.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { type AppFolder, appFolder } from "./app_folder.ts";
import { importBundle } from "./bundled_app.ts";

async function bundle(app: AppFolder, options: Partial<BundleSource> = {}): Promise<AppBundle> {
  await using bundler = new Bundler({ cacheDir: null });
  return await bundler.bundle({ name: "site", path: app.at("apps/site"), nodeCompat: true, ...options });
}

async function defaultOf({ modules, entry }: AppBundle): Promise<unknown> {
  return (await importBundle(modules, entry)).default;
}

async function refusal(app: AppFolder, options: Partial<BundleSource> = {}): Promise<string> {
  const error = await assertRejects(() => bundle(app, options), NanoError);
  assertEquals(error.code, "APP_FAILED");
  assertEquals(JSON.stringify([error.message, error.details]).includes(app.path), false, "a path of the host got out");
  return error.message;
}

/** A package in source beside the app, linked as a manager links it, and one file that nobody packaged. */
const FILES = {
  "apps/site/package.json": '{"dependencies":{"@repo/ui":"workspace:*"}}',
  "apps/site/index.ts": `import { ui } from "@repo/ui"; import { shared } from "../../shared/x.ts";
    import hoisted from "hoisted"; export default [ui, shared, hoisted, import.meta.url];`,
  "packages/ui/package.json": '{"name":"@repo/ui","main":"src/index.ts"}',
  "packages/ui/src/index.ts": `import lib from "lib"; export const ui = [lib, import.meta.url];`,
  "packages/ui/node_modules/lib/index.js": "module.exports = 'lib of ui';",
  "node_modules/hoisted/index.js": "module.exports = __filename;",
  "shared/x.ts": "export const shared = 'shared';",
  ".env": "SECRET=1",
};

async function workspace(files: Readonly<Record<string, string>>): Promise<AppFolder> {
  const app = await appFolder({ ...FILES, ...files });
  await Deno.mkdir(app.at("apps/site/node_modules/@repo"), { recursive: true });
  await Deno.symlink("../../../../packages/ui", app.at("apps/site/node_modules/@repo/ui"));
  return app;
}

const SIGNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "pnpm-workspace.yaml": { "pnpm-workspace.yaml": "packages:\n  - apps/*\n" },
  "workspaces of package.json": { "package.json": '{"workspaces":["apps/*","packages/*"]}' },
  "workspaces of package.json as yarn 1 has it": { "package.json": '{"workspaces":{"packages":["apps/*"]}}' },
  "pnpm-lock.yaml": { "package.json": "{}", "pnpm-lock.yaml": "" },
  "package-lock.json": { "package.json": "{}", "package-lock.json": "{}" },
  "yarn.lock": { "package.json": "{}", "yarn.lock": "" },
};

for (const [sign, files] of Object.entries(SIGNS)) {
  Deno.test(`An app reaches its workspace by ${sign}, and its files are watched`, async () => {
    await using app = await workspace(files);
    const made = await bundle(app);
    assertEquals(await defaultOf(made), [
      ["lib of ui", "file:///packages/ui/src/index.ts"],
      "shared",
      "/node_modules/hoisted/index.js",
      "file:///index.ts",
    ]);
    for (const file of ["packages/ui/src/index.ts", "shared/x.ts", "apps/site/index.ts"]) {
      assertEquals(made.inputs.includes(app.at(file)), true, file);
    }
  });
}

Deno.test("Without a sign an app reaches its own folder only, unless its root is given", async () => {
  await using app = await workspace({});
  assertStringIncludes(await refusal(app), "outside the app's folder");
  assertEquals((await defaultOf(await bundle(app, { reach: { root: app.path } })) as unknown[])[1], "shared");
  assertStringIncludes(await refusal(app, { reach: { root: app.at("packages") } }), "does not lie in it");
  await app.write("pnpm-workspace.yaml", "");
  assertStringIncludes(await refusal(app, { reach: "own" }), "outside the app's folder");
});

Deno.test("A store of pnpm is reached through its links, without any other sign", async () => {
  await using app = await appFolder({
    "apps/site/index.js": 'import al from "al"; export default al;',
    "node_modules/.pnpm/al@1/node_modules/al/index.js": "module.exports = require('be');",
    "node_modules/.pnpm/be@1/node_modules/be/index.js": "module.exports = 'be';",
  });
  await Deno.mkdir(app.at("apps/site/node_modules"));
  await Deno.symlink("../../../node_modules/.pnpm/al@1/node_modules/al", app.at("apps/site/node_modules/al"));
  await Deno.symlink("../../be@1/node_modules/be", app.at("node_modules/.pnpm/al@1/node_modules/be"));
  assertEquals(await defaultOf(await bundle(app)), "be");
});

Deno.test("Dot files, what is hidden, and what lies above the workspace stay out of reach, by link too", async () => {
  await using app = await appFolder({
    "outside.ts": "export default 'outside';",
    "repo/pnpm-workspace.yaml": "",
    "repo/.env": "SECRET=1",
    "repo/apps/other/.dev.vars": "SECRET=1",
    "repo/nano.json": '{"apps":[{"env":{"KEY":"secret"}}]}',
    "repo/keys/token.txt": "secret",
    "repo/apps/site/package.json": "{}",
  });
  const repo = app.in("repo");
  const hidden = [repo.at("nano.json"), repo.at("keys")];
  for (const path of ["../../.env", "../other/.dev.vars", "../../nano.json", "../../keys/token.txt"]) {
    await repo.write("apps/site/index.ts", `import text from "${path}" with { type: "text" }; export default text;`);
    assertStringIncludes(await refusal(repo, { hidden }), "it is hidden from the apps of its workspace");
    await repo.write("apps/site/index.ts", 'import text from "./link" with { type: "text" }; export default text;');
    await Deno.symlink(path, repo.at("apps/site/link"));
    assertStringIncludes(await refusal(repo, { hidden }), "it is hidden from the apps of its workspace");
    await Deno.remove(repo.at("apps/site/link"));
  }
  await repo.write("apps/site/index.ts", 'import a from "../../../outside.ts"; export default a;');
  assertStringIncludes(await refusal(repo), "it lies outside the app's folder");
  await Deno.symlink(app.at("outside.ts"), repo.at("apps/site/out.ts"));
  await repo.write("apps/site/index.ts", 'import a from "./out.ts"; export default a;');
  assertStringIncludes(await refusal(repo), "it lies outside the app's folder");
});

Deno.test("What another package of the workspace does not list is told with its file, and where to add it", async () => {
  await using app = await workspace({ "pnpm-workspace.yaml": "", "packages/ui/src/index.ts": 'import "absent";' });
  assertEquals(
    (await refusal(app)).slice(`Cannot bundle app "site": `.length),
    `packages/ui/src/index.ts:1:8: Package "absent" is not installed: run "pnpm add absent" in "packages/ui"`,
  );
  await app.write(
    "packages/ui/package.json",
    '{"name":"@repo/ui","main":"src/index.ts","dependencies":{"absent":"1"}}',
  );
  assertStringIncludes(
    await refusal(app),
    `"packages/ui/package.json" lists it, so run "pnpm install" in the app's workspace`,
  );
});

Deno.test("Packages in the archives of Yarn's Plug'n'Play are refused with the way out", async () => {
  await using app = await appFolder({
    "apps/site/package.json": '{"dependencies":{"absent":"1"}}',
    "apps/site/index.ts": 'import "absent";',
    "package.json": '{"workspaces":["apps/*"]}',
    "yarn.lock": "",
    ".pnp.cjs": "",
  });
  const way = `set "nodeLinker: node-modules" in .yarnrc.yml and run "yarn install" in`;
  assertStringIncludes(await refusal(app), `Plug'n'Play has no node_modules, so ${way} the app's workspace`);
  await using bundler = new Bundler({ cacheDir: null, installDependencies: true });
  const error = await assertRejects(
    () => bundler.bundle({ name: "site", path: app.at("apps/site"), nodeCompat: true }),
    NanoError,
  );
  assertStringIncludes(error.message, `${way} its workspace`);
});

Deno.test("A repository's top is the last folder that is looked at, and a lock without a package.json is none", async () => {
  await using app = await workspace({ "apps/.git/HEAD": "", "pnpm-workspace.yaml": "" });
  assertStringIncludes(await refusal(app), "outside the app's folder");
  await using other = await workspace({ "package-lock.json": "{}" });
  assertStringIncludes(await refusal(other), "outside the app's folder");
});

Deno.test("A tsconfig.json extends one of the workspace, by path and by package", async () => {
  await using app = await workspace({
    "pnpm-workspace.yaml": "",
    "tsconfig.base.json": '{"compilerOptions":{"paths":{"~/*":["./shared/*"]}}}',
    "node_modules/@repo/config/react.json": '{"compilerOptions":{"jsx":"react","jsxFactory":"h"}}',
    "apps/site/tsconfig.json": '{"extends":["../../tsconfig.base.json","@repo/config/react.json"]}',
    "apps/site/index.ts": "",
    "apps/site/page.tsx": 'import { shared } from "~/x.ts"; const h = (t: string) => t; export default [shared, <b/>];',
  });
  const made = await bundle(app, { path: app.at("apps/site/page.tsx") });
  assertEquals(await defaultOf(made), ["shared", "b"]);
  assertEquals(made.warnings, []);
  assertEquals(made.inputs.includes(app.at("tsconfig.base.json")), true);
});

for (const [lock, manager] of [["pnpm-lock.yaml", "pnpm"], ["yarn.lock", "yarn"], ["bun.lock", "bun"]]) {
  Deno.test(`Nothing is installed past a ${lock}: ${manager} has to do it`, async () => {
    await using app = await appFolder({
      "package.json": '{"dependencies":{"absent":"1"}}',
      [lock!]: "",
      "index.ts": 'import "absent";',
    });
    await using bundler = new Bundler({ cacheDir: null, installDependencies: true });
    const error = await assertRejects(
      () => bundler.bundle({ name: "site", path: app.path, nodeCompat: true }),
      NanoError,
    );
    assertEquals(error.code, "APP_FAILED");
    assertStringIncludes(error.message, `run "${manager} install" in the app's folder`);
  });
}
