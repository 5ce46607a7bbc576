/** The first start: its generation is in force at once, the apps' code is read and their isolates boot meanwhile. */
import type { Clock } from "../clock.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import type { EventHub } from "../events.ts";
import { type AppUnit, asFailure, type Generation, type ReloadTools, type UnitCode } from "./reload.ts";

/** What a unit that stood in for an app has become. */
export interface Prepared {
  readonly unit: AppUnit;
  /** Files whose change may change the app's code. */
  readonly inputs: readonly string[];
}

/** What a first start works with. */
export interface FirstStartTools<Code extends UnitCode> extends ReloadTools<Code> {
  readonly clock: Clock;
  /** A unit that lets requests wait until the real one is made. @param make never rejects */
  standIn(app: AppConfig, make: () => Promise<AppUnit>): AppUnit;
  /** Puts units in the place of those that stood in for them. */
  adopt(prepared: ReadonlyMap<AppUnit, Prepared>): void;
}

/** Units that are ready take their places together: each change of the router costs as much as there are apps. */
const ADOPT_AFTER_MS = 100;

/** Brings the apps up for the first time. */
export class FirstStart<Code extends UnitCode> implements Disposable {
  /** To be put in force before {@linkcode run}. */
  readonly generation: Generation;
  readonly #tools: FirstStartTools<Code>;
  readonly #made = new Countdown();
  readonly #up = new Countdown();
  readonly #quick = new Countdown();
  #prepared = new Map<AppUnit, Prepared>();
  #adoption: (() => void) | null = null;
  readonly #ended = Promise.withResolvers<never>();
  #isEnded = false;

  constructor(config: NanoConfig, tools: FirstStartTools<Code>) {
    this.#tools = tools;
    const units = config.apps.map((app): [string, AppUnit] => {
      const standIn: AppUnit = tools.standIn(app, () => this.#make(app, () => standIn));
      return [app.name, standIn];
    });
    this.generation = { config, units: new Map(units), inputs: new Map() };
    for (const countdown of this.#countdowns) countdown.begin(this.generation.units.keys());
  }

  /** Settles when the code of every app has been read, packages installed, or that has failed. */
  get prepared(): Promise<void> {
    return this.#made.over;
  }

  /** Settles when every app has come up, or has failed. */
  get over(): Promise<void> {
    return this.#up.over;
  }

  /** The same without the apps of {@linkcode skip}. */
  get quicklyOver(): Promise<void> {
    return this.#quick.over;
  }

  get #countdowns(): readonly Countdown[] {
    return [this.#made, this.#up, this.#quick];
  }

  /**
   * Starts all apps.
   * @param events is told when every app has come up, or has failed
   */
  run(events: Pick<EventHub, "emit">): void {
    const { clock } = this.#tools;
    const from = clock.now();
    this.over.then(() => {
      const { size: apps } = this.generation.units;
      if (!this.#isEnded) events.emit({ event: "apps_started", apps, elapsedMs: clock.now() - from });
    });
    for (const [name, unit] of this.generation.units) {
      // A failure is told by the unit itself: it must not hold the others down. One that is stopped is not made any more.
      unit.start().catch(() => {}).finally(() => this.#countdowns.forEach((countdown) => countdown.count(name)));
    }
  }

  /** This app takes as long as somebody else, a package registry say, decides. */
  skip(app: string): void {
    this.#quick.count(app);
  }

  /** Nothing more takes its place, and nobody waits any more. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const countdown of this.#countdowns) countdown.end();
    this.#adoption?.();
    this.#adoption = null;
  }

  async #make(app: AppConfig, standIn: () => AppUnit): Promise<AppUnit> {
    const prepared = await this.#prepare(app, () => standIn().pending > 0);
    this.#prepared.set(standIn(), prepared);
    this.#made.count(app.name);
    this.#adoption ??= this.#tools.clock.after(ADOPT_AFTER_MS, () => {
      this.#adoption = null;
      const all = this.#prepared;
      this.#prepared = new Map();
      this.#tools.adopt(all);
    });
    return prepared.unit;
  }

  async #prepare(app: AppConfig, isUrgent: () => boolean): Promise<Prepared> {
    try {
      const code = await this.#tools.bundle(app, isUrgent);
      return { unit: this.#tools.supervise(app, code), inputs: code.inputs };
    } catch (error) {
      // It was ended with everything else: no failure of the app's.
      if (this.#isEnded) return await this.#ended.promise;
      return { unit: this.#tools.broken(app, asFailure(app, error)), inputs: [] };
    }
  }
}

/** Settles when every name was counted. */
class Countdown {
  readonly #over = Promise.withResolvers<void>();
  #left = new Set<string>();

  get over(): Promise<void> {
    return this.#over.promise;
  }

  begin(names: Iterable<string>): void {
    this.#left = new Set(names);
    if (this.#left.size === 0) this.end();
  }

  count(name: string): void {
    if (this.#left.delete(name) && this.#left.size === 0) this.end();
  }

  end(): void {
    this.#over.resolve();
  }
}
