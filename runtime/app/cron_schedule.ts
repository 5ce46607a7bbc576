/** Runs the apps' jobs when they are due: in the generation that serves, each job one run at a time. */
import type { AppCall } from "../terms/app_call.ts";
import type { Clock } from "../clock.ts";
import { nextRun } from "../config/cron_expression.ts";
import type { AppConfig, CronConfig } from "../config/resolved_config.ts";
import { messageOf, type NanoError } from "../errors.ts";
import type { NanoEvent } from "../terms/events.ts";
import { ScheduledCall } from "./scheduled_call.ts";

/** An app that may have jobs; a Supervisor fits. */
export interface CronTarget {
  readonly app: AppConfig;
  fetch(call: AppCall): void;
}

/** Whether a job that is due runs here; null when nobody else could run it. */
export type CronTurn = (
  job: { readonly app: string; readonly name: string; readonly dueAt: number },
) => Promise<boolean> | null;

/** Between two looks at the wall clock, which somebody may set: a job is at most this late or early then. */
const LOOK_MS = 60_000;

/** The jobs of all apps. */
export class CronSchedule implements Disposable {
  readonly #clock: Clock;
  readonly #emit: (event: NanoEvent) => void;
  /** Where a fleet shares the jobs: whether one that is due runs here. Null: alone. */
  readonly #turn: CronTurn;
  /** Takes back the timers of each target. */
  readonly #timers = new Map<CronTarget, Map<CronConfig, () => void>>();
  /** Jobs that run, also those of a generation that drains. */
  readonly #running = new Set<string>();

  constructor(tools: {
    readonly clock: Clock;
    readonly emit: (event: NanoEvent) => void;
    readonly turn?: CronTurn;
  }) {
    this.#clock = tools.clock;
    this.#turn = tools.turn ?? (() => null);
    this.#emit = tools.emit;
  }

  /** From now on jobs run in these apps and in no others; runs under way are not touched. */
  follow(targets: Iterable<CronTarget>): void {
    const wanted = new Set<CronTarget>();
    for (const target of targets) if (target.app.crons.length > 0) wanted.add(target);
    for (const [target, timers] of this.#timers) {
      if (wanted.has(target)) continue;
      for (const cancel of timers.values()) cancel();
      this.#timers.delete(target);
    }
    for (const target of wanted) {
      if (this.#timers.has(target)) continue;
      this.#timers.set(target, new Map());
      for (const cron of target.app.crons) this.#arm(target, cron, this.#clock.wall());
    }
  }

  /**
   * Runs a job now, whatever its schedule.
   * @returns whether it went well; null when it runs already
   */
  run(target: CronTarget, cron: CronConfig): Promise<boolean | null> {
    const { promise, resolve } = Promise.withResolvers<boolean | null>();
    if (!this.#start(target, cron, this.#clock.wall(), (error) => resolve(error === null))) resolve(null);
    return promise;
  }

  /** No job begins any more; runs under way are not touched. */
  [Symbol.dispose](): void {
    this.follow([]);
  }

  /** Waits for the next time after one that has been. */
  #arm(target: CronTarget, cron: CronConfig, after: number): void {
    const next = nextRun(cron.schedule, new Date(after));
    if (next === null) return;
    const dueAt = next.getTime();
    const waitMs = Math.min(Math.max(0, dueAt - this.#clock.wall()), LOOK_MS);
    const cancel = this.#clock.after(waitMs, () => {
      const now = this.#clock.wall();
      // However many times have passed, for example while the machine slept: it runs once.
      if (now >= dueAt) this.#due(target, cron, dueAt);
      this.#arm(target, cron, now);
    });
    this.#timers.get(target)!.set(cron, cancel);
  }

  #due(target: CronTarget, cron: CronConfig, dueAt: number): void {
    const job = { app: target.app.name, name: cron.name, dueAt };
    const turn = this.#turn(job);
    if (turn === null) return void this.#start(target, cron, dueAt, () => {});
    turn.then((isOurs) => {
      if (!isOurs) return;
      // Another generation may have come meanwhile.
      const now = [...this.#timers.keys()].find(({ app }) => app.name === job.app);
      const same = now?.app.crons.find(({ name }) => name === job.name);
      if (now !== undefined && same !== undefined) this.#start(now, same, dueAt, () => {});
    }, (error) => this.#emit({ event: "warning", text: messageOf(error) }));
  }

  /** @returns false when it still runs */
  #start(target: CronTarget, cron: CronConfig, scheduledTime: number, onEnd: (error: NanoError | null) => void) {
    const { name: app } = target.app;
    const { name } = cron;
    const key = `${app} ${name}`;
    const of = { app, cron: cron.schedule, name } as const;
    if (this.#running.has(key)) {
      this.#emit({ event: "cron_skipped", ...of });
      return false;
    }
    this.#running.add(key);
    this.#emit({ event: "cron_start", ...of });
    const startedAt = this.#clock.now();
    target.fetch(
      new ScheduledCall({ cron: cron.schedule, scheduledTime }, startedAt, (error) => {
        this.#running.delete(key);
        const durationMs = this.#clock.now() - startedAt;
        const why = error === null ? {} : { error: error.message };
        this.#emit({ event: "cron_done", ...of, durationMs, ok: error === null, ...why });
        onEnd(error);
      }),
    );
    return true;
  }
}
