/** What goes on at a fleet while it is disturbed: requests on every node that is up, and deploys on any of them. */
import { AdminError } from "../../../admin/client/client.ts";
import type { NanoProcess } from "../../support/nano_process.ts";
import type { SeededRandom } from "../../support/seeded_random.ts";
import { type FleetScene, saying } from "./fleet_scene.ts";

/** Clients of each node, and how long each waits between two requests: most of the machine is the nodes'. */
const CLIENTS = 2;
const GAP_MS = 20;

/** Whoever asks, and what came of it. */
export class FleetTraffic {
  readonly #scene: FleetScene;
  /** Processes that are about to be killed: what they were asked may break off. */
  readonly dying = new Set<NanoProcess>();
  /** Processes that are sent no more, as by a balancer that looks at `/readyz`: what they were asked is answered. */
  readonly leaving = new Set<NanoProcess>();
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
      if (process === null || this.dying.has(process) || this.leaving.has(process)) continue;
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
export class FleetDeploys {
  readonly #scene: FleetScene;
  readonly #random: SeededRandom;
  /** Processes that are asked for no more; whoever asked one is told that it goes away. */
  readonly leaving = new Set<NanoProcess>();
  /** All that was tried, in order; the last of them that was acknowledged, or a later one, is to stand. */
  readonly tried: string[] = ["first"];
  /** What the acknowledged ones were called, in order. */
  readonly versions: string[] = [];
  readonly wrong: string[] = [];
  longestGapMs = 0;
  #lastAcknowledged = 0;
  #lastAt = performance.now();
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

  /** What nodes may say once nothing is under way: what was acknowledged last, or what was tried after it in vain. */
  get allowed(): readonly string[] {
    return this.tried.slice(this.#lastAcknowledged);
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const up = this.#scene.nodes.flatMap(({ process }, at) =>
        process === null || this.leaving.has(process) ? [] : [at]
      );
      const text = `text ${this.tried.length}`;
      this.tried.push(text);
      const at = this.#random.pick(up);
      const process = this.#scene.nodes[at]!.process!;
      try {
        const { version } = await this.#scene.deploy(at, "shop", saying(text));
        this.versions.push(version);
        this.#lastAcknowledged = this.tried.length - 1;
        const now = performance.now();
        this.longestGapMs = Math.max(this.longestGapMs, now - this.#lastAt);
        this.#lastAt = now;
      } catch (error) {
        // Killed in the middle, or it began with a node that was on its way: it stands, or it does not.
        const codes = ["UNREACHABLE", "FLEET_UNAVAILABLE", ...this.leaving.has(process) ? ["APP_DRAINING"] : []];
        const isGone = error instanceof AdminError && codes.includes(error.code);
        if (!isGone) this.wrong.push(String(error));
      }
    }
  }
}
