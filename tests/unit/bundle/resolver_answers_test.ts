/** What esbuild is asked, and how often. */
import { assertEquals } from "@std/assert";
import type { OnResolveArgs, PluginBuild } from "esbuild";
import { ResolverAnswers } from "../../../runtime/bundle/resolver_answers.ts";

function asker() {
  const asked: string[] = [];
  const build = {
    resolve: (specifier: string) => {
      asked.push(specifier);
      return Promise.resolve({ path: `/found/${specifier}` });
    },
  } as unknown as PluginBuild;
  const answers = new ResolverAnswers(build, Symbol());
  const ask = (importer: string, specifier: string, kind: OnResolveArgs["kind"] = "import-statement") =>
    answers.ask({
      kind,
      importer,
      namespace: "file",
      resolveDir: "/",
      path: specifier,
      with: {},
      pluginData: undefined,
    }, specifier);
  return { asked, ask };
}

Deno.test("esbuild is asked once where files of one package import another", async () => {
  const { asked, ask } = asker();
  await ask("/app/node_modules/@kit/core/a.js", "zod/v4");
  assertEquals((await ask("/app/node_modules/@kit/core/deep/b.js", "zod/v4")).path, "/found/zod/v4");
  assertEquals(asked, ["zod/v4"]);
});

Deno.test("It is asked again for another package, another kind of import, and the app's own files", async () => {
  const { asked, ask } = asker();
  await ask("/app/node_modules/a/index.js", "zod");
  await ask("/app/node_modules/b/index.js", "zod");
  await ask("/app/node_modules/a/index.js", "zod", "require-call");
  for (let time = 0; time < 2; time++) await ask("/app/index.js", "zod");
  assertEquals(asked.length, 5);
});

Deno.test("It is asked each time for what depends on the file: relative paths, and the package's own name", async () => {
  const { asked, ask } = asker();
  for (const specifier of ["./b.js", "#own", "a/more"]) {
    for (const file of ["x.js", "y/x.js"]) await ask(`/app/node_modules/a/${file}`, specifier);
  }
  assertEquals(asked.length, 6);
});
