/** Three nodes and a true engine: one deploy is served by all, whatever is killed meanwhile. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AdminError } from "../../../admin/client/client.ts";
import { NatsServer } from "../../support/nats_server.ts";
import { FleetScene, saying } from "./fleet_scene.ts";

const version = await NatsServer.version();
const ignore = version === null;
console.log(ignore ? "Skipped: there is no nats-server on this machine" : `Runs on ${version}`);

Deno.test({
  name: "What is deployed on one of three nodes is served by all, through kills of nodes and of the engine",
  ignore,
  fn: async () => {
    await using scene = await FleetScene.create(3);
    const [n1, n2] = scene.nodes;
    assertEquals((await scene.deploy(0, "shop", saying("one"))).version, "v1");
    await scene.untilAll("shop", "one");

    // A node that was away catches up.
    await scene.kill(n2!);
    assertEquals((await scene.deploy(2, "shop", saying("two"))).version, "v2");
    await scene.start(n2!);
    await scene.untilAll("shop", "two");

    // A bad version is refused where it was sent, and nobody else hears of it.
    const { revision } = await scene.view(0);
    const refused = await assertRejects(() => scene.deploy(1, "shop", "throw new Error('bad');"), AdminError);
    assertEquals([refused.code, (await scene.view(0)).revision], ["CONFIG_INVALID", revision]);
    assertEquals(await scene.answers("shop"), ["two", "two", "two"]);

    // Without an engine all serve on, through a restart too; changes are refused.
    await scene.nats.kill();
    await scene.kill(n1!);
    await scene.start(n1!);
    await scene.untilAll("shop", "two");
    const gone = await assertRejects(() => scene.deploy(1, "shop", saying("three")), AdminError);
    assertEquals([gone.code, gone.status], ["FLEET_UNAVAILABLE", 503]);
    await scene.nats.again();
    await scene.until("all follow", async () => (await scene.states()).every((state) => state === "following"));
    assertEquals((await scene.deploy(0, "shop", saying("three"))).version, "v3");
    await scene.untilAll("shop", "three");
  },
});

Deno.test({
  name: "Deploys to one app on all nodes at once are all done, and all nodes end with the same one",
  ignore,
  fn: async () => {
    await using scene = await FleetScene.create(3);
    await scene.deploy(0, "shop", saying("first"));
    const versions = await Promise.all(
      Array.from({ length: 6 }, (_, at) => scene.deploy(at % 3, "shop", saying(`text ${at}`))),
    );
    assertEquals(versions.map(({ version }) => version).sort(), ["v2", "v3", "v4", "v5", "v6", "v7"]);
    const last = versions.findIndex(({ version }) => version === "v7");
    await scene.untilAll("shop", `text ${last}`);
  },
});

Deno.test({
  name: "An engine that lost everything is given it back by one node, and the others join",
  ignore,
  fn: async () => {
    await using scene = await FleetScene.create(2);
    await scene.deploy(0, "shop", saying("one"));
    await scene.untilAll("shop", "one");
    await scene.nats.kill();
    await scene.nats.wipe();
    await scene.nats.again();
    await scene.until("all see it", async () => (await scene.states()).every((state) => state === "diverged"));
    assertEquals(await scene.answers("shop"), ["one", "one"]);
    const refused = await assertRejects(() => scene.deploy(0, "shop", saying("two")), AdminError);
    assert(refused.message.includes("nano fleet restore"), refused.message);
    assertEquals((await scene.client(0).fleet.restore(false)).state, "following");
    assertEquals((await scene.client(1).fleet.join(true)).state, "following");
    assertEquals((await scene.deploy(1, "shop", saying("two"))).version, "v2");
    await scene.untilAll("shop", "two");
  },
});

Deno.test({
  name: "A change that one node cannot have in force is told by the name of that node, which serves on as before",
  ignore,
  fn: async () => {
    await using scene = await FleetScene.create(2);
    const [n1, n2] = scene.nodes;
    const app = 'export default { fetch: (_request, env) => new Response(env.WORD ?? "none") };';
    await scene.deploy(0, "shop", app);
    await scene.untilAll("shop", "none");
    // Only the reference travels: a file of this name is there on the first node alone.
    await Deno.writeTextFile(`${n1!.dir}/word`, "hello");
    await scene.client(0).changeApp("shop", { env: { WORD: { from_file: "word" } } });
    const failures = async () => (await scene.view(0)).nodes.map(({ name, failed }) => [name, failed.length]);
    await scene.until("the second node has heard of it", async () => (await failures())[1]![1] === 1);
    assertEquals([await failures(), await scene.answers("shop")], [[["n1", 0], ["n2", 1]], ["hello", "none"]]);

    await Deno.writeTextFile(`${n2!.dir}/word`, "welcome");
    await scene.client(1).fleet.retry();
    assertEquals(await scene.answers("shop"), ["hello", "welcome"]);
    await scene.until("nothing fails any more", async () => (await failures()).every(([, count]) => count === 0));
  },
});
