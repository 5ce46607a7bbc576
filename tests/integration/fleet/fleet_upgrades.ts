/** Nodes of a fleet that become another version of NANO one after the other, with requests and deploys under way. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AdminError } from "../../../admin/client/client.ts";
import { StateStore } from "../../../runtime/store/state_store.ts";
import { NANO_VERSION } from "../../../runtime/version.ts";
import { otherNano, type SourceEdit } from "../../support/other_nano.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { FleetScene, type Node, saying } from "./fleet_scene.ts";
import { FleetDeploys, FleetTraffic } from "./fleet_traffic.ts";
import type { SceneEngine } from "./scene_engine.ts";

/** A NANO that writes more than this one knows, in records that this one can read. */
const RICHER: readonly SourceEdit[] = [
  {
    file: "runtime/fleet/proposer.ts",
    from: "return { ...had, ...version, digest,",
    to: 'return { signature: "s", ...had, ...version, digest,',
  },
  { file: "runtime/fleet/proposer.ts", from: "      ...before,\n", to: '      owner: "team",\n      ...before,\n' },
];
/** One whose records this one cannot read. */
const UNREADABLE: readonly SourceEdit[] = [
  ...RICHER,
  { file: "runtime/fleet/app_record.ts", from: "RECORD_FORMAT = 1;", to: "RECORD_FORMAT = 2;" },
];

/** Deploys that have to be acknowledged while the fleet is as it is. */
const SOME_DEPLOYS = 2;

/** The tests of one engine. @param by its name */
export function fleetUpgrades(
  by: string,
  { engine, ignore }: { readonly engine: () => Promise<SceneEngine>; readonly ignore: boolean },
): void {
  Deno.test({
    name:
      `${by}: Nodes become a newer NANO and this one again, one by one under load: no request and no deploy is lost`,
    ignore,
    fn: async () => {
      await using other = await sourcesOf("99.1.0", RICHER);
      await using scene = await FleetScene.create(3, { engine });
      await scene.deploy(0, "shop", saying("first"));
      await scene.untilAll("shop", "first");
      const traffic = new FleetTraffic(scene);
      const deploys = new FleetDeploys(scene, SeededRandom.fromEnv("upgrades of a fleet"));
      const load = { traffic, deploys };
      const [n1, n2, n3] = scene.nodes as [Node, Node, Node];

      await replace(scene, n3, other.dir, load);
      assertEquals(await versionsOf(scene), [NANO_VERSION, NANO_VERSION, "99.1.0"]);
      // Each takes what the other has written, and changes it.
      await scene.deploy(2, "news", saying("newer"));
      await scene.untilAll("news", "newer");
      await scene.deploy(0, "news", saying("older"));
      await scene.untilAll("news", "older");

      await replace(scene, n2, other.dir, load);
      await replace(scene, n1, other.dir, load);
      assertEquals(await versionsOf(scene), ["99.1.0", "99.1.0", "99.1.0"]);
      // And back: the newer one keeps nothing that this one could not open.
      await replace(scene, n2, null, load);

      await deploys.end();
      await traffic.end();
      await scene.until("all say the newest", async () => {
        const answers = await scene.answers("shop");
        return new Set(answers).size === 1 && deploys.allowed.includes(answers[0]!);
      });
      await scene.untilStates("following");
      const views = await Promise.all(scene.nodes.map((_, at) => scene.view(at)));
      assertEquals(new Set(views.map(({ revision }) => revision)).size, 1);
      const { versions, wrong } = deploys;
      console.log(`${by}: ${traffic.answered} requests answered, ${versions.length} deploys acknowledged`);
      assertEquals({ requests: traffic.wrong, deploys: wrong }, { requests: [], deploys: [] });
      // A deploy that was lost would have given its number to the next.
      assertEquals(new Set(versions).size, versions.length);

      // What only the newer one knows is there after the older one's change.
      await scene.kill(n1);
      const { owner, versions: kept } = recordIn(n1, "news");
      const signatures = kept.map(({ version, signature }) => [version, signature ?? null]);
      assertEquals([owner, signatures], ["team", [["v2", null], ["v1", "s"]]]);
    },
  });

  Deno.test({
    name: `${by}: What a newer NANO writes that this one cannot read is told by name, kept, and served by who can`,
    ignore,
    fn: async () => {
      await using other = await sourcesOf("99.2.0", UNREADABLE);
      await using scene = await FleetScene.create(3, { engine });
      await scene.deploy(0, "shop", saying("one"));
      await scene.deploy(0, "blog", saying("one"));
      await Promise.all([scene.untilAll("shop", "one"), scene.untilAll("blog", "one")]);
      const traffic = new FleetTraffic(scene);
      const [n1, n2, n3] = scene.nodes as [Node, Node, Node];
      await replace(scene, n3, other.dir, { traffic });
      await scene.deploy(2, "blog", saying("two"));
      await scene.until("the older ones have heard of it", async () => {
        const { nodes } = await scene.view(2);
        return nodes.filter(({ failed }) => failed.some(({ app }) => app === "blog")).length === 2;
      });
      const { nodes } = await scene.view(0);
      assertMatch(nodes[0]!.failed[0]!.error, /needs a newer NANO \(format 2, this one knows 1\)/);
      assertEquals(await scene.answers("blog"), ["one", "one", "two"]);
      const refused = await assertRejects(() => scene.deploy(1, "blog", saying("lost")), AdminError);
      assertEquals([refused.code, refused.message.includes("needs a newer NANO")], ["CONFLICT", true]);
      // Nobody is kept from the rest.
      await scene.deploy(1, "shop", saying("two"));
      await scene.untilAll("shop", "two");

      // A restart changes nothing of it; another NANO does.
      await replace(scene, n1, null, { traffic });
      assertEquals(await scene.answers("blog"), ["one", "one", "two"]);
      await replace(scene, n1, other.dir, { traffic });
      await replace(scene, n2, other.dir, { traffic });
      await scene.untilAll("blog", "two");
      await scene.until("nothing fails any more", async () => {
        return (await scene.view(1)).nodes.every(({ failed }) => failed.length === 0);
      });
      await traffic.end();
      assertEquals(traffic.wrong, []);
    },
  });
}

