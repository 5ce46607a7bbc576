/** One run of the simulator: everything in it, chance included, follows from its seed. */
import { weigh } from "../../admin/guardian/evidence.ts";
import { Suspicion } from "../../admin/guardian/suspicion.ts";
import type { AppConfig } from "../../runtime/config/resolved_config.ts";
import { NanoError } from "../../runtime/errors.ts";
import type { Quarantine } from "../../runtime/units/quarantined_app.ts";
import { SeededRandom } from "../support/seeded_random.ts";
import { appConfig, nanoConfig } from "../unit/runtime/app_config.ts";
import { Ledger } from "./ledger.ts";
import { type SimCode, SimHost } from "./sim_host.ts";
import type { Habits, SimFault, SimKiller } from "./sim_isolate.ts";

/** How a run goes. */
export interface SimOptions {
  readonly fault?: SimFault;
  /** Told everything that happens. */
  readonly trace?: (text: string) => void;
}

/** What a run came to. */
export interface SimResult {
  readonly mistakes: readonly string[];
  readonly checks: number;
}

const NAMES = ["a", "b", "c"] as const;
/** Who ends the host is convicted by its second death, or by the third when another booted or served beside it. */
const MAX_HOST_DEATHS = 3;
const DRAIN_MS = 3_000;
/** The drain, after it what was parked or replaced shortly before, and a second of grace; as much again. */
const OVER_MS = 4 * DRAIN_MS;

/** Runs one seed. */
export async function simulate(seed: number, options: SimOptions = {}): Promise<SimResult> {
  return await new Simulation(seed, options).run();
}

class Simulation {
  readonly #random: SeededRandom;
  readonly #ledger: Ledger;
  readonly #fault: SimFault | null;
  readonly #code = new Map<string, SimCode>();
  readonly #habits = new Map<string, Habits>();
  readonly #suspicion = new Suspicion();
  readonly #quarantine = new Map<string, Quarantine>();
  #apps: AppConfig[] = [];
  #host!: SimHost;
  /** Deaths of hosts by the version that caused them. */
  readonly #deaths = new Map<string, number>();
  /** Who ended the last host. */
  #killer: SimKiller | null = null;
  #passedMs = 0;
  #versions = 0;

