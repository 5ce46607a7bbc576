/**
 * An app whose code is being read, whose packages are installed, or that nobody has asked for yet: requests wait for it as
 * for an isolate that boots.
 */
import type { AppCall } from "../terms/app_call.ts";
import { CallQueue } from "../app/call_queue.ts";
import { idleSnapshot } from "./idle_snapshot.ts";
import { overloaded, startedTooLate } from "../app/refusal.ts";
import { START_WAIT_MS } from "../app/supervisor.ts";
import type { Clock } from "../clock.ts";
import { inTime } from "../deadline.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { AppSnapshot, NanoEvent } from "../terms/events.ts";
import type { AppStateName, ExitReason } from "../terms/lifecycle.ts";
import type { AppUnit } from "../generations/reload.ts";

/** Between two looks for requests that have waited too long. */
const SWEEP_MS = 100;

/** What it works with. */
export interface PreparingTools {
  readonly clock: Clock;
  readonly emit: (event: NanoEvent) => void;
  /** Whether it begins with the first request rather than with its start. */
  readonly lazy: boolean;
}

/** Stands in for a unit until that can be made; then it only passes on. */
export class PreparingUnit implements AppUnit {
  readonly app: AppConfig;
  readonly #make: () => Promise<AppUnit>;
  readonly #tools: PreparingTools;
  readonly #since: number;
  /** Made for the first request: of ten thousand apps hardly any is ever asked for. */
  #calls: CallQueue | null = null;
  /** Settles when there is a unit, or nobody waits for one any more; null before anything has begun. */
  #over: PromiseWithResolvers<void> | null = null;
  #unit: AppUnit | null = null;
  #state: "idle" | "starting" | "draining" | "stopped";
  #started: Promise<void> | null = null;
  #stop: Promise<ExitReason> | null = null;
  #sweep: (() => void) | null = null;

  /** @param make reads the code; must not reject */
  constructor(app: AppConfig, make: () => Promise<AppUnit>, tools: PreparingTools) {
    this.app = app;
    this.#make = make;
    this.#tools = tools;
    this.#state = tools.lazy ? "idle" : "starting";
    this.#since = tools.clock.wall();
  }

  get version(): string | null {
    return this.#unit?.version ?? null;
  }

  get state(): AppStateName {
    return this.#unit?.state ?? this.#state;
  }

  get pending(): number {
    return this.#unit?.pending ?? this.#waiting;
  }

  get isUnread(): boolean {
    return this.#state === "idle";
  }

  get prepared(): Promise<void> | null {
    const isUnderWay = this.#state === "starting" || this.#state === "draining";
    return this.#unit === null && isUnderWay ? this.#ending.promise : null;
  }

  get openSockets(): number {
    return this.#unit?.openSockets ?? 0;
  }

  get #queue(): CallQueue {
    return this.#calls ??= new CallQueue(this.app.maxQueue);
  }

  get #waiting(): number {
    return this.#calls?.size ?? 0;
  }

  get #ending(): PromiseWithResolvers<void> {
    return this.#over ??= Promise.withResolvers();
  }

  /** Takes a request: passes it on, lets it wait, or refuses it. */
  fetch(call: AppCall): void {
    if (this.#unit !== null) this.#unit.fetch(call);
    else if (this.#state === "draining" || this.#state === "stopped") call.fail(this.#goingAway());
    else if (!this.#queue.push(call)) call.fail(overloaded(this.app.name, this.#queue.size));
    else {
      this.#sweep ??= this.#tools.clock.after(SWEEP_MS, this.#onSweep);
      // Its failure is told by the unit itself.
      if (this.#state === "idle") this.#begin().catch(() => {});
    }
  }

  /**
   * Nothing yet for a lazy one.
   * @throws {NanoError} as the unit's own start; APP_DRAINING when it is stopped before
   */
  start(): Promise<void> {
    return this.#state === "idle" ? Promise.resolve() : this.#begin();
  }

  /** Ends it. Requests that wait are served first, if the unit can be made in time. */
  stop(timeoutMs: number = this.app.drainTimeoutMs): Promise<ExitReason> {
    return this.#stop ??= this.#unit === null ? this.#giveUp(timeoutMs) : this.#unit.stop(timeoutMs);
  }

  snapshot(): AppSnapshot {
    if (this.#unit !== null) return this.#unit.snapshot();
    const known = { state: this.#state, version: null, since: this.#since };
    return { ...idleSnapshot(this.app, known), queued: this.#waiting };
  }

  #begin(): Promise<void> {
    return this.#started ??= this.#start();
  }

  async #start(): Promise<void> {
    this.#move("starting");
    void this.#make().then((unit) => this.#take(unit));
    await this.#ending.promise;
    if (this.#unit === null) throw this.#goingAway();
    await this.#unit.start();
  }

  #take(unit: AppUnit): void {
    if (this.#state === "stopped") {
      void unit.stop(0);
      return;
    }
    this.#unit = unit;
    this.#sweep?.();
    this.#sweep = null;
    // Before its start: an app for which requests wait comes first.
    while (this.#queue.size > 0) unit.fetch(this.#queue.shift()!);
    this.#over?.resolve();
  }

  async #giveUp(timeoutMs: number): Promise<ExitReason> {
    const { clock, emit } = this.#tools;
    const { name } = this.app;
    const deadline = clock.now() + timeoutMs;
    const waiting = this.#waiting;
    if (this.#started !== null && waiting > 0) {
      this.#move("draining");
      emit({ event: "app_drain_start", app: name, inFlight: waiting });
      await inTime(this.#ending.promise, timeoutMs, clock);
      this.#over?.resolve();
      if (this.#unit !== null) return await this.#unit.stop(Math.max(0, deadline - clock.now()));
    }
    this.#sweep?.();
    this.#sweep = null;
    const left = this.#waiting;
    this.#move("stopped");
    this.#calls?.failAll(this.#goingAway());
    this.#over?.resolve();
    if (waiting > 0) emit({ event: "app_drained", app: name, forcedClosed: left });
    return left > 0 ? "drain_timeout" : "drained";
  }

  #move(state: "starting" | "draining" | "stopped"): void {
    this.#state = state;
    this.#tools.emit({ event: "app_state", app: this.app.name, state });
  }

  #goingAway(): NanoError {
    return new NanoError("APP_DRAINING", `Cannot answer from app "${this.app.name}": it is going away`);
  }

  readonly #onSweep = (): void => {
    this.#sweep = null;
    const { clock } = this.#tools;
    const waitMs = Math.min(this.app.timeoutMs, START_WAIT_MS);
    this.#queue.expire(clock.now() - waitMs, () => startedTooLate(this.app.name, waitMs));
    if (this.#queue.size > 0) this.#sweep = clock.after(SWEEP_MS, this.#onSweep);
    else if (this.#state === "draining") this.#over?.resolve();
  };
}
