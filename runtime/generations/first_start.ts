/** The first start: its generation is in force at once, the apps' code is read and their isolates boot meanwhile. */
import type { Clock } from "../clock.ts";
import type { NanoConfig } from "../config/resolved_config.ts";
import { startsLazily } from "../config/starts_lazily.ts";
import type { EventHub } from "../terms/events.ts";
import type { LateTools, LateUnits } from "./late_units.ts";
import type { AppUnit, Generation, UnitCode } from "./reload.ts";

/** What a first start works with. */
export interface FirstStartTools<Code extends UnitCode> {
  readonly clock: Clock;
  readonly makers: LateTools<Code>;
  readonly late: LateUnits;
}

/** Brings the apps up for the first time; lazy ones wait for their first request. */
export class FirstStart<Code extends UnitCode> implements Disposable {
  /** To be put in force before {@linkcode run}. */
  readonly generation: Generation;
  readonly #clock: Clock;
  readonly #made = new Countdown();
  readonly #up = new Countdown();
  readonly #quick = new Countdown();
  #hasBegun = false;
  #isEnded = false;

  constructor(config: NanoConfig, { clock, makers, late }: FirstStartTools<Code>) {
    this.#clock = clock;
    const units = new Map<string, AppUnit>();
    const awaited: string[] = [];
    for (const app of config.apps) {
      const { name } = app;
      const lazy = startsLazily(app, config.apps.length);
      if (!lazy) awaited.push(name);
      units.set(name, late.standIn(app, makers, lazy ? { lazy } : { lazy, onMade: () => this.#made.count(name) }));
    }
    this.generation = { config, units, inputs: new Map() };
    for (const countdown of this.#countdowns) countdown.begin(awaited);
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

  /** Whether every app has come up, or has failed. */
  get isOver(): boolean {
    return this.#hasBegun && this.#up.isOver;
  }

  get #countdowns(): readonly Countdown[] {
    return [this.#made, this.#up, this.#quick];
  }

  /**
   * Starts all apps.
   * @param events is told when every app has come up, or has failed
   */
  run(events: Pick<EventHub, "emit">): void {
    this.#hasBegun = true;
    const clock = this.#clock;
    const from = clock.now();
    this.over.then(() => {
      const { size: apps } = this.generation.units;
      if (!this.#isEnded) events.emit({ event: "apps_started", apps, elapsedMs: clock.now() - from });
    });
    for (const [name, unit] of this.generation.units) {
      if (unit.isUnread === true) continue;
      // A failure is told by the unit itself: it must not hold the others down. One that is stopped is not made any more.
      unit.start().catch(() => {}).finally(() => this.#countdowns.forEach((countdown) => countdown.count(name)));
    }
  }

  /** This app takes as long as somebody else, a package registry say, decides. */
  skip(app: string): void {
    this.#quick.count(app);
  }

  /** Nobody waits any more. */
  [Symbol.dispose](): void {
    this.#isEnded = true;
    for (const countdown of this.#countdowns) countdown.end();
  }
}

/** Settles when every name was counted. */
class Countdown {
  readonly #over = Promise.withResolvers<void>();
  #left = new Set<string>();

  get over(): Promise<void> {
    return this.#over.promise;
  }

  get isOver(): boolean {
    return this.#left.size === 0;
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
