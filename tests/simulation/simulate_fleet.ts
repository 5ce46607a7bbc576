/** One run of a simulated fleet: its interleavings, outages and deaths all follow from its seed. */
import type { Clock } from "../../runtime/clock.ts";
import { NanoError } from "../../runtime/errors.ts";
import { appKey, appOfKey, type AppRecord } from "../../runtime/fleet/app_record.ts";
import { MemoryEngine } from "../../runtime/fleet/memory_store.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { FakeClock } from "../unit/runtime/fake_clock.ts";
import { Ledger } from "./ledger.ts";
import { SimLink, type Weather } from "./sim_link.ts";
import { picky, SimDisk, SimNode } from "./sim_node.ts";

/** What the run is harmed with, to see that it is noticed. */
export type FleetFault =
  | "the engine takes what was planned on an old head"
  | "nodes take what they have not seen for nothing"
  | "an archive is acknowledged and not kept"
  | "claims are lost";

/** How a run goes. */
export interface FleetSimOptions {
  readonly fault?: FleetFault;
  /** Told everything that happens. */
  readonly trace?: (text: string) => void;
}

/** What a run came to. */
export interface FleetSimResult {
  readonly mistakes: readonly string[];
  readonly checks: number;
  readonly acknowledged: number;
}

const APPS = ["a", "b", "c"] as const;
/**
 * What a change waits for at most: 12 s for the engine, 20 s for an answer and 15 s of the last try, 30 s while others
 * are quicker and another round after that; and as long for each of those before it on its node.
 */
const CHANGE_MS = 2 * (12_000 + 20_000 + 15_000) + 30_000;
/** Compared are all keys each 5 min, and what failed is tried again after 10 min at the latest. */
const QUIET_MS = 12 * 60_000;
/** Most are quiet long before. */
const LOOK_MS = 15_000;
const WAY_MS = 30;
const JOB_MS = 60_000;

/** A deploy that was acknowledged. */
interface Acknowledged {
  readonly app: string;
  readonly version: string;
  readonly code: string;
}

/** From the start of a node to its death. */
interface Life {
  readonly node: SimNode;
  readonly death: PromiseWithResolvers<void>;
  isDead: boolean;
}

/** A node over its lives. */
interface Place {
  readonly name: string;
  readonly disk: SimDisk;
  readonly role: "full" | "serve";
  life: Life | null;
  /** Newest revision that was in force, by app. */
  readonly newest: Map<string, number>;
}

/** Runs one seed. */
export async function simulateFleet(seed: number, options: FleetSimOptions = {}): Promise<FleetSimResult> {
  const simulation = new FleetSimulation(seed, options);
  try {
    return await simulation.run();
  } finally {
    simulation.end();
  }
}

class FleetSimulation {
  readonly #clock = new FakeClock();
  readonly #random: SeededRandom;
  readonly #ledger: Ledger;
  readonly #engine: MemoryEngine;
  readonly #places: Place[];
  readonly #weather: Weather = { lostOneIn: 0, staleOneIn: 0, wayMs: WAY_MS };
  readonly #isOneByOne: boolean;
  /** Whether the engine may forget what it has acknowledged. */
  readonly #isLossy: boolean;
  readonly #fault: FleetFault | null;
  readonly #acknowledged: Acknowledged[] = [];
  readonly #jobs = new Map<number, string[]>();
  #stale = 0;
  #codes = 0;

