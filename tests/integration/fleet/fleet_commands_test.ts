/** `nano deploy` and `nano fleet` as people type them, on nodes that are processes. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { AdminError } from "../../../admin/client/client.ts";
import { NatsServer } from "../../support/nats_server.ts";
import { FleetScene, saying } from "./fleet_scene.ts";

const ignore = await NatsServer.version() === null;

/** Says a text on nodes whose file `word` says "good", and cannot start on others. */
const picky = (text: string) => `if (process.env.WORD !== "good") throw new Error("a bad word");\n${saying(text)}`;

async function write(scene: FleetScene, app: string, text: string): Promise<void> {
  const folder = `${scene.nodes[0]!.dir}/${app}`;
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/index.ts`, text);
}

/** What the file of each node says. */
async function words(scene: FleetScene, ...words: readonly string[]): Promise<void> {
  await Promise.all(scene.nodes.map(({ dir }, at) => Deno.writeTextFile(`${dir}/word`, words[at]!)));
}

/** An app that all nodes serve, and that is given the word of each. */
async function shopOf(scene: FleetScene): Promise<void> {
  await words(scene, ...scene.nodes.map(() => "good"));
  await scene.deploy(0, "shop", saying("one"));
  await scene.client(0).changeApp("shop", { env: { WORD: { from_file: "word" } } });
  await scene.untilAll("shop", "one");
}

Deno.test({
  name: "nano deploy tells of each node, exits 1 when one cannot start the version, and takes it back with --all",
  ignore,
  fn: async () => {
    const own = { name: "own", path: ".", hostname: "own.test" };
    await using scene = await FleetScene.create(3, { config: (name) => name === "n3" ? { apps: [own] } : {} });
    await write(scene, "shop", saying("one"));
    const first = await scene.cli(0, "deploy", "shop", "--hostname", "shop.test");
    assertEquals(first.code, 0, first.err);
    for (const name of ["n1", "n2", "n3"]) assertMatch(first.out, new RegExp(`^  ${name} ok \\d+\\.\\d s$`, "m"));
    // It settles when all have it: nobody waits for anything here.
    assertEquals(await scene.answers("shop"), ["one", "one", "one"]);

    await words(scene, "good", "bad", "good");
    await scene.client(0).changeApp("shop", { env: { WORD: { from_file: "word" } } });
    await write(scene, "shop", picky("two"));
    const failed = await scene.cli(0, "deploy", "shop");
    assertEquals(failed.code, 1);
    assertMatch(failed.out, /^ {2}n1 ok .* s$/m);
    assertMatch(failed.out, /^ {2}n2 FAILED .*a bad word/m);
    assertMatch(failed.out, /^ {2}n3 ok .* s$/m);
    assertStringIncludes(failed.err, 'v2 of app "shop" is not in force on n2; nano rollback shop goes back on all');
    assertEquals(await scene.answers("shop"), ["two", "one", "two"]);

    await write(scene, "shop", picky("three"));
    const taken = await scene.cli(0, "deploy", "shop", "--all", "--json");
    assertEquals(taken.code, 1);
    const { version, nodes } = JSON.parse(taken.out);
    assertEquals(version, "v3");
    assertEquals(
      nodes.map(({ node, error }: { node: string; error: string | null }) => [node, error === null]).sort(),
      [["n1", true], ["n2", false], ["n3", true]],
    );
    // v2, to which it went back, is what the second node could not start either.
    assertMatch(taken.err, /v3 of app "shop" is not in force on n2\nnano: Rolled back on all nodes but n2$/);
    assertEquals(await scene.answers("shop"), ["two", "one", "two"]);
    await scene.client(0).rollback("shop", "v1");
    await scene.untilAll("shop", "one");
    const whole = await scene.cli(0, "deploy", "shop", "--all");
    assertMatch(whole.err, /v4 of app "shop" is not in force on n2\nnano: Rolled back on all nodes$/);
    assertEquals(await scene.answers("shop"), ["one", "one", "one"]);

    // An app that the deploy has made has nothing to go back to. Here another one has its host on the third node.
    await write(scene, "fresh", saying("fresh"));
    const fresh = await scene.cli(0, "deploy", "fresh", "--hostname", "own.test", "--all");
    assertMatch(fresh.out, /^ {2}n3 FAILED .*own\.test/m);
    assertMatch(fresh.err, /Rolled back on all nodes$/);
    const apps = await Promise.all([0, 1, 2].map(async (at) => (await scene.client(at).apps()).apps));
    assertEquals(apps.map((all) => all.map(({ name }) => name)), [["shop"], ["shop"], ["own", "shop"]]);
  },
});

Deno.test({
  name: "With one_by_one nobody takes a version that another node could not start, and all do once that one can",
  ignore,
  fn: async () => {
    await using scene = await FleetScene.create(3, { config: () => ({ fleet: { one_by_one: true } }) });
    await shopOf(scene);
    await words(scene, "good", "bad", "bad");
    await write(scene, "shop", picky("two"));
    const deployed = await scene.cli(0, "deploy", "shop");
    assertEquals(deployed.code, 1);
    const [, halted, other] = /^ {2}(n[23]) FAILED halted: node "(n[23])" could not start it$/m.exec(deployed.out)!;
    assertMatch(deployed.out, new RegExp(`^  ${other} FAILED .*a bad word`, "m"));
    assertEquals(await scene.answers("shop"), ["two", "one", "one"]);

    const at = (name: string) => scene.nodes.findIndex((node) => node.name === name);
    const failures = async () => (await scene.view(0)).nodes.flatMap(({ name, failed }) => failed.length ? [name] : []);
    await words(scene, "good", "good", "good");
    await scene.cli(at(halted!), "fleet", "retry");
    assertEquals(await failures(), ["n2", "n3"]);
    await scene.cli(at(other!), "fleet", "retry");
    await scene.until("one is left", async () => (await failures()).length === 1);
    const retried = await scene.cli(at(halted!), "fleet", "retry");
    assertEquals(retried.code, 0, retried.err);
    assertEquals(await scene.answers("shop"), ["two", "two", "two"]);
  },
});

Deno.test({
  name: "A node of role serve follows, takes no changes and tells who does",
  ignore,
  fn: async () => {
    const config = (name: string) => name === "n2" ? { fleet: { role: "serve" } } : {};
    await using scene = await FleetScene.create(2, { config });
    await scene.deploy(0, "shop", saying("one"));
    await scene.untilAll("shop", "one");
    const { epoch, revision } = await scene.view(0);
    const fleet = scene.client(1).fleet;
    const changes: (() => Promise<unknown>)[] = [
      () => scene.deploy(1, "shop", saying("two")),
      () => scene.client(1).changeApp("shop", { env: { A: "b" } }),
      () => scene.client(1).removeApp("shop"),
      () => fleet.found(),
      () => fleet.restore(true),
    ];
    for (const change of changes) {
      const refused = await assertRejects(change, AdminError);
      assertEquals([refused.code, refused.status], ["CONFLICT", 409]);
      assertMatch(refused.message, /this node only serves; ask n1$/);
    }
    const view = await scene.view(1);
    assertEquals([view.epoch, view.revision, view.state], [epoch, revision, "following"]);
    assertEquals(view.nodes.map(({ name, role }) => [name, role]), [["n1", "full"], ["n2", "serve"]]);
    assertEquals(await scene.answers("shop"), ["one", "one"]);
  },
});

Deno.test({
  name: "nano fleet founds, applies a nano.json, joins, restores and retries",
  ignore,
  fn: async () => {
    await using scene = await FleetScene.create(2, { isFounded: false });
    await scene.untilStates("unfounded");
    const early = await scene.cli(1, "fleet", "join");
    assertEquals(early.code, 1);
    assertMatch(early.err, /Cannot join the fleet: .*nano fleet found makes one/);
    const founded = await scene.cli(0, "fleet", "found");
    assertEquals(founded.code, 0, founded.err);
    assertMatch(founded.out, /^Node "n1" is following at revision \d+, by nats$/m);
    assertEquals((await scene.cli(0, "fleet", "found")).code, 1);
    await scene.untilStates("following");

    await write(scene, "shop", picky("shop"));
    await write(scene, "blog", saying("blog"));
    const apps = [
      {
        name: "shop",
        path: "shop",
        hostname: "shop.test",
        env: { WORD: "good", MORE: "ä€".repeat(4_000) },
        timeout_ms: 5_000,
      },
      { name: "blog", path: "blog", hostname: ["blog.test", "log.test"] },
    ];
    await Deno.writeTextFile(`${scene.nodes[0]!.dir}/apps.json`, JSON.stringify({ port: 0, apps }));
    const long = [{ ...apps[1], name: "long", env: { MORE: "ä€".repeat(6_000) } }];
    await Deno.writeTextFile(`${scene.nodes[0]!.dir}/long.json`, JSON.stringify({ port: 0, apps: long }));
    const refused = await scene.cli(0, "fleet", "apply", "long.json");
    assertEquals(refused.code, 1);
    assertMatch(refused.err, /Cannot deploy app "long": its keys are \d+ characters of JSON, 60000 can be sent/);
    const applied = await scene.cli(0, "fleet", "apply", "apps.json");
    assertEquals([applied.code, applied.err], [0, ""]);
    assertMatch(applied.out, /^App "shop": v1\n( {2}n[12] ok .* s\n){2}App "blog": v1\n( {2}n[12] ok .* s\n?){2}$/);
    assertEquals([await scene.answers("shop"), await scene.answers("log")], [["shop", "shop"], ["blog", "blog"]]);
    assertEquals((await scene.client(1).app("shop")).limits!.timeout_ms, 5_000);
    // Again, with a key less.
    delete (apps[0] as { timeout_ms?: number }).timeout_ms;
    await Deno.writeTextFile(`${scene.nodes[0]!.dir}/apps.json`, JSON.stringify({ port: 0, apps }));
    assertEquals((await scene.cli(0, "fleet", "apply", "apps.json")).code, 0);

    await scene.engine.wipe();
    await scene.untilStates("diverged");
    const status = await scene.cli(0, "fleet", "status");
    assertMatch(status.out, /^Node "n1" is diverged .*nano fleet restore/m);
    const restored = await scene.cli(0, "fleet", "restore");
    assertEquals([restored.code, restored.err], [0, ""]);
    const keeps = await scene.cli(1, "fleet", "join");
    assertEquals(keeps.code, 1);
    assertMatch(keeps.err, /--replace/);
    const joined = await scene.cli(1, "fleet", "join", "--replace");
    assertEquals([joined.code, joined.err], [0, ""]);
    assertMatch(joined.out, /^Node "n2" is following/);
    assertEquals([await scene.answers("shop"), await scene.answers("blog")], [["shop", "shop"], ["blog", "blog"]]);
    assertEquals((await scene.cli(1, "fleet", "retry")).code, 0);
  },
});
