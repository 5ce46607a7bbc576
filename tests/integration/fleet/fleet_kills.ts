/** Nodes and servers of a fleet that are killed one after the other, with requests, deploys and jobs under way. */
import { assertEquals } from "@std/assert";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { FleetScene, saying } from "./fleet_scene.ts";
import { FleetDeploys, FleetTraffic } from "./fleet_traffic.ts";
import type { SceneEngine } from "./scene_engine.ts";

const NODES = 3;
const KILLS = repeats(6, 100);
/** At least, so that a job has come up often. */
const MINUTES = repeats(0, 30);
/** Before a kill: it comes in the middle of whatever the deploys are at. */
const ANY_MS = 500;
/** Tells each minute which one it was called for. */
const JOBS = `export default {
  fetch: () => new Response("jobs"),
  scheduled: ({ scheduledTime }) => console.log("ran " + scheduledTime),
};\n`;

/** The kinds of kills, of ten. */
const KINDS = ["node", "node", "node", "node", "leader", "leader", "leader", "leader", "all", "all"] as const;

/** The test of one engine. @param by its name */
export function fleetKills(
  by: string,
  { engine, ignore }: { readonly engine: () => Promise<SceneEngine>; readonly ignore: boolean },
): void {
  Deno.test({
    name: `${by}: Of ${KILLS} kills of nodes, of the leader and of all servers no request on a node that is up, ` +
      `no acknowledged deploy and no second turn of a job tells`,
    ignore,
    fn: async () => {
      const random = SeededRandom.fromEnv("kills of a fleet");
      await using scene = await FleetScene.create(NODES, { engine });
      await scene.deploy(0, "shop", saying("first"));
      await scene.deploy(1, "jobs", JOBS, { crons: [{ schedule: "* * * * *" }] });
      await Promise.all([scene.untilAll("shop", "first"), scene.untilAll("jobs", "jobs")]);
      const began = performance.now();
      const traffic = new FleetTraffic(scene);
      const deploys = new FleetDeploys(scene, random);
      const kills = { node: 0, leader: 0, all: 0 };
      const isOver = (kill: number) => kill >= KILLS && performance.now() - began >= MINUTES * 60_000;
      for (let kill = 0; !isOver(kill); kill++) {
        await new Promise((resolve) => setTimeout(resolve, random.below(ANY_MS)));
        // Each kind comes, however few there are.
        const kind = kill < KINDS.length / 2 ? KINDS[kill * 2]! : random.pick(KINDS);
        kills[kind]++;
        if (kind === "node") {
          const node = random.pick(scene.nodes);
          traffic.dying.add(node.process!);
          await scene.kill(node);
          await scene.start(node);
          continue;
        }
        await (kind === "leader" ? scene.engine.killLeader() : scene.engine.kill());
        await scene.engine.again();
        const before = deploys.versions.length;
        // What is killed next is at work again.
        await scene.until("deploys are acknowledged again", () => Promise.resolve(deploys.versions.length > before));
      }
      await deploys.end();
      await traffic.end();
      const ended = performance.now();
      await scene.until("all say the newest", async () => {
        const answers = await scene.answers("shop");
        return new Set(answers).size === 1 && deploys.allowed.includes(answers[0]!);
      });
      const equalMs = performance.now() - ended;
      await scene.untilStates("following");
      const views = await Promise.all(scene.nodes.map((_, at) => scene.view(at)));
      assertEquals(new Set(views.map(({ revision }) => revision)).size, 1);
      const turns = scene.logged("jobs").filter((text) => text.startsWith("ran "));
      console.log(
        `${by}: ${kills.node} kills of nodes, ${kills.leader} of the leader, ${kills.all} of all servers in ` +
          `${((ended - began) / 60_000).toFixed(1)} min; ${traffic.answered} requests answered, ` +
          `${traffic.wrong.length} failed; ${deploys.versions.length} of ${deploys.tried.length - 1} deploys ` +
          `acknowledged, at most ${(deploys.longestGapMs / 1_000).toFixed(1)} s apart; equal ${
            equalMs.toFixed(0)
          } ms ` +
          `after the last; ${turns.length} turns of a job`,
      );
      // A deploy that was lost would have given its number to the next.
      const twice = { versions: twiceIn(deploys.versions), turns: twiceIn(turns) };
      assertEquals({ requests: traffic.wrong, deploys: deploys.wrong, twice }, {
        requests: [],
        deploys: [],
        twice: { versions: [], turns: [] },
      });
      await scene.deploy(0, "shop", saying("last"));
      await scene.untilAll("shop", "last");
    },
  });
}

function twiceIn(all: readonly string[]): readonly string[] {
  return all.filter((one, at) => all.indexOf(one) !== at);
}
