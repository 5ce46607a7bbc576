/** Holds the layer rules over the real source tree, and proves that each rule can fail. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type LoadedModules, loadedModules } from "./binary/loaded_modules.ts";
import { readImportGraph } from "./support/import_graph.ts";
import { fileViolations, importCircles, layerViolations } from "./support/layer_rules.ts";
import { namesOfTwo } from "./support/names_of_two.ts";
import { REPO, sourceFiles } from "./support/repo.ts";

Deno.test("Source tree breaks no layer rule and has no import circle", async () => {
  const files = ["mod.ts", ...await sourceFiles("admin"), ...await sourceFiles("runtime")];
  const graph = await readImportGraph(files);
  for (const file of files) assert(graph.has(file), `${file} is missing from the graph`);
  assertEquals(layerViolations(graph), []);
});

Deno.test("No client of a fleet's engine is loaded but by the thread that it lives in", async () => {
  const clients = ({ packages }: LoadedModules) =>
    [...packages].map((one) => one.slice(0, one.lastIndexOf("@"))).filter((name) => /^(@nats-io\/|pg$|pg-)/.test(name));
  const outside = ["mod.ts", "admin/cli/main.ts", "runtime/fleet/link.ts", "runtime/fleet/data/fleet_data.ts"];
  assertEquals(clients(await loadedModules(outside)), []);
  const inThread = clients(await loadedModules(["runtime/fleet/link_worker.ts"]));
  for (const name of ["@nats-io/nats-core", "@nats-io/jetstream", "pg"]) assert(inThread.includes(name), name);
  const withData = clients(await loadedModules(["runtime/fleet/data/data_link_worker.ts"]));
  assertEquals([withData.includes("@nats-io/jetstream"), withData.includes("pg")], [true, false]);
});

Deno.test("A host that starts loads no page and no route of its admin listener", async () => {
  const begun = ["admin/cli/host/run_host.ts", "admin/cli/host/host.ts"];
  const shown = ({ files, packages }: LoadedModules) =>
    [...files, ...packages].filter((name) => /^(admin\/(api\.ts|dashboard\/|routes\/)|hono@|@hono\/)/.test(name));
  assertEquals(shown(await loadedModules(begun, { late: false })), []);
  assert(shown(await loadedModules(begun)).includes("admin/dashboard/create_dashboard.tsx"));
});

Deno.test("Source tree has no file with an empty name or with too many lines", async () => {
  const folders = await Promise.all(["admin", "runtime", "tests", "docs/examples"].map(sourceFiles));
  const files = ["mod.ts", ...folders.flat()];
  const found = await Promise.all(
    files.map(async (path) => fileViolations(path, await Deno.readTextFile(new URL(path, REPO)))),
  );
  assertEquals(found.flat(), []);
});

Deno.test("No exported name stands for two things", async () => {
  const files = ["mod.ts", ...await sourceFiles("admin"), ...await sourceFiles("runtime")];
  const texts = await Promise.all(
    files.map(async (path) => [path, await Deno.readTextFile(new URL(path, REPO))] as const),
  );
  assertEquals(namesOfTwo(texts), []);
});

Deno.test("namesOfTwo() tells who exports a name that another file has for something else", () => {
  const files = [
    ["runtime/a.ts", "export interface Verdict {}\nexport async function* run(): void {}\nconst one = 1;\n"],
    ["runtime/b.ts", 'export { one } from "./a.ts";\nexport type Verdict<T> = T;\nexport const one = 2;\n'],
    ["admin/cli/commands/c.ts", "export const command = {};\n"],
    ["admin/cli/commands/d.ts", "export const command = {};\nexport class run {}\n"],
    ["runtime/node/net.ts", "export function run() {}\nexport function run(): void;\n"],
  ] as const;
  assertEquals(namesOfTwo(files), [
    '"Verdict" is exported by runtime/a.ts and runtime/b.ts',
    '"run" is exported by runtime/a.ts and admin/cli/commands/d.ts',
  ]);
});

/** Each row: who imports whom, and what the refusal says; null where it is allowed. */
const IMPORTS: readonly [from: string, to: string, refusal: string | null][] = [
  ["mod.ts", "runtime/mod.ts", null],
  ["mod.ts", "admin/cli/main.ts", null],
  ["mod.ts", "runtime/nano.ts", "mod.ts may import only admin/, runtime/mod.ts"],
  ["admin/api.ts", "runtime/mod.ts", null],
  ["admin/api.ts", "admin/routes/apps.ts", null],
  [
    "admin/api.ts",
    "runtime/terms/events.ts",
    "admin/ may import only runtime/mod.ts, runtime/farm_start.ts, runtime/std/",
  ],
  ["admin/api.ts", "mod.ts", "admin/ stands below mod.ts"],
  ["runtime/mod.ts", "runtime/nano.ts", null],
  ["runtime/mod.ts", "admin/api.ts", "runtime/mod.ts stands below admin/"],
  ["runtime/nano.ts", "runtime/observe/log.ts", null],
  ["runtime/nano.ts", "runtime/http/server.ts", null],
  ["runtime/nano.ts", "runtime/mod.ts", "runtime/nano.ts stands below runtime/mod.ts"],
  ["runtime/generations/reload.ts", "runtime/app/supervisor.ts", null],
  [
    "runtime/generations/reload.ts",
    "runtime/observe/log.ts",
    "only runtime/mod.ts, runtime/nano.ts, runtime/nano_parts.ts may import runtime/observe/",
  ],
  ["runtime/app/supervisor.ts", "runtime/protocol/channel.ts", null],
  ["runtime/app/supervisor.ts", "runtime/isolate/bootstrap.ts", "nobody may import runtime/isolate/"],
  ["runtime/nano.ts", "runtime/isolate/bootstrap.ts", "nobody may import runtime/isolate/"],
  ["runtime/app/supervisor.ts", "runtime/http/dispatcher.ts", "must not know each other"],
  ["runtime/http/dispatcher.ts", "runtime/app/supervisor.ts", "must not know each other"],
  ["runtime/http/dispatcher.ts", "runtime/terms/events.ts", null],
  ["runtime/bundle/bundle.ts", "runtime/app/supervisor.ts", "runtime/bundle/ stands below runtime/app/"],
  ["runtime/store/store.ts", "runtime/http/server.ts", "runtime/store/ stands below runtime/http/"],
  ["runtime/observe/log.ts", "runtime/terms/events.ts", null],
  ["runtime/isolate/bootstrap.ts", "runtime/protocol/http.ts", null],
  ["runtime/isolate/bootstrap.ts", "runtime/errors.ts", null],
  [
    "runtime/isolate/bootstrap.ts",
    "runtime/terms/events.ts",
    "runtime/isolate/ may import only runtime/bindings/*/isolate.ts, runtime/protocol/, runtime/'s ground",
  ],
  ["runtime/isolate/binding_objects.ts", "runtime/bindings/kv/isolate.ts", null],
  ["runtime/units/binding_hosts.ts", "runtime/bindings/kv/host.ts", null],
  ["runtime/bindings/r2/isolate.ts", "runtime/bindings/r2/isolate_object.ts", null],
  ["runtime/config/app_schema.ts", "runtime/bindings/kv/config.ts", null],
  [
    "runtime/isolate/binding_objects.ts",
    "runtime/bindings/kv/host.ts",
    "only runtime/units/, runtime/operate/ may import runtime/bindings/*/host.ts",
  ],
  [
    "runtime/bindings/kv/host.ts",
    "runtime/bindings/kv/isolate.ts",
    "only runtime/isolate/ may import runtime/bindings/*/isolate.ts",
  ],
  [
    "runtime/bindings/kv/isolate.ts",
    "runtime/wall/binding_bridge.ts",
    "runtime/bindings/*/isolate.ts stands below runtime/wall/",
  ],
  ["runtime/protocol/http.ts", "runtime/errors.ts", null],
  ["runtime/protocol/http.ts", "runtime/terms/lifecycle.ts", "runtime/protocol/ stands below runtime/terms/"],
  ["runtime/terms/events.ts", "runtime/terms/lifecycle.ts", null],
  ["runtime/terms/events.ts", "runtime/http/router.ts", "runtime/terms/ stands below runtime/http/"],
  ["runtime/config/load.ts", "runtime/errors.ts", null],
  ["runtime/terms/events.ts", "runtime/config/load.ts", "runtime/terms/ stands below runtime/config/"],
  [
    "runtime/config/load.ts",
    "runtime/protocol/wire.ts",
    "runtime/config/ may import only runtime/bindings/*/config.ts",
  ],
  ["runtime/terms/lifecycle.ts", "runtime/errors.ts", null],
  [
    "runtime/terms/lifecycle.ts",
    "runtime/protocol/wire.ts",
    "runtime/terms/ may import only runtime/'s ground",
  ],
  ["runtime/errors.ts", "runtime/terms/lifecycle.ts", "runtime/'s ground stands below runtime/terms/"],
  ["runtime/errors.ts", "runtime/std/http/mod.ts", "runtime/'s ground may import only deno.json"],
  ["runtime/std/http/mod.ts", "runtime/errors.ts", "runtime/std/ stands below runtime/'s ground"],
  ["runtime/generations/listeners.ts", "runtime/http/server.ts", null],
  ["runtime/pool/isolate_farm.ts", "runtime/pool/reserve.ts", null],
  ["runtime/pool/reserve.ts", "runtime/app/supervisor.ts", "runtime/pool/ stands below runtime/app/"],
  ["runtime/http/router.ts", "runtime/terms/app_call.ts", null],
  ["runtime/terms/app_call.ts", "runtime/protocol/channel.ts", "runtime/terms/ may import only"],
  ["runtime/machine/descriptors.ts", "runtime/errors.ts", "runtime/machine/ may import nothing of ours"],
  ["runtime/version.ts", "deno.json", null],
  ["admin/cli/version.ts", "deno.json", "only runtime/'s ground may import deno.json"],
  ["runtime/nano.ts", "tests/support/repo.ts", "the target belongs to no layer"],
  ["runtime/stray.ts", "runtime/errors.ts", "belongs to no layer"],
];

