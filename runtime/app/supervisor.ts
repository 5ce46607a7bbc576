/** One version of one app through its life: starts, serves, queues, restarts, parks, drains. Never reconfigured. */
import type { AppCall } from "../terms/app_call.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { NanoError } from "../errors.ts";
import type { AppSnapshot } from "../terms/events.ts";
import {
  type AppEvent,
  type AppState,
  type AppStateName,
  type ExitReason,
  nextAppState,
  shownState,
} from "../terms/lifecycle.ts";
import { appSnapshot } from "./app_snapshot.ts";
import { appLines } from "./app_lines.ts";
import { CallQueue } from "./call_queue.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import { IsolateFarewells } from "./isolate_farewells.ts";
import { IsolateStart } from "./isolate_start.ts";
import type { OutboundCalls } from "../wall/outbound_bridge.ts";
import { type Parkable, Parking } from "./parking.ts";
import { failureText, noFreePlace, overloaded, refusal, startedTooLate, tooLarge } from "./refusal.ts";
import { Restarts } from "./restarts.ts";
import type { AppCode, AppIsolate, SupervisorTools } from "./supervisor_tools.ts";

/** A request for an app that is still starting waits this long at most. */
export const START_WAIT_MS = 10_000;
/** Between two looks for requests that have waited too long. */
const SWEEP_MS = 100;

/** Runs one app. */
export class Supervisor {
  readonly app: AppConfig;
  readonly version: string;
  readonly #code: AppCode;
  readonly #tools: SupervisorTools;
  readonly #queue: CallQueue;
  readonly #restarts: Restarts;
  readonly #farewells: IsolateFarewells;
  readonly #parking: Parking;
  readonly #stopped = Promise.withResolvers<ExitReason>();
  #state: AppState<IsolateStart> = { name: "idle" };
  /** What was told last, and since when. */
  #shown: AppStateName = "idle";
  #since: number;
  #startMs: number | null = null;
  #pastCpuMicros = 0;
  #sweep: (() => void) | null = null;
  #firstStart: PromiseWithResolvers<void> | null = null;
  #outbound: OutboundCalls | null = null;

