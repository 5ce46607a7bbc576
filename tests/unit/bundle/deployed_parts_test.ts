/** What goes along with a deploy beside an app's own files. */
import { assert, assertEquals } from "@std/assert";
import { deployedParts } from "../../../runtime/bundle/deployed_parts.ts";
import { appFolder } from "./app_folder.ts";

Deno.test("A build that the app begins in goes along, whatever finds it", async () => {
  const built = JSON.stringify({ scripts: { build: "vite build" }, devDependencies: { "@tanstack/react-start": "1" } });
  const apps: Readonly<Record<string, readonly [Record<string, string>, readonly string[]]>> = {
    site: [{ "package.json": '{"scripts":{"build":"x"}}', "out/index.html": "" }, ["out"]],
    server: [
      { "package.json": built, "dist/server/server.js": "", "dist/client/a.css": "" },
      ["dist/server/server.js", "dist/client"],
    ],
    worker: [
      { "wrangler.json": '{"main":"dist/worker.js","assets":{"directory":"public"}}', "dist/worker.js": "" },
      ["dist/worker.js", "public"],
    ],
    nothing: [{ "readme.md": "" }, []],
  };
  for (const [name, [files, begins]] of Object.entries(apps)) {
    await using app = await appFolder(files);
    const parts = await deployedParts(app.path);
    assertEquals([name, parts.begins, parts.texts], [name, begins, {}]);
  }
});

Deno.test("What an environment of a project begins in goes along for that environment alone", async () => {
  await using app = await appFolder({
    "wrangler.json": '{"main":"src/index","env":{"staging":{"main":"dist/index"}}}',
    "src/index.ts": "",
    "dist/index.js": "",
  });
  const begins = async (environment?: string) => (await deployedParts(app.path, environment)).begins;
  assertEquals([await begins(), await begins("staging")], [["src/index.ts"], ["dist/index.js"]]);
});

Deno.test("The tsconfig that a project names is the one whose text goes along", async () => {
  await using app = await appFolder({
    "pnpm-workspace.yaml": "packages: [apps/*]",
    "base.json": '{ "compilerOptions": { "strict": true } }',
    "apps/one/wrangler.json": '{"main":"index.ts","tsconfig":"worker/tsconfig.json"}',
    "apps/one/worker/tsconfig.json":
      '{ "extends": "../../../base.json", "compilerOptions": { "paths": { "@/*": ["../src/*"], "shared": ["../../../lib/shared.ts"] } } }',
    "apps/one/index.ts": 'import "shared";',
    "lib/shared.ts": "",
  });
  const { texts, added } = await deployedParts(app.at("apps/one"));
  assert(".nano_workspace/lib/shared.ts" in added);
  assertEquals(Object.keys(texts), ["worker/tsconfig.json"]);
  const { compilerOptions } = JSON.parse(texts["worker/tsconfig.json"]!);
  assertEquals([compilerOptions.strict, compilerOptions.paths["@/*"]], [true, ["./../src/*"]]);
  assertEquals(compilerOptions.paths["shared"], ["./../.nano_workspace/lib/shared.ts"]);
});

Deno.test("What a tsconfig.json extends above the app's folder goes along in its text", async () => {
  await using app = await appFolder({
    "pnpm-workspace.yaml": "packages: [apps/*]",
    "base.json":
      '{ "compilerOptions": { "jsxImportSource": "hono/jsx", "emitDecoratorMetadata": true, "strict": true } }',
    "apps/one/tsconfig.json":
      '{ "extends": "../../base.json", "compilerOptions": { "jsx": "react-jsx", "paths": { "@/*": ["./src/*"] } } }',
    "apps/one/index.ts": "",
    "apps/own/tsconfig.json": '{ "compilerOptions": { "strict": true } }',
    "apps/own/index.ts": "",
  });
  const { reach, texts } = await deployedParts(app.at("apps/one"));
  assertEquals([reach, Object.keys(texts)], [app.path, ["tsconfig.json"]]);
  assertEquals(JSON.parse(texts["tsconfig.json"]!), {
    compilerOptions: {
      jsxImportSource: "hono/jsx",
      strict: true,
      jsx: "react-jsx",
      emitDecoratorMetadata: true,
      paths: { "@/*": ["./src/*"] },
    },
  });
  assertEquals((await deployedParts(app.at("apps/own"))).texts, {});
});
