/** Layers that do not fit are set aside, and hold nobody else down. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { relayered } from "../../../runtime/config/fit_layers.ts";
import { resolveConfig } from "../../../runtime/config/load.ts";
import { type AppLayer, entryFingerprint } from "../../../runtime/config/layers.ts";
import type { NanoConfig } from "../../../runtime/config/resolved_config.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { ConfigFolder } from "./config_case.ts";

function layer(name: string, changes: Partial<AppLayer> = {}): AppLayer {
  return { name, entry: null, patch: null, hides: null, folder: null, versions: [], rollout: null, ...changes };
}

/** An added app. */
function added(name: string, keys: Readonly<Record<string, unknown>> = {}): AppLayer {
  return layer(name, { entry: { name, path: "app", ...keys } });
}

function resolved(folder: ConfigFolder, document: object, layers: readonly AppLayer[]): Promise<NanoConfig> {
  return resolveConfig(document, { file: null, baseDir: folder.dir, hostEnv: () => undefined, layers });
}

/** Names of the apps, and what is set aside. */
function outcome({ apps, layers }: NanoConfig): [string[], Record<string, readonly string[]>] {
  return [apps.map(({ name }) => name), Object.fromEntries(layers.setAside.map(({ app, reasons }) => [app, reasons]))];
}

Deno.test("A document's own mistakes refuse it, with layers or without, and no layer's mistake does", async () => {
  using folder = new ConfigFolder();
  const good = added("good");
  const bad = added("bad", { memory_mb: 1 });
  const error = await assertRejects(() => resolved(folder, { port: -1 }, [good, bad]), NanoError);
  assertEquals(error.details, ["port is -1: expected a whole number from 0 to 65535"]);
  const config = await resolved(folder, { apps: [{ name: "file", path: "app" }] }, [good, bad]);
  assertEquals(outcome(config), [["file", "good"], {
    bad: ["memory_mb is 1: expected a whole number of MiB from 16 to 65536"],
  }]);
  assertEquals(config.layers.given, ["good", "bad"]);
});

Deno.test("Of two that exclude each other the older one stays; reasons name apps and never their numbers", async () => {
  using folder = new ConfigFolder();
  const apps = [{ name: "file", path: "app", hostname: "file.example" }];
  const layers = [
    added("one", { hostname: "x.example" }),
    added("two", { hostname: ["y.example", "X.example."] }),
    added("three", { hostname: "file.example", path: "none" }),
    added("four"),
  ];
  const [names, aside] = outcome(await resolved(folder, { apps }, layers));
  assertEquals(names, ["file", "one", "four"]);
  assertEquals(aside, {
    two: ['hostname[1] is "X.example.": already taken by "hostname" of app "one"'],
    three: [
      'hostname is "file.example": already taken by "hostname" of app "file"',
      `path is "none": expected a file or folder, but ${folder.dir}/none does not exist`,
    ],
  });
});

Deno.test("The newest change gives way even when an older layer is at fault too", async () => {
  using folder = new ConfigFolder();
  const layers = [added("old", { path: "none" }), added("new", { hostname: "file" })];
  const [names, aside] = outcome(await resolved(folder, { apps: [{ name: "file", path: "app" }] }, layers));
  assertEquals([names, Object.keys(aside)], [["file"], ["old", "new"]]);
});

Deno.test("A patch, a version and a removal that do not fit are set aside whole", async () => {
  using folder = new ConfigFolder();
  const document = {
    default_app: "b",
    apps: [{ name: "a", path: "app", env: { A: "file" } }, { name: "b", path: "app" }],
  };
  const config = await resolved(folder, document, [
    layer("a", { patch: { env: { A: "api" } }, folder: "/none/a/v1" }),
    layer("b", { hides: entryFingerprint(document.apps[1]) }),
  ]);
  assertEquals(config.apps.map(({ name, env }) => [name, env]), [["a", { A: "file" }], ["b", {}]]);
  assertEquals(Object.keys(outcome(config)[1]), ["a", "b"]);
  assert(config.layers.setAside[1]!.reasons[0]!.startsWith('default_app is "b"'));
});

Deno.test("One layer among hundreds that does not fit is found, and it alone is set aside", async () => {
  using folder = new ConfigFolder();
  const layers = Array.from({ length: 300 }, (_, index) => added(`app-${index}`));
  layers[123] = added("app-123", { hostname: "app-7" });
  layers[250] = added("app-250", { path: "none" });
  const start = performance.now();
  const [names, aside] = outcome(await resolved(folder, {}, layers));
  const ms = performance.now() - start;
  assertEquals([names.length, Object.keys(aside)], [298, ["app-123", "app-250"]]);
  console.log(`300 layers, two of them misfits: ${ms.toFixed(0)} ms`);
});

Deno.test("Other layers can be laid over the same document, while the rest of the configuration stays", async () => {
  using folder = new ConfigFolder();
  const config = {
    ...await resolved(folder, { port: 1, apps: [{ name: "file", path: "app" }] }, [added("one")]),
    port: 2,
  };
  const other = await relayered(config, [added("two")]);
  assertEquals([other.apps.map(({ name }) => name), other.port], [["file", "two"], 2]);
  const none = await relayered(other, []);
  assertEquals([none.apps.map(({ name }) => name), none.port, none.layers.given], [["file"], 2, []]);
});
