/** A host of the simulator: NANO's own generations, supervisors, reserve and admission over pretended isolates. */
import { Supervisor } from "../../runtime/app/supervisor.ts";
import type { AppBundle } from "../../runtime/bundle/bundler.ts";
import { inTime } from "../../runtime/deadline.ts";
import type { AppConfig, NanoConfig } from "../../runtime/config/resolved_config.ts";
import { NanoError } from "../../runtime/errors.ts";
import { EventHub } from "../../runtime/terms/events.ts";
import { FirstStart } from "../../runtime/generations/first_start.ts";
import { type LateTools, LateUnits } from "../../runtime/generations/late_units.ts";
import { type AdvanceOptions, Generations } from "../../runtime/generations/generations.ts";
import type { AppUnit } from "../../runtime/generations/reload.ts";
import { windDown } from "../../runtime/generations/wind_down.ts";
import type { Router } from "../../runtime/http/router.ts";
import { ALONE_MS, BootAdmission, type BootPlace } from "../../runtime/pool/boot_admission.ts";
import { type FlightEntry, FlightRecorder } from "../../runtime/pool/flight_recorder.ts";
import { Reserve } from "../../runtime/pool/reserve.ts";
import { BrokenApp } from "../../runtime/units/broken_app.ts";
import { PreparingUnit } from "../../runtime/units/preparing_unit.ts";
import { type Quarantine, QuarantinedApp } from "../../runtime/units/quarantined_app.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import { FakeClock } from "../unit/runtime/fake_clock.ts";
import { type Ledger, LifeOfUnit, SimCall } from "./ledger.ts";
import { type Habits, type SimFault, SimIsolate, type SimKiller } from "./sim_isolate.ts";

/** The code of an app as it is now. */
export interface SimCode {
  readonly version: string;
  readonly habits: Habits;
  readonly bundle: "well" | "fails" | "installs";
}

/** What outlives a host. */
export interface SimOutside {
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly fault: SimFault | null;
  /** The code of each app, by name. */
  readonly code: ReadonlyMap<string, SimCode>;
  readonly habits: ReadonlyMap<string, Habits>;
  readonly suspects: readonly string[];
  readonly quarantineOf: (app: string, version: string) => Quarantine | null;
  readonly onCrash: (killer: SimKiller) => void;
}

/** One process. */
export class SimHost {
  readonly clock = new FakeClock();
  readonly flight = new Map<number, FlightEntry>();
  readonly generations: Generations;
  isDead = false;
  readonly #outside: SimOutside;
  readonly #recorder: FlightRecorder;
  readonly #admission: BootAdmission;
  readonly #reserve: Reserve<SimIsolate>;
  readonly #first: FirstStart<AppBundle>;
  readonly #late: LateUnits;
  readonly #isolates: SimIsolate[] = [];
  readonly #lives: LifeOfUnit[] = [];
  /** Boots that wait for their place or have it. */
  readonly #places = new Map<BootPlace, string | null>();
  readonly #maxPlaces: number;
  readonly #installs = new Set<(error: NanoError) => void>();
  readonly #doors = { opened: 0, closed: 0 };
  readonly #ports = { opened: 0, settled: 0 };
  #isClosing = false;
  #failsAfterwards = false;
  #router!: Router;

