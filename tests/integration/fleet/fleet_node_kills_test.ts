/** Nodes of a fleet that are killed one after the other, with requests and deploys under way. */
import { assertEquals } from "@std/assert";
import { AdminError } from "../../../admin/client/client.ts";
import type { NanoProcess } from "../../support/nano_process.ts";
import { NatsServer } from "../../support/nats_server.ts";
import { repeats } from "../../support/repeats.ts";
import { SeededRandom } from "../../support/seeded_random.ts";
import { FleetScene, saying } from "./fleet_scene.ts";

const NODES = 3;
const KILLS = repeats(4, 100);
/** Clients of each node, and how long each waits between two requests: most of the machine is the nodes'. */
const CLIENTS = 2;
const GAP_MS = 20;

/** Whoever is asked, and what came of it. */
class Traffic {
  readonly #scene: FleetScene;
  /** Processes that are about to be killed: what they were asked may break off. */
  readonly dying = new Set<NanoProcess>();
  readonly wrong: string[] = [];
  answered = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(scene: FleetScene) {
    this.#scene = scene;
    this.#clients = scene.nodes.flatMap((_, at) => Array.from({ length: CLIENTS }, () => this.#client(at)));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #client(at: number): Promise<void> {
    while (!this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, GAP_MS));
      const { process } = this.#scene.nodes[at]!;
      if (process === null || this.dying.has(process)) continue;
      try {
        const answer = await process.fetch("shop.test");
        const text = await answer.text();
        if (answer.status === 200) this.answered++;
        else this.wrong.push(`${answer.status} ${answer.headers.get("nano-error")} ${text.slice(0, 200)}`);
      } catch (error) {
        if (!this.dying.has(process)) this.wrong.push(String(error));
      }
    }
  }
}

/** Deploys one text after the other on whatever node is up. */
class Deploys {
  readonly #scene: FleetScene;
  readonly #random: SeededRandom;
  /** All that was tried, in order; the last of them that was acknowledged, or a later one, is to stand. */
  readonly tried: string[] = ["first"];
  lastAcknowledged = 0;
  acknowledged = 0;
  readonly wrong: string[] = [];
  #isOver = false;
  readonly #ended: Promise<void>;

  constructor(scene: FleetScene, random: SeededRandom) {
    this.#scene = scene;
    this.#random = random;
    this.#ended = this.#run();
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#ended;
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const up = this.#scene.nodes.flatMap(({ process }, at) => process === null ? [] : [at]);
      const text = `text ${this.tried.length}`;
      this.tried.push(text);
      try {
        await this.#scene.deploy(this.#random.pick(up), "shop", saying(text));
        this.acknowledged++;
        this.lastAcknowledged = this.tried.length - 1;
      } catch (error) {
        // Killed in the middle, or it began with a node that was on its way: it stands, or it does not.
        const isGone = error instanceof AdminError && ["UNREACHABLE", "FLEET_UNAVAILABLE"].includes(error.code);
        if (!isGone) this.wrong.push(String(error));
      }
    }
  }
}

Deno.test({
  name: `Nodes are killed ${KILLS} times: those that are up answer all requests, and all end with the newest deploy`,
  ignore: await NatsServer.version() === null,
  fn: async () => {
    const random = SeededRandom.fromEnv("kills of nodes");
    await using scene = await FleetScene.create(NODES);
    await scene.deploy(0, "shop", saying("first"));
    await scene.untilAll("shop", "first");
    const began = performance.now();
    const traffic = new Traffic(scene);
    const deploys = new Deploys(scene, random);
    for (let kill = 0; kill < KILLS; kill++) {
      const node = random.pick(scene.nodes);
      // In the middle of whatever the deploys are at.
      await new Promise((resolve) => setTimeout(resolve, random.below(500)));
      traffic.dying.add(node.process!);
      await scene.kill(node);
      await scene.start(node);
    }
    await deploys.end();
    await traffic.end();
    const ended = performance.now();
    await scene.untilStates("following");
    const allowed = deploys.tried.slice(deploys.lastAcknowledged);
    await scene.until("all say the newest", async () => {
      const answers = await scene.answers("shop");
      return new Set(answers).size === 1 && allowed.includes(answers[0]!);
    });
    const convergedMs = performance.now() - ended;
    console.log(
      `${KILLS} kills in ${((ended - began) / 1000).toFixed(0)} s: ${traffic.answered} requests answered, ` +
        `${deploys.acknowledged} of ${deploys.tried.length - 1} deploys acknowledged, ` +
        `equal ${convergedMs.toFixed(0)} ms after the last`,
    );
    assertEquals([traffic.wrong, deploys.wrong], [[], []]);
    await scene.deploy(0, "shop", saying("last"));
    await scene.untilAll("shop", "last");
  },
});