interface Load {
  readonly traffic: FleetTraffic;
  readonly deploys?: FleetDeploys;
}

/** As the guide says: out of the balancer, drained, started as another one, back when it is ready and knows all. */
async function replace(scene: FleetScene, node: Node, sources: string | null, { traffic, deploys }: Load) {
  const process = node.process!;
  const at = scene.nodes.indexOf(node);
  traffic.leaving.add(process);
  deploys?.leaving.add(process);
  const { code } = await process.stop();
  assertEquals(code, 0, "the drain cut something off");
  await process[Symbol.asyncDispose]();
  node.process = null;
  node.sources = sources;
  await scene.start(node);
  await scene.until(`${node.name} is ready and knows all`, async () => {
    const { status } = await fetch(`${node.process!.adminUrl}/readyz`).then(drained);
    const view = await scene.view(at);
    return status === 200 && view.state === "following" && view.nodes[at]?.lag === 0;
  });
  if (deploys === undefined) return;
  // Some of them on this node, as it is now.
  const before = deploys.versions.length;
  await scene.until("deploys are acknowledged", () => {
    return Promise.resolve(deploys.versions.length >= before + SOME_DEPLOYS);
  });
}

async function drained(answer: Response): Promise<Response> {
  await answer.body?.cancel();
  return answer;
}

async function versionsOf(scene: FleetScene): Promise<readonly string[]> {
  await scene.until("all are seen", async () => (await scene.view(0)).nodes.length === scene.nodes.length);
  return (await scene.view(0)).nodes.map(({ version }) => version);
}

async function sourcesOf(version: string, edits: readonly SourceEdit[]) {
  const dir = await Deno.makeTempDir({ prefix: "nano-test-" });
  await otherNano(`${dir}/nano`, { version, edits });
  return {
    dir: `${dir}/nano`,
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

interface Written {
  readonly owner?: string;
  readonly versions: readonly { readonly version: string; readonly signature?: string }[];
}

/** What a node that does not run holds of an app. */
function recordIn({ dir }: Node, app: string): Written {
  using store = StateStore.open(`${dir}/state`);
  const held = store.fleet.record(`app.${app}`);
  assert(held !== null && held.value !== null);
  return JSON.parse(held.value);
}