  constructor(config: NanoConfig, outside: SimOutside) {
    const { clock } = this;
    const { random, ledger, suspects } = this.#outside = outside;
    this.#recorder = new FlightRecorder((slot, entry) => {
      if (entry === null) this.flight.delete(slot);
      else this.flight.set(slot, entry);
    }, clock);
    this.#maxPlaces = 1 + random.below(3);
    this.#admission = new BootAdmission({
      places: this.#maxPlaces,
      clock,
      suspects,
    });
    this.#watchPlaces();
    this.#reserve = new Reserve({ spawn: () => this.#spawn(), admission: this.#admission, clock });
    this.generations = new Generations(config, {
      reloadTools: () => ({
        ...this.#makers,
        lazy: (app) => this.#late.standIn(app, this.#makers, { lazy: true }),
      }),
      openPorts: () => this.#openPorts(),
      route: (router) => this.#router = router,
      beforeBoot: () => random.oneIn(5) ? this.#pause(random.below(50)) : Promise.resolve(),
      onChange: (next) => {
        if (this.#failsAfterwards) throw new Error("an observer threw");
        const demand = new Map<number, number>();
        for (const { memoryMb } of next.config.apps) demand.set(memoryMb, (demand.get(memoryMb) ?? 0) + 1);
        this.#reserve.demand(demand);
      },
      again: (app) => void this.advance(this.generations.present.config, { strict: true, only: new Set([app]) }),
      emit: (event) => ledger.note(() => JSON.stringify(event)),
    });
    this.#late = new LateUnits({
      clock,
      adopt: (prepared) => this.generations.adopt(prepared),
      beforeLazy: () => random.oneIn(5) ? this.#pause(random.below(50)).catch(() => {}) : undefined,
    });
    this.#first = new FirstStart(config, { clock, makers: this.#makers, late: this.#late });
    this.generations.begin(this.#first.generation);
    ledger.waitFor("code of the first start", this.#first.prepared);
    ledger.waitFor("first start", this.#first.over);
    this.#first.run(new EventHub());
  }

  /** A request for a host name. @returns null when nobody claims it */
  request(app: string, declaredBytes: number | null): SimCall | null {
    const { random, ledger } = this.#outside;
    const target = this.#router.match(app);
    const unit = this.generations.unit(app);
    if (target === null || target === undefined) {
      ledger.check(unit === null, () => `nobody claims ${app}, which is in force`);
      return null;
    }
    ledger.check(unit === null || unit === target, () => `a request for ${app} goes to a unit that is not in force`);
    const { timeoutMs } = (target as AppUnit).app;
    const call = new SimCall(app, { timeoutMs, declaredBytes, ledger, clock: this.clock });
    ledger.note(() => `request for ${app} to ${(target as AppUnit).version} in ${(target as AppUnit).state}`);
    target.fetch(call);
    if (random.oneIn(10)) this.clock.after(random.below(500), () => call.goAway());
    return call;
  }

  /** A reload; what it may throw is known. */
  advance(config: NanoConfig, options: AdvanceOptions): Promise<void> {
    const { ledger } = this.#outside;
    const change = this.generations.queue(async () => {
      const before = this.generations.present.config;
      if (this.#isClosing) return;
      try {
        await this.generations.advance(config, options);
        const { units, config: now } = this.generations.present;
        ledger.check(now === config, () => "a change was taken and is not in force");
        const names = now.apps.map(({ name }) => name).join();
        ledger.check([...units.keys()].join() === names, () => `the units in force are not those of the configuration`);
      } catch (error) {
        ledger.note(() => `change refused: ${error}`);
        ledger.check(error instanceof NanoError, () => `a change was refused without a code: ${error}`);
        ledger.check(this.generations.present.config === before, () => `a refused change is in force: ${error}`);
      } finally {
        this.#failsAfterwards = false;
      }
    });
    ledger.waitFor(`change to ${config.apps.map(({ name }) => name)}`, change);
    return change;
  }

  /** An observer of the next change throws. */
  failAfterwards(): void {
    this.#failsAfterwards = true;
  }

  /** A running isolate, to be harmed. */
  anyIsolate(): SimIsolate | null {
    const alive = this.#isolates.filter(({ exit }) => exit === null);
    return alive.length === 0 ? null : this.#outside.random.pick(alive);
  }

  /** As `Nano.drain` has it. */
  async drain(timeoutMs: number): Promise<void> {
    this.#first[Symbol.dispose]();
    this.#late[Symbol.dispose]();
    this.#isClosing = true;
    for (const fail of [...this.#installs]) fail(new NanoError("APP_FAILED", "Cannot install: NANO is going away"));
    this.generations.close();
    await this.generations.settled;
    const units = [...this.generations.present.units.values()];
    const { stopping } = this.generations;
    const wind = { units, stopping, bodiesRead: Promise.resolve(), shutdown: () => Promise.resolve(), timeoutMs };
    await windDown(wind, this.clock);
    for (const unit of units) {
      this.#outside.ledger.check(unit.state === "stopped", () => `${unit.app.name} is ${unit.state} after the drain`);
      this.#outside.ledger.check(unit.pending === 0, () => `${unit.app.name} holds ${unit.pending} after the drain`);
    }
    this.#reserve[Symbol.dispose]();
    // Deno's threads take a moment to end.
    await inTime(new Promise(() => {}), 1_000, this.clock);
    this.#recorder[Symbol.dispose]();
  }

  /** The process dies: nothing in it goes on. */
  vanish(): void {
    this.isDead = true;
    for (const isolate of this.#isolates) isolate.vanish();
  }

  /** What must hold at any time. */
  look(): void {
    const { ledger } = this.#outside;
    for (const life of this.#lives) life.look();
    for (const unit of [...this.generations.present.units.values(), ...this.generations.stopping.keys()]) {
      const isDown = ["idle", "backoff", "failed", "quarantined", "stopped"].includes(unit.state);
      ledger.check(
        !isDown || unit.pending === 0,
        () => `${unit.app.name} is ${unit.state} and lets ${unit.pending} wait`,
      );
    }
  }

  /** What must hold once all is over. */
  checkOver(): void {
    const { ledger } = this.#outside;
    for (const life of this.#lives) life.checkOver();
    const alive = this.#isolates.filter(({ exit }) => exit === null);
    const zero = (count: number, what: string) => ledger.check(count === 0, () => `${count} ${what} in the end`);
    zero(alive.length, `isolates live (${alive.map(({ number, owner }) => `${number} of ${owner?.name}`)})`);
    zero(this.#admission.waiting, "boots wait");
    zero(this.#places.size, `places for boots are taken (${[...this.#places.values()]})`);
    const probes = Array.from({ length: this.#maxPlaces }, () => this.#admission.enter(null, "spare"));
    zero(probes.filter(({ isWaiting }) => isWaiting).length, "places for boots were not given back");
    for (const probe of probes) probe[Symbol.dispose]();
    zero(this.#doors.opened - this.#doors.closed, "ways out are open");
    zero(this.#ports.opened - this.#ports.settled, "sets of ports are neither committed nor discarded");
    zero(this.generations.stopping.size, "units still stop");
    zero(this.flight.size, "isolates are noted for the guardian");
    zero(this.clock.armed, "timers run");
  }

  get #makers(): LateTools<AppBundle> {
    return {
      standIn: (app, { make, lazy }) => new PreparingUnit(app, make, { clock: this.clock, emit: () => {}, lazy }),
      bundle: (app: AppConfig) => this.#bundle(app),
      supervise: (app: AppConfig, code: AppBundle) => this.#supervise(app, code),
      broken: (app: AppConfig, error: NanoError) => new BrokenApp(app, error, this.clock.wall()),
    };
  }

  async #bundle({ name }: AppConfig): Promise<AppBundle> {
    const { random, code } = this.#outside;
    const { version, bundle } = code.get(name)!;
    await this.#pause(bundle === "installs" ? 200 + random.below(20_000) : random.below(40));
    if (bundle === "fails") throw new NanoError("APP_FAILED", `Cannot bundle app "${name}"`);
    return { entry: "app:///index.js", modules: {}, version, inputs: [], warnings: [], assets: null };
  }

  /** Ends with the host. */
  #pause(ms: number): Promise<void> {
    if (this.#isClosing) return Promise.reject(new NanoError("APP_FAILED", "Cannot read: NANO is going away"));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const cancel = this.clock.after(ms, resolve);
    this.#installs.add(reject);
    return promise.finally(() => {
      cancel();
      this.#installs.delete(reject);
    });
  }

  #supervise(app: AppConfig, code: AppBundle): AppUnit {
    const { random, ledger, quarantineOf } = this.#outside;
    const quarantine = quarantineOf(app.name, code.version);
    if (quarantine !== null) return new QuarantinedApp(app, quarantine);
    const life = new LifeOfUnit(`${app.name} ${code.version} #${this.#lives.length}`, {
      app,
      ledger,
      clock: this.clock,
    });
    this.#lives.push(life);
    const supervisor = new Supervisor(app, code, {
      clock: this.clock,
      random: () => random.below(1000) / 1000,
      admission: this.#admission,
      takeIsolate: ({ memoryMb }) => this.#take(memoryMb, life),
      openOutbound: () => {
        this.#doors.opened++;
        return {
          fetch: () => Promise.reject(new TypeError("no way out")),
          connect: () => {
            throw new TypeError("no way out");
          },
          [Symbol.dispose]: () => void this.#doors.closed++,
        };
      },
      emit: (event) => life.hear(event),
      nanoVersion: "0.0.0",
    });
    const start = supervisor.start.bind(supervisor);
    supervisor.start = () => {
      const started = start();
      ledger.waitFor(`start of ${life.name}`, started);
      return started;
    };
    return supervisor;
  }

  async #take(memoryMb: number, life: LifeOfUnit): Promise<SimIsolate> {
    const { fault, ledger, random } = this.#outside;
    const others = this.#isolates.filter(({ owner, exit }) => owner !== null && owner !== life && exit === null);
    const isTwice = fault === "is given out twice" && others.length > 0;
    const isolate = isTwice ? random.pick(others) : await this.#reserve.take(memoryMb);
    ledger.check(
      isolate.owner === null,
      () => `isolate ${isolate.number} of ${isolate.owner!.name} goes to ${life.name}`,
    );
    isolate.owner = life;
    const rivals = this.#isolates.filter((one) => one.owner === life && one !== isolate && one.exit === null);
    ledger.check(rivals.every(({ inFlight }) => inFlight === 0), () => `two isolates serve ${life.name} at once`);
    return isolate;
  }

  #spawn(): SimIsolate {
    const { random, ledger, fault, habits, quarantineOf, onCrash } = this.#outside;
    const isolate = new SimIsolate(this.#isolates.length + 1, {
      clock: this.clock,
      random,
      ledger,
      recorder: this.#recorder,
      fault,
      habitsOf: (_app, version) => habits.get(version)!,
      onLoad: (app, version) => {
        ledger.check(quarantineOf(app, version) === null, () => `${app} ${version} runs and is quarantined`);
      },
      onKiller: onCrash,
    });
    this.#isolates.push(isolate);
    return isolate;
  }

  #openPorts() {
    const { random } = this.#outside;
    // Without its ports no host begins.
    if (this.#ports.opened > 0 && random.oneIn(15)) throw new NanoError("USAGE", "Cannot listen: the port is taken");
    this.#ports.opened++;
    const settle = () => void this.#ports.settled++;
    return { commit: settle, discard: settle };
  }

  /** Whoever enters is watched: no more boots than there are places, and a suspect's alone for its time. */
  #watchPlaces(): void {
    const { ledger, suspects } = this.#outside;
    const isSuspect = (app: string | null) => app !== null && suspects.includes(app);
    let suspectSince = -ALONE_MS;
    const enter = this.#admission.enter.bind(this.#admission);
    this.#admission.enter = (app, rank) => {
      const place = enter(app, rank);
      this.#places.set(place, app);
      const leave = place[Symbol.dispose].bind(place);
      place[Symbol.dispose] = () => {
        this.#places.delete(place);
        leave();
      };
      const look = () => {
        const boots = [...this.#places].filter(([one]) => !one.isWaiting).map(([, name]) => name);
        ledger.check(boots.length <= this.#maxPlaces, () => `${boots.length} boots at once: ${boots}`);
        if (isSuspect(app)) suspectSince = this.clock.now();
        const mayMeet = !isSuspect(app) && this.clock.now() - suspectSince >= ALONE_MS;
        ledger.check(
          mayMeet || boots.length === 1 || !boots.some(isSuspect),
          () => `a suspect does not boot alone: ${boots}`,
        );
      };
      if (place.isWaiting) place.admitted.then(look);
      else look();
      return place;
    };
  }
}
