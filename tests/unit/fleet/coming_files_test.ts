/** Files that follow their records: who waits for them, what is tried again, and what is not wanted any more. */
import { assertEquals, assertRejects } from "@std/assert";
import type { FleetVersion } from "../../../runtime/fleet/app_record.ts";
import { ComingFiles } from "../../../runtime/fleet/coming_files.ts";
import { NanoError } from "../../../runtime/errors.ts";
import { ChangeBench } from "../../support/change_bench.ts";
import { FleetBench } from "../../support/fleet_bench.ts";
import { FakeClock } from "../runtime/fake_clock.ts";

function versionOf(version: string, digest = "d"): FleetVersion {
  const record = { version, createdAt: 0, bytes: 1, files: 1, note: "", actor: "test", previewHost: null };
  return { ...record, digest };
}

/** Lets what is settled be heard. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function scene() {
  const clock = new FakeClock();
  const asked: string[] = [];
  const under: Map<string, PromiseWithResolvers<void>> = new Map();
  const came: [app: string, wasMissed: boolean][] = [];
  const discarded: string[] = [];
  const files = new ComingFiles({
    clock,
    pathOf: (app, version) => `/versions/${app}/${version}`,
    bring: (app, { version }) => {
      asked.push(`${app}/${version}`);
      const way = Promise.withResolvers<void>();
      under.set(`${app}/${version}`, way);
      return way.promise;
    },
    discard: (app, version) => Promise.resolve(void discarded.push(`${app}/${version}`)),
    onCame: (app, { wasMissed }) => void came.push([app, wasMissed]),
  });
  return { clock, files, asked, under, came, discarded };
}

Deno.test("Few files come at once, in order, and those that a start waits for beside them", async () => {
  const { files, asked, under, came } = scene();
  for (const app of "abcdefg") files.expect(app, [versionOf("v1")]);
  assertEquals([asked, files.size, files.has("g", "v1")], [[], 7, true]);
  files.begin();
  assertEquals(asked, ["a/v1", "b/v1", "c/v1", "d/v1"]);
  const waited = files.arrived("/versions/g/v1");
  assertEquals(asked.at(-1), "g/v1");
  under.get("g/v1")!.resolve();
  await waited;
  under.get("a/v1")!.resolve();
  await turn();
  assertEquals([asked.slice(5), came, files.has("g", "v1")], [["e/v1"], [["g", false], ["a", false]], false]);
  // Nobody waits for what is here, or was never on its way.
  await files.arrived("/versions/g/v1");
  await files.arrived("/apps/other");
});

Deno.test("What cannot be had is told, tried again later and later, and its app is begun anew once it came", async () => {
  const { clock, files, asked, under, came } = scene();
  files.expect("shop", [versionOf("v1")]);
  files.begin();
  under.get("shop/v1")!.reject(new Error("the engine is away"));
  await turn();
  const failure = { app: "shop", revision: 7, error: '"v1" cannot be had: the engine is away' };
  assertEquals([files.failures(() => 7), asked.length], [[failure], 1]);
  const waited = files.arrived("/versions/shop/v1");
  assertEquals(asked.length, 2);
  under.get("shop/v1")!.reject(new Error("the engine is away"));
  await turn();
  const refused = assertRejects(() => waited, NanoError, "the engine is away");
  await clock.advance(10_000);
  assertEquals((await refused).code, "FLEET_UNAVAILABLE");
  await turn();
  under.get("shop/v1")!.resolve();
  await turn();
  assertEquals([came, files.size, files.failures(() => 7)], [[["shop", true]], 0, []]);
});

Deno.test("Files that nobody wants any more are removed when they come all the same", async () => {
  const { files, under, came, discarded } = scene();
  files.expect("shop", [versionOf("v1"), versionOf("v2")]);
  files.begin();
  const forgotten = files.forget("shop", "v1");
  under.get("shop/v1")!.resolve();
  await forgotten;
  // Of the same name and other files: the first ones are gone before the others are brought.
  const replaced = files.now("shop", versionOf("v2", "other"));
  under.get("shop/v2")!.resolve();
  await replaced;
  assertEquals([discarded, came, files.size], [["shop/v1", "shop/v2"], [], 0]);
});

Deno.test("Apps that wait for their first request are in force before their files are here, through a restart too", async () => {
  await using bench = await FleetBench.create(1);
  const [n1] = bench.nodes;
  const apps = Array.from({ length: 10 }, (_, at) => `app-${at}`);
  const lazy = { create: { hostnames: [], keys: { start: "lazy" } } };
  for (const app of apps) await n1!.deploy(app, app, lazy);
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  const document = { port: 0, admin: false, fleet: { nats: ["nats://127.0.0.1:4222"], name: "n2" } };
  await Deno.writeTextFile(`${dir}/nano.json`, JSON.stringify(document));
  const opened = async (blob: (sha256: string) => Promise<ReadableStream<Uint8Array> | null>) => {
    const store = bench.engine.open();
    store.getBlob = blob;
    const node = await ChangeBench.open(`${dir}/nano.json`, store);
    await node.fleet!.begin();
    const { nodes } = await node.operator.fleet!.view();
    const { failed, filesComing } = nodes.find(({ name }) => name === "n2")!;
    const close = async () => {
      await node.fleet![Symbol.asyncDispose]();
      node[Symbol.dispose]();
    };
    return { node, close, failed, filesComing };
  };
  try {
    // The engine has them, and does not get to send them.
    const never = Promise.withResolvers<null>();
    const first = await opened(() => never.promise);
    assertEquals([first.filesComing, apps.map((app) => first.node.app(app)?.name)], [10, apps]);
    await first.close();
    never.resolve(null);

    const store = bench.engine.open();
    const second = await opened((sha256) => store.getBlob(sha256));
    for (const app of apps) {
      const { path } = second.node.app(app)!;
      await second.node.fleet!.coming.arrived(path);
      assertEquals(await Deno.readTextFile(`${path}/index.ts`), app);
    }
    assertEquals([second.failed, second.node.fleet!.coming.size], [[], 0]);
    await second.close();
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
