/** What a fleet of three nodes promises, on any engine: one deploy is served by all, whatever is killed meanwhile. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { AdminError } from "../../../admin/client/client.ts";
import { FleetScene, saying } from "./fleet_scene.ts";
import type { SceneEngine } from "./scene_engine.ts";

/** The tests of one engine. @param by its name */
export function fleetPromises(
  by: string,
  { engine, ignore }: { readonly engine: () => Promise<SceneEngine>; readonly ignore: boolean },
): void {
  Deno.test({
    name: `${by}: What is deployed on one of three nodes is served by all, through kills of nodes and of the engine`,
    ignore,
    fn: async () => {
      await using scene = await FleetScene.create(3, { engine });
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
      await scene.engine.kill();
      await scene.kill(n1!);
      await scene.start(n1!);
      await scene.untilAll("shop", "two");
      const gone = await assertRejects(() => scene.deploy(1, "shop", saying("three")), AdminError);
      assertEquals([gone.code, gone.status], ["FLEET_UNAVAILABLE", 503]);
      await scene.engine.again();
      await scene.untilStates("following");
      assertEquals((await scene.deploy(0, "shop", saying("three"))).version, "v3");
      await scene.untilAll("shop", "three");
    },
  });

  Deno.test({
    name: `${by}: Deploys to one app on all nodes at once are all done, and all nodes end with the same one`,
    ignore,
    fn: async () => {
      await using scene = await FleetScene.create(3, { engine });
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
    name: `${by}: An engine that lost everything is given it back by one node, and the others join`,
    ignore,
    fn: async () => {
      await using scene = await FleetScene.create(2, { engine });
      await scene.deploy(0, "shop", saying("one"));
      await scene.untilAll("shop", "one");
      await scene.engine.wipe();
      await scene.untilStates("diverged");
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
    name:
      `${by}: A change that one node cannot have in force is told by the name of that node, which serves on as before`,
    ignore,
    fn: async () => {
      await using scene = await FleetScene.create(2, { engine });
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

  Deno.test({
    name: `${by}: What an engine has forgotten although it acknowledged it is given back by the nodes that have it`,
    ignore,
    fn: async () => {
      await using scene = await FleetScene.create(2, { engine });
      await scene.deploy(0, "shop", saying("one"));
      await scene.untilAll("shop", "one");
      await scene.engine.keep();
      await scene.untilStates("following");
      await scene.deploy(1, "blog", saying("first"));
      await scene.deploy(0, "shop", saying("two"));
      await Promise.all([scene.untilAll("shop", "two"), scene.untilAll("blog", "first")]);
      const { revision } = await scene.view(0);
      await scene.engine.lie();
      await scene.until("it has been given back", async () => {
        const views = await Promise.all([scene.view(0), scene.view(1)]);
        return views.every((view) => view.state === "following" && view.complete && view.revision >= revision);
      });
      assertEquals([await scene.answers("shop"), await scene.answers("blog")], [["two", "two"], ["first", "first"]]);
      assertEquals((await scene.deploy(1, "shop", saying("three"))).version, "v3");
      await scene.untilAll("shop", "three");
    },
  });

  Deno.test({
    name: `${by}: A node that was asleep for longer than any lease stands wakes up, and serves what it has missed`,
    ignore,
    fn: async () => {
      await using scene = await FleetScene.create(2, { engine });
      await scene.deploy(0, "shop", saying("one"));
      await scene.untilAll("shop", "one");
      const asleep = scene.nodes[1]!.process!;
      asleep.signal("SIGSTOP");
      try {
        await scene.until("nobody sees it", async () => (await scene.view(0)).nodes.length === 1);
        assertEquals((await scene.deploy(0, "shop", saying("two"))).version, "v2");
        assertEquals((await scene.deploy(0, "blog", saying("first"))).version, "v1");
      } finally {
        asleep.signal("SIGCONT");
      }
      await Promise.all([scene.untilAll("shop", "two"), scene.untilAll("blog", "first")]);
      assertEquals((await scene.deploy(1, "shop", saying("three"))).version, "v3");
      await scene.untilAll("shop", "three");
    },
  });
}