for (const [from, to, refusal] of IMPORTS) {
  Deno.test(`layerViolations() ${refusal === null ? "lets" : "refuses that"} ${from} import ${to}`, () => {
    const found = layerViolations(new Map([[from, [to]]]));
    assertEquals(found.length, refusal === null ? 0 : 1, found.join("\n"));
    if (refusal !== null) assertStringIncludes(found[0]!, refusal);
  });
}

Deno.test("layerViolations() reports a circle inside one layer", () => {
  const graph = new Map([["runtime/app/a.ts", ["runtime/app/b.ts"]], ["runtime/app/b.ts", ["runtime/app/a.ts"]]]);
  assertEquals(layerViolations(graph), ["circle: runtime/app/a.ts -> runtime/app/b.ts -> runtime/app/a.ts"]);
  const folders = new Map([["admin/a/x.ts", ["admin/b/y.ts"]], ["admin/b/z.ts", ["admin/a/w.ts"]]]);
  assertEquals(layerViolations(folders), ["circle: admin/a/ -> admin/b/ -> admin/a/"]);
});

Deno.test("importCircles() finds a file that imports itself, and none in a diamond", () => {
  assertEquals(importCircles(new Map([["a.ts", ["a.ts"]]])), [["a.ts", "a.ts"]]);
  assertEquals(importCircles(new Map([["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]])), []);
});

Deno.test("fileViolations() refuses names that say nothing, of files and folders", () => {
  assertEquals(fileViolations("runtime/http/router.ts", "\n"), []);
  for (const path of ["runtime/utils.ts", "runtime/app/types.ts", "runtime/shared/a.ts", "tests/helpers.test.ts"]) {
    assertEquals(fileViolations(path, "\n").length, 1, path);
  }
});

Deno.test("fileViolations() allows 300 lines of source and 400 of a test", () => {
  assertEquals(fileViolations("runtime/a.ts", "x\n".repeat(300)), []);
  assertEquals(fileViolations("runtime/a.ts", "x\n".repeat(301)), ["runtime/a.ts: 301 lines, 300 are allowed"]);
  assertEquals(fileViolations("tests/a_test.ts", "x\n".repeat(400)), []);
  assertEquals(fileViolations("tests/a_test.ts", "x\n".repeat(401)), ["tests/a_test.ts: 401 lines, 400 are allowed"]);
});

Deno.test("readImportGraph() sees type-only imports", async () => {
  const graph = await readImportGraph(["runtime/terms/lifecycle.ts"]);
  assertEquals(graph.get("runtime/terms/lifecycle.ts"), ["runtime/errors.ts"]);
  assertEquals(graph.get("runtime/errors.ts"), []);
});