  constructor(seed: number, { fault, trace }: FleetSimOptions) {
    const random = this.#random = new SeededRandom(seed);
    this.#ledger = new Ledger(trace === undefined ? null : (text) => trace(`${this.#clock.now()} ms: ${text}`));
    this.#engine = new MemoryEngine(this.#clock);
    this.#fault = fault ?? null;
    this.#isOneByOne = random.oneIn(4);
    this.#isLossy = random.oneIn(5);
    this.#places = ["n1", "n2", "n3"].slice(0, 2 + random.below(2)).map((name, at) => ({
      name,
      disk: new SimDisk(),
      role: at > 0 && random.oneIn(6) ? "serve" : "full",
      life: null,
      newest: new Map(),
    }));
  }

  async run(): Promise<FleetSimResult> {
    const random = this.#random;
    const ledger = this.#ledger;
    for (const place of this.#places) this.#start(place);
    await this.#pass(1_000);
    ledger.check(
      await this.#settled(this.#places[0]!.life!.node.replica.found([], null)),
      () => "no fleet was founded",
    );
    for (let step = 8 + random.below(30); step > 0 && ledger.mistakes.length === 0; step--) {
      this.#act();
      await this.#pass(random.oneIn(8) ? random.below(random.oneIn(5) ? 90_000 : 15_000) : random.below(400));
    }
    this.#clear();
    const until = this.#clock.now() + QUIET_MS;
    let wrong: readonly string[] = ["nothing was looked at"];
    while (wrong.length > 0 && this.#clock.now() < until && ledger.mistakes.length === 0) {
      await this.#pass(LOOK_MS);
      wrong = [...ledger.open(), ...this.#unequal()];
    }
    ledger.check(wrong.length === 0, () => `after ${QUIET_MS} ms of quiet: ${wrong.join("; ")}`);
    ledger.checkOver();
    if (!this.#isLossy) this.#checkAcknowledged();
    return { mistakes: ledger.mistakes, checks: ledger.checks, acknowledged: this.#acknowledged.length };
  }

  end(): void {
    for (const { disk } of this.#places) disk.close();
  }

  #act(): void {
    const random = this.#random;
    const { faults } = this.#engine;
    switch (random.below(14)) {
      case 0:
        faults.isGone = !faults.isGone;
        return this.#ledger.note(() => `the engine is ${faults.isGone ? "gone" : "back"}`);
      case 1:
        this.#weather.lostOneIn = random.oneIn(2) ? 0 : 2 + random.below(10);
        this.#weather.staleOneIn = random.oneIn(2) ? 0 : 2 + random.below(10);
        this.#stale = this.#engine.head().revision;
        faults.losesHints = random.oneIn(3);
        return this.#ledger.note(() => `weather ${JSON.stringify(this.#weather)}`);
      case 2:
      case 3: {
        const place = random.pick(this.#places);
        if (place.life === null) return this.#start(place);
        return random.oneIn(2) ? this.#kill(place) : undefined;
      }
      case 4:
        if (!this.#isLossy || !random.oneIn(3)) return;
        this.#ledger.note(() => "the engine forgets its newest changes");
        return this.#engine.forget(1 + random.below(3));
      case 5:
        return this.#job();
      default:
        for (let count = 1 + random.below(3); count > 0; count--) this.#deploy();
    }
  }

  #start(place: Place): void {
    const { name, disk, role } = place;
    const life = { node: null as unknown as SimNode, death: Promise.withResolvers<void>(), isDead: false };
    const clock: Clock = {
      now: () => this.#clock.now(),
      wall: () => this.#clock.wall(),
      after: (ms, run) => this.#clock.after(ms, () => life.isDead || run()),
    };
    const store = new SimLink({
      engine: this.#engine,
      clock,
      random: this.#random,
      weather: this.#weather,
      isDead: () => life.isDead,
      staleRevision: () => this.#stale,
    });
    this.#harm(store);
    life.node = new SimNode({
      ...{ name, disk, store, clock, role, random: this.#random, isOneByOne: this.#isOneByOne },
      note: (text) => this.#ledger.note(text),
      onForce: (app, code, revision) => this.#onForce(place, { app, code, revision }),
    });
    place.life = life;
    this.#ledger.note(() => `${name} starts`);
    life.node.begin();
  }

  #kill(place: Place): void {
    this.#ledger.note(() => `${place.name} is killed`);
    place.life!.isDead = true;
    place.life!.death.resolve();
    place.life = null;
  }

  #deploy(): void {
    const random = this.#random;
    const place = random.pick(this.#places);
    const { life, name, role } = place;
    if (life === null) return;
    const app = random.pick(APPS);
    const plain = `code ${++this.#codes}`;
    const code = random.oneIn(8) ? `${plain} never starts` : random.oneIn(10) ? picky(plain, name) : plain;
    const from = this.#clock.now();
    const asked = life.node.deploy(app, code).then((version) => {
      this.#ledger.note(() => `${name} has taken ${code} as ${version} of ${app}`);
      this.#ledger.check(role === "full" && !code.includes("never"), () => `${name} has taken ${code}`);
      this.#acknowledged.push({ app, version, code });
    }, (error) => {
      this.#ledger.note(() => `${name} refuses ${code}: ${error}`);
      this.#ledger.check(
        error instanceof NanoError && ["FLEET_UNAVAILABLE", "CONFLICT", "CONFIG_INVALID"].includes(error.code),
        () => `${name} refuses ${code} without a code: ${error}`,
      );
    }).finally(() => {
      const tookMs = this.#clock.now() - from;
      this.#ledger.check(tookMs <= CHANGE_MS * 3, () => `${code} took ${tookMs} ms`);
    });
    this.#ledger.note(() => `${code} for ${app} to ${name}`);
    // What a dead node was asked is answered by the end of its connection.
    this.#ledger.waitFor(code, Promise.race([asked, life.death.promise]));
  }

  /** A job is due on all nodes. */
  #job(): void {
    const dueAt = Math.floor(this.#clock.wall() / JOB_MS) * JOB_MS;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    for (const { life, name } of this.#places) {
      if (life === null) continue;
      const isOurs = this.#fault === "claims are lost" ? Promise.resolve(true) : life.node.cronTurn(dueAt);
      const turn = isOurs.then((runs) => {
        if (!runs) return;
        const ran = this.#jobs.get(dueAt) ?? [];
        this.#jobs.set(dueAt, [...ran, name]);
        this.#ledger.check(ran.length === 0, () => `a job ran on ${ran} and on ${name}`);
      });
      this.#ledger.waitFor(`job on ${name}`, Promise.race([turn, life.death.promise, late]));
    }
    resolve();
  }

  #onForce(place: Place, { app, code, revision }: { app: string; code: string | null; revision: number }): void {
    this.#ledger.note(() => `${place.name} serves ${code} of ${app} at ${revision}`);
    const before = place.newest.get(app) ?? 0;
    if (!this.#isLossy) {
      this.#ledger.check(revision >= before, () => `${place.name} went back from ${before} to ${revision} of ${app}`);
    }
    place.newest.set(app, revision);
  }

  /** Everything is well from now on. */
  #clear(): void {
    this.#ledger.note(() => "all is well from now on");
    const { faults } = this.#engine;
    faults.isGone = faults.losesHints = false;
    this.#weather.lostOneIn = this.#weather.staleOneIn = this.#weather.wayMs = 0;
    for (const place of this.#places) if (place.life === null) this.#start(place);
  }

  /** In what nodes differ from the engine and so from each other. */
  #unequal(): readonly string[] {
    const wrong: string[] = [];
    const check = (holds: boolean, mistake: string) => holds || wrong.push(mistake);
    const records = this.#engine.since(0);
    for (const { name, disk, life } of this.#places) {
      const { replica, rows } = life!.node;
      check(replica.state === "following", `${name} is ${replica.state}: ${replica.why}`);
      const failed = new Map(replica.failures.list().map((one) => [one.app, one]));
      const extra = rows.held().filter(({ key }) => !records.some((one) => one.key === key));
      check(extra.length === 0, `${name} has what the engine has not: ${extra.map(({ key }) => key)}`);
      for (const { key, id, value } of records) {
        const app = appOfKey(key)!;
        check(rows.record(key)?.changeId === id, `${name} has another record of ${app} than the engine`);
        const code = (value as unknown as AppRecord).versions[0]!.note;
        const [, only = name] = / starts only on (.*)$/.exec(code) ?? [];
        if (only === name) check(disk.force.get(app) === code, `${name} serves ${disk.force.get(app)}, not ${code}`);
        check(failed.has(app) === (only !== name), `${name} says of ${code}: ${failed.get(app)?.error}`);
      }
    }
    return wrong;
  }

  #checkAcknowledged(): void {
    const records = new Map(this.#engine.since(0).map(({ key, value }) => [key, value as unknown as AppRecord]));
    const numbers = new Set<string>();
    for (const { app, version, code } of this.#acknowledged) {
      const there = records.get(appKey(app))?.versions.find((one) => one.version === version);
      this.#ledger.check(
        there?.note === code,
        () => `${version} of ${app} was acknowledged as ${code}: ${there?.note}`,
      );
      this.#ledger.check(!numbers.has(`${app} ${version}`), () => `${version} of ${app} was given twice`);
      numbers.add(`${app} ${version}`);
    }
  }

  /** Harms what a node asks. */
  #harm(store: SimLink): void {
    const write = store.write.bind(store);
    if (this.#fault === "the engine takes what was planned on an old head") {
      store.write = (record, { epoch }) => write(record, { epoch, revision: this.#engine.head().revision });
    }
    if (this.#fault === "nodes take what they have not seen for nothing") {
      store.write = (record, { epoch, revision }) => write(record, { epoch, revision });
    }
    if (this.#fault === "an archive is acknowledged and not kept") {
      store.putBlob = (_digest, archive) => archive.cancel();
    }
  }

  async #settled(work: Promise<boolean>): Promise<boolean> {
    let came = false;
    work.then((is) => came = is, () => {});
    await this.#pass(5_000);
    return came;
  }

  async #pass(ms: number): Promise<void> {
    await this.#clock.advance(ms, () => this.#ledger.mistakes.length > 0);
  }
}
