/** `nano init --from`: an app of a Workers project, in a new nano.json or in one that is there. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { NanoProcess } from "../../support/nano_process.ts";
import { MemoryIo, run } from "../../unit/admin/cli/memory_io.ts";

async function scene(): Promise<{ dir: string } & AsyncDisposable> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "nano-init-from-" }));
  const files = {
    "shop/wrangler.jsonc": `{
      "name": "Shop_API", "main": "src/index.js", "vars": { "WORD": "taken", "N": [1] },
      "kv_namespaces": [{ "binding": "CACHE", "id": "1" }], "d1_databases": [{ "binding": "DB" }], "r2_buckets": [{ "binding": "FILES" }],
      "vectorize": [{ "binding": "INDEX" }],
      "assets": { "directory": "public" }, "triggers": { "crons": ["0 * * * *"] },
      "routes": ["shop.test/*"], "services": [{ "binding": "AUTH", "service": "auth" }],
    }`,
    "shop/.dev.vars": "API_KEY=1\nOTHER=2\n",
    "shop/src/index.js": "export default { fetch: (_, env) => new Response(env.WORD), scheduled() {} };",
    "shop/public/a.txt": "asset",
    "plain/index.js": "",
    "bad/wrangler.json": "{ nothing",
    "staged/wrangler.json": `{ "name": "web", "main": "i.js", "env": { "staging": { "vars": { "WORD": "staged" } } } }`,
    "staged/i.js": "export default { fetch: (_, env) => new Response(env.WORD) };",
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(`${dir}/${name}/..`.replace(/[^/]+\/\.\.$/, ""), { recursive: true });
    await Deno.writeTextFile(`${dir}/${name}`, text);
  }
  return { dir, [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }) };
}

Deno.test("nano init --from writes a nano.json that serves the project, and tells what it took and what it could not", async () => {
  await using the = await scene();
  const { code, out, err } = await run(["init", "host", "--from", "shop"], new MemoryIo(the.dir));
  assertEquals([code, err], [0, ""]);
  assertEquals(
    out,
    [
      'Wrote app "shop-api" to host/nano.json',
      "Taken of wrangler.jsonc, which is read at every start:",
      "  hostname  shop-api.localhost, shop.test (in nano.json)",
      "  main  src/index.js",
      "  env  WORD, N",
      "  assets  public",
      "  bindings  CACHE (kv), DB (d1), FILES (r2)",
      "  crons  0 * * * *",
      '  services  AUTH (app "auth")',
      "Without a counterpart:",
      "  wrangler.jsonc, line 4: env.INDEX is a Vectorize index",
      '  .dev.vars is for nano dev: give API_KEY, OTHER in "env" as { "from_env": … } or { "from_file": … }',
    ].join("\n"),
  );
  await using nano = await NanoProcess.start(`${the.dir}/host/nano.json`, {
    args: ["--port", "0", "--admin-port", "0"],
  });
  assertEquals(await (await nano.fetch("shop.test", "/")).text(), "taken");
  assertEquals(await (await nano.fetch("shop-api.localhost", "/a.txt")).text(), "asset");
});

Deno.test("nano init --from takes an environment of the project, as an app of its own", async () => {
  await using the = await scene();
  const { code, out } = await run(["init", "host", "--from", "staged", "--env", "staging"], new MemoryIo(the.dir));
  assertEquals([code, out.split("\n")[0]], [0, 'Wrote app "web-staging" to host/nano.json']);
  await using nano = await NanoProcess.start(`${the.dir}/host/nano.json`, {
    args: ["--port", "0", "--admin-port", "0"],
  });
  assertEquals(await (await nano.fetch("web-staging.localhost", "/")).text(), "staged");
  const typo = await run(["init", "other", "--from", "staged", "--env", "stagign"], new MemoryIo(the.dir));
  assertEquals(typo.code, 2);
  assertStringIncludes(typo.err, 'there is no environment "stagign" but "staging"');
  assertEquals((await run(["init", "other", "--env", "staging"], new MemoryIo(the.dir))).code, 2);
});

Deno.test("nano init --from adds to a nano.json whose comments and layout stay", async () => {
  await using the = await scene();
  const before = `{
    // the front door
    "port": 8080, /* fixed */
    "apps": [
        { "name": "one", "path": "plain" }, // first
    ],
}
`;
  await Deno.writeTextFile(`${the.dir}/nano.json`, before);
  const io = new MemoryIo(the.dir);
  const { code, out } = await run(["init", "--from", "./shop"], io);
  assertEquals([code, out.split("\n")[0]], [0, 'Added app "shop-api" to nano.json']);
  const after = await Deno.readTextFile(`${the.dir}/nano.json`);
  for (const kept of ["// the front door", "/* fixed */", "// first", '{ "name": "one", "path": "plain" }']) {
    assertStringIncludes(after, kept);
  }
  assertStringIncludes(after, '"path": "./shop"');
  const check = await run(["check"], new MemoryIo(the.dir));
  assertEquals([check.code, check.err], [0, ""]);
  const again = await run(["init", "--from", "shop"], new MemoryIo(the.dir));
  assertEquals(again.code, 1);
  assertStringIncludes(again.err, 'it has an app "shop-api" already');
  assertEquals(await Deno.readTextFile(`${the.dir}/nano.json`), after);
});

Deno.test("nano init --from refuses a folder without a project, and one whose file is no JSON", async () => {
  await using the = await scene();
  const plain = await run(["init", "--from", "plain"], new MemoryIo(the.dir));
  assertEquals(plain.code, 2);
  assertStringIncludes(plain.err, "there is no wrangler.json, .jsonc or .toml");
  const bad = await run(["init", "--from", "bad"], new MemoryIo(the.dir));
  assertEquals(bad.code, 2);
  assertStringIncludes(bad.err, "wrangler.json, line 1, column 3");
});