  constructor(app: AppConfig, code: AppCode, tools: SupervisorTools) {
    const { clock, random } = tools;
    this.app = app;
    this.version = code.version;
    this.#code = code;
    this.#tools = tools;
    this.#queue = new CallQueue(app.maxQueue);
    this.#restarts = new Restarts({ clock, random, onHealed: () => this.#tell() });
    this.#farewells = new IsolateFarewells({
      clock,
      stopped: this.#stopped.promise,
      onExit: (worker, exit) => this.#onExit(worker, exit),
    });
    this.#parking = new Parking({
      clock,
      idleTimeoutMs: app.idleTimeoutMs,
      isQuiet: () => this.#state.name === "running" && this.pending === 0,
      park: (why) => this.#park(why),
    });
    this.#since = clock.wall();
  }

  /** Name of the present state, as it is shown. */
  get state(): AppStateName {
    return shownState(this.#state.name, this.#restarts.crashes);
  }

  /** Requests in the isolate and in the queue. */
  get pending(): number {
    return (this.#isolate?.inFlight ?? 0) + this.#queue.size;
  }

  /** WebSockets of the app. */
  get openSockets(): number {
    return this.#isolate?.openSockets ?? 0;
  }

  /** How it is parked before its time; null while that may not be. */
  get parkable(): Parkable | null {
    return this.#parking.parkable;
  }

  get #isolate(): AppIsolate | null {
    return "worker" in this.#state ? this.#state.worker.isolate : null;
  }

  /**
   * Starts the app unless it runs.
   * @throws {NanoError} when the first attempt fails; the supervisor may go on trying by itself
   */
  start(): Promise<void> {
    const { name } = this.#state;
    if (name === "running") return Promise.resolve();
    if (name === "draining" || name === "stopped") return Promise.reject(refusal(this.app.name, this.#state));
    if (this.#firstStart === null || name === "idle" || name === "failed") {
      this.#firstStart = Promise.withResolvers();
      // Whoever started it by a request does not wait here.
      this.#firstStart.promise.catch(() => {});
      this.#attempt(1);
    }
    return this.#firstStart.promise;
  }

  /** Takes a request: serves it, lets it wait, or refuses it with the truthful code. */
  fetch(call: AppCall): void {
    this.#parking.lastActive = call.startedAt;
    if (call.declaredBytes !== null && call.declaredBytes > this.app.maxBodyBytes) {
      return call.fail(tooLarge(this.app, call.declaredBytes));
    }
    switch (this.#state.name) {
      case "running":
        if (this.#state.worker.isolate!.inFlight < this.app.maxConcurrent) {
          this.#state.worker.isolate!.send(call);
          this.#sweep ??= this.#tools.clock.after(SWEEP_MS, this.#onSweep);
        } else this.#enqueue(call);
        break;
      case "idle":
        this.#enqueue(call);
        this.start();
        break;
      case "starting":
        this.#enqueue(call);
        this.#state.worker.hurry();
        break;
      case "backoff":
      case "failed":
      case "draining":
      case "stopped":
        call.fail(refusal(this.app.name, this.#state));
    }
  }

  /**
   * Drains and ends the app: what is queued and in flight is finished first.
   * @param timeoutMs after which what is left is cut
   */
  stop(timeoutMs: number = this.app.drainTimeoutMs): Promise<ExitReason> {
    const { clock, emit } = this.#tools;
    const before = this.#state;
    this.#move({ name: "stop", deadline: clock.now() + timeoutMs, reason: "drained" });
    if (this.#state === before) return this.#stopped.promise;
    if (this.#state.name === "draining") {
      const { name } = this.app;
      emit({ event: "app_drain_start", app: name, inFlight: this.pending });
      this.#farewells.drain(this.#state.worker, () => this.#queue.size, timeoutMs)
        .then((forcedClosed) => emit({ event: "app_drained", app: name, forcedClosed }));
    }
    return this.#stopped.promise;
  }

  /** What can be read of the app now. */
  snapshot(): AppSnapshot {
    return appSnapshot(this.app, this.#isolate, {
      ...this.#restarts.shown,
      state: this.state,
      version: this.version,
      since: this.#since,
      error: this.#state.name === "failed" ? failureText(this.#state.error) : null,
      queued: this.#queue.size,
      pastCpuMicros: this.#pastCpuMicros,
      startMs: this.#startMs,
    });
  }

  #move(event: AppEvent<IsolateStart>): void {
    const next = nextAppState(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#tell();
    if (next.name === "stopped") {
      this.#sweep?.();
      this.#restarts[Symbol.dispose]();
      this.#parking[Symbol.dispose]();
      this.#queue.failAll(refusal(this.app.name, this.#state));
      this.#firstStart?.reject(refusal(this.app.name, this.#state));
      this.#farewells.parkedOver().then(() => {
        this.#outbound?.[Symbol.dispose]();
        this.#stopped.resolve(next.reason);
      });
    }
  }

  /** A crash loop goes through many phases; whoever looks sees one state with one beginning. */
  #tell(): void {
    const { state } = this;
    if (state === this.#shown) return;
    this.#shown = state;
    this.#since = this.#tools.clock.wall();
    this.#tools.emit({ event: "app_state", app: this.app.name, state });
  }

  #enqueue(call: AppCall): void {
    if (!this.#queue.push(call)) return call.fail(overloaded(this.app.name, this.#queue.size));
    this.#sweep ??= this.#tools.clock.after(SWEEP_MS, this.#onSweep);
  }

  /** Starts an isolate; every outcome goes through the state machine. */
  #attempt(attempt: number): void {
    const rank = this.#queue.size > 0 ? "requested" : this.#restarts.crashes > 0 ? "died" : "well";
    const worker = new IsolateStart({ app: this.app, code: this.#code, attempt, rank }, this.#tools);
    this.#move({ name: "start", worker, attempt });
    if (this.#state.name !== "starting" || this.#state.worker !== worker) return;
    worker.run({
      outbound: () => this.#outbound ??= this.#tools.openOutbound(this.app),
      onLoaded: () => this.#onLoaded(worker),
      onExit: (exit, failure) => this.#onExit(worker, exit, failure),
      onCallDone: () => this.#pump(worker),
      ...appLines(this.app.name, this.#tools.emit),
    });
  }

  #onLoaded(worker: IsolateStart): void {
    const { clock, emit } = this.#tools;
    this.#parking.lastActive = clock.now();
    this.#startMs = worker.readyAt! - worker.since;
    this.#move({ name: "ready", worker });
    this.#firstStart?.resolve();
    if (this.#state.name === "running") {
      emit({ event: "app_ready", app: this.app.name, startMs: this.#startMs, version: this.version });
      this.#sweep ??= clock.after(SWEEP_MS, this.#onSweep);
      this.#restarts.running();
    }
    this.#pump(worker);
  }

  /** Moves queued requests into the isolate while it has room; a draining isolate still serves its queue. */
  #pump(worker: IsolateStart): void {
    const isolate = worker.loaded;
    if (isolate === null || !("worker" in this.#state) || this.#state.worker !== worker) return;
    while (this.#queue.size > 0 && isolate.inFlight < this.app.maxConcurrent) isolate.send(this.#queue.shift()!);
  }

  #onExit(worker: IsolateStart, exit: IsolateExit, failure?: NanoError): void {
    const before = this.#state;
    if (!("worker" in before) || before.worker !== worker) return;
    const { clock, emit } = this.#tools;
    const { name } = this.app;
    worker[Symbol.dispose]();
    this.#pastCpuMicros += worker.isolate?.cpuMicros ?? 0;
    let again = { attempt: 1, delayMs: 0 };
    if (before.name === "draining" || failure !== undefined) this.#restarts.ended(exit);
    else again = this.#restarts.died(exit, before.name === "starting" ? before.attempt : null, worker);
    const { attempt, delayMs } = again;
    const next = failure === undefined ? { retryAt: clock.now() + delayMs, attempt } : { error: failure };
    this.#move({ name: "exit", worker, reason: exit.reason, next });
    emit({ event: "app_exit", app: name, reason: exit.reason, detail: exit.detail });
    if (failure !== undefined) worker.isolate?.kill(exit);
    if (this.#state.name === "failed") {
      emit({ event: "app_failed", app: name, reason: exit.reason, error: failureText(this.#state.error) });
      this.#queue.failAll(refusal(this.app.name, this.#state));
      this.#firstStart?.reject(this.#state.error);
    } else if (this.#state.name === "backoff") {
      this.#firstStart?.reject(new NanoError("APP_FAILED", `Cannot start app "${name}": ${exit.detail}`));
      emit({ event: "app_restart", app: name, reason: exit.reason, delayMs });
      if (delayMs === 0) this.#attempt(attempt);
      else {
        this.#queue.failAll(refusal(this.app.name, this.#state));
        this.#restarts.schedule(again, (count) => this.#attempt(count));
      }
    }
  }

  readonly #onSweep = (): void => {
    this.#sweep = null;
    const { clock } = this.#tools;
    const { timeoutMs } = this.app;
    const running = this.#state.name === "running" || this.#state.name === "draining";
    this.#isolate?.expire(timeoutMs);
    const waitMs = running ? timeoutMs : Math.min(timeoutMs, START_WAIT_MS);
    const late = () => running ? noFreePlace(this.app.name, waitMs) : startedTooLate(this.app.name, waitMs);
    this.#queue.expire(clock.now() - waitMs, late);
    if (this.pending > 0) {
      this.#parking.lastActive = clock.now();
      this.#sweep = clock.after(SWEEP_MS, this.#onSweep);
    } else this.#parking.look();
  };

  /** Gives the isolate's memory back; its waitUntil work may finish first, while a new request wakes another isolate. */
  #park(why: string): void {
    if (this.#state.name !== "running") return;
    const { worker } = this.#state;
    this.#restarts.parked(worker.readyAt);
    this.#move({ name: "park" });
    this.#pastCpuMicros += worker.isolate!.cpuMicros;
    const exit: IsolateExit = { reason: "parked", detail: why };
    this.#tools.emit({ event: "app_exit", app: this.app.name, ...exit });
    this.#farewells.park(worker, exit, this.app.drainTimeoutMs);
  }
}