  constructor(seed: number, { fault, trace }: SimOptions) {
    this.#random = new SeededRandom(seed);
    this.#ledger = new Ledger(
      trace === undefined ? null : (text) => trace(`${this.#host?.clock.now() ?? 0} ms: ${text}`),
    );
    this.#fault = fault ?? null;
  }

  async run(): Promise<SimResult> {
    const random = this.#random;
    const ledger = this.#ledger;
    for (const name of NAMES) this.#deploy(name);
    this.#apps = NAMES.slice(0, 1 + random.below(NAMES.length)).map((name) => this.#config(name));
    this.#boot();
    for (let step = 5 + random.below(25); step > 0 && ledger.mistakes.length === 0; step--) {
      this.#act();
      await this.#pass(random.oneIn(12) ? random.below(random.oneIn(6) ? 120_000 : 8_000) : random.below(120));
    }
    let isOver = false;
    while (!isOver && ledger.mistakes.length === 0) {
      const host = this.#host;
      const drain = host.drain(DRAIN_MS).then(() => isOver = true);
      ledger.waitFor("drain", drain);
      for (let ms = 0; ms < 500 && !host.isDead; ms += 100) {
        if (random.oneIn(2)) this.#request();
        await this.#pass(100);
      }
      if (!host.isDead) await this.#pass(OVER_MS);
      if (!host.isDead) {
        ledger.checkOver();
        this.#host.checkOver();
        break;
      }
    }
    return { mistakes: ledger.mistakes, checks: ledger.checks };
  }

  #act(): void {
    const random = this.#random;
    const host = this.#host;
    switch (random.below(14)) {
      case 0:
        return this.#deployOne();
      case 1:
        return this.#reconfigure();
      case 2:
        return this.#addOrRemove();
      case 3: {
        const only = random.oneIn(2) ? null : new Set([random.pick(NAMES)]);
        const force = random.oneIn(2) ? { force: new Set([random.pick(NAMES)]) } : {};
        return this.#change(this.#apps, { only, ...force });
      }
      case 4:
        return host.anyIsolate()?.die(random.pick(["out_of_memory", "uncaught_error", "terminated"] as const));
      case 5:
        return host.anyIsolate()?.hang();
      case 6:
        if (random.oneIn(2)) host.failAfterwards();
        return;
      default:
        for (let count = 1 + random.below(6); count > 0; count--) this.#request();
    }
  }

  #request(): void {
    this.#host.request(this.#random.pick(NAMES), this.#random.oneIn(30) ? 2_000 : null);
  }

  #deployOne(): void {
    const name = this.#random.pick(NAMES);
    this.#deploy(name);
    this.#change(this.#apps, { only: new Set([name]) });
  }

  #reconfigure(): void {
    const at = this.#random.below(this.#apps.length);
    this.#change(this.#apps.map((app, i) => i === at ? this.#config(app.name) : app), { only: null });
  }

  #addOrRemove(): void {
    const name = this.#random.pick(NAMES);
    const others = this.#apps.filter((app) => app.name !== name);
    if (others.length === this.#apps.length) this.#change([...others, this.#config(name)], { only: null });
    else if (others.length > 0) this.#change(others, { only: null });
  }

  /** @param how.only as a reload has it */
  #change(apps: AppConfig[], how: { only: Set<string> | null; force?: Set<string> }): void {
    const random = this.#random;
    const keep = random.oneIn(12)
      ? {
        keep: () => {
          throw new NanoError("INTERNAL", "Cannot write: the disk is full");
        },
      }
      : {};
    this.#ledger.note(() => `change to ${apps.map(({ name }) => `${name} ${this.#code.get(name)!.version}`)}`);
    const host = this.#host;
    const config = nanoConfig(apps, { drainTimeoutMs: DRAIN_MS });
    void host.advance(config, { strict: !random.oneIn(4), ...how, ...keep }).then(() => {
      if (host === this.#host) this.#apps = [...host.generations.present.config.apps];
    });
  }

  #deploy(name: string): void {
    const random = this.#random;
    const version = `${name}${++this.#versions}`;
    const oneIn = () => random.oneIn(3) ? 2 + random.below(8) : 0;
    const habits: Habits = {
      load: random.oneIn(4) ? random.pick(["throws", "hangs", "dies"] as const) : "well",
      diesOneIn: oneIn(),
      hangsOneIn: oneIn(),
      silentOneIn: oneIn(),
      lingers: random.oneIn(6),
      kills: random.oneIn(15) ? random.pick(["at load", "at a request"] as const) : "never",
    };
    const bundle = random.oneIn(10) ? random.pick(["fails", "installs"] as const) : "well";
    this.#code.set(name, { version, habits, bundle });
    this.#habits.set(version, habits);
    this.#ledger.note(() => `code of ${name} is ${version}: ${bundle} ${JSON.stringify(habits)}`);
  }

  #config(name: string): AppConfig {
    const random = this.#random;
    return appConfig({
      name,
      memoryMb: random.oneIn(4) ? 128 : 64,
      timeoutMs: random.pick([300, 1_000, 5_000]),
      maxConcurrent: 1 + random.below(4),
      maxQueue: random.below(5),
      idleTimeoutMs: random.pick([0, 0, 200, 2_000]),
      drainTimeoutMs: random.pick([100, 1_000, 3_000]),
      starts: random.oneIn(3) ? "lazy" : "eager",
    });
  }

  #boot(): void {
    const suspects = this.#suspicion.suspects(this.#passedMs);
    this.#ledger.note(() => `a host starts, suspects: ${[...suspects]}`);
    let isDead = false;
    this.#host = new SimHost(nanoConfig(this.#apps, { drainTimeoutMs: DRAIN_MS }), {
      random: this.#random,
      ledger: this.#ledger,
      fault: this.#fault,
      code: this.#code,
      habits: this.#habits,
      suspects,
      quarantineOf: (_app, version) => this.#quarantine.get(version) ?? null,
      onCrash: (killer) => {
        const { version } = killer;
        if (isDead) return;
        isDead = true;
        this.#killer = killer;
        const deaths = (this.#deaths.get(version) ?? 0) + 1;
        this.#deaths.set(version, deaths);
        this.#ledger.note(() => `${version} ends the host`);
        this.#ledger.check(deaths <= MAX_HOST_DEATHS, () => `${version} ended ${deaths} hosts and nobody stops it`);
        this.#host.vanish();
      },
    });
  }

  /** Lets time pass; a host that dies is followed by the next one. */
  async #pass(ms: number): Promise<void> {
    const host = this.#host;
    const { clock } = host;
    await clock.advance(ms, () => host.isDead || this.#ledger.mistakes.length > 0);
    if (!host.isDead) return host.look();
    this.#passedMs += clock.now();
    this.#ledger.forgetAll();
    const at = clock.wall();
    const { threadId, computesSince: activeSince } = this.#killer!;
    const ranMs = activeSince === null ? 0 : at - activeSince;
    const seen = { activeMsBefore: 0, ageMsBefore: 1_000, hasEnded: false };
    const threads = [{ name: `worker-${threadId}`, activeSince, ranMs, ...seen }];
    const charges = weigh({ at, isCrash: true, flight: [...host.flight.values()], threads });
    const { convicted } = this.#suspicion.charge(charges, this.#passedMs);
    for (const { app, version, reason } of convicted) {
      this.#ledger.note(() => `convicted: ${app} ${version}: ${reason}`);
      this.#quarantine.set(version, { version, reason, since: at });
    }
    this.#boot();
  }
}
