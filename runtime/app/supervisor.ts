/** One version of one app through its life: starts, serves, queues, restarts, parks, drains. Never reconfigured. */
import type { AppCall } from "../app_call.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { AppLogEvent, AppLogLevel, AppSnapshot } from "../events.ts";
import { type AppEvent, type AppState, type ExitReason, nextAppState } from "../lifecycle.ts";
import { backoffMs, HEALTHY_AFTER_MS } from "./backoff.ts";
import { CallQueue } from "./call_queue.ts";
import type { IsolateExit } from "./exit_errors.ts";
import { isolateLoad } from "./isolate_load.ts";
import type { IsolateObserver } from "./call_runner.ts";
import type { OutboundDoor } from "./outbound_bridge.ts";
import { refusal } from "./refusal.ts";
import type { AppCode, AppIsolate, SupervisorTools } from "./supervisor_tools.ts";

/** An isolate that hangs while it boots or loads its app's code is given up after this. */
export const BOOT_TIMEOUT_MS = 30_000;
/** A request for an app that is still starting waits this long at most. */
export const START_WAIT_MS = 10_000;
/** Between two looks for requests that have waited too long. */
const SWEEP_MS = 100;

/** An isolate as this supervisor holds it: taken from the reserve, maybe not yet there. */
interface Holding {
  isolate: AppIsolate | null;
  loaded: boolean;
  readonly since: number;
}

/** Runs one app. */
export class Supervisor {
  readonly app: AppConfig;
  readonly version: string;
  readonly #code: AppCode;
  readonly #tools: SupervisorTools;
  readonly #queue: CallQueue;
  readonly #stopped = Promise.withResolvers<ExitReason>();
  #state: AppState<Holding> = { name: "idle" };
  #since: number;
  #restarts: Partial<Record<ExitReason, number>> = {};
  #lastExit: AppSnapshot["lastExit"] = null;
  #startMs: number | null = null;
  #pastCpuMicros = 0;
  #lastActive: number;
  #sweep: (() => void) | null = null;
  #quiet: (() => void) | null = null;
  #retry: (() => void) | null = null;
  /** Ends the wait for an isolate: one that is stopped meanwhile may never come. */
  #boot: (() => void) | null = null;
  #firstStart: PromiseWithResolvers<void> | null = null;
  #door: OutboundDoor | null = null;
  /** Parked isolates that still finish their waitUntil work. */
  readonly #parked = new Set<Promise<unknown>>();

  constructor(app: AppConfig, code: AppCode, tools: SupervisorTools) {
    this.app = app;
    this.version = code.version;
    this.#code = code;
    this.#tools = tools;
    this.#queue = new CallQueue(app.maxQueue);
    this.#since = tools.clock.wall();
    this.#lastActive = tools.clock.now();
  }

  /** Name of the present state. */
  get state(): AppState<unknown>["name"] {
    return this.#state.name;
  }

  /** Requests in the isolate and in the queue. */
  get pending(): number {
    return (this.#isolate?.inFlight ?? 0) + this.#queue.size;
  }

  /** WebSockets of the app. */
  get openSockets(): number {
    return this.#isolate?.openSockets ?? 0;
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
    if (name === "draining" || name === "stopped") return Promise.reject(this.#refusal());
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
    this.#lastActive = call.startedAt;
    if (call.declaredBytes !== null && call.declaredBytes > this.app.maxBodyBytes) {
      const text = `Cannot accept a request body of ${call.declaredBytes} bytes: app "${this.app.name}" takes at most`;
      call.fail(new NanoError("BODY_TOO_LARGE", `${text} ${this.app.maxBodyBytes}`));
      return;
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
        break;
      case "backoff":
      case "failed":
      case "draining":
      case "stopped":
        call.fail(this.#refusal());
        break;
    }
  }

  /**
   * Drains and ends the app: what is queued and in flight is finished first.
   * @param timeoutMs after which what is left is cut
   */
  stop(timeoutMs: number = this.app.drainTimeoutMs): Promise<ExitReason> {
    const { clock, emit } = this.#tools;
    const before = this.#state;
    this.#retry?.();
    this.#retry = null;
    this.#move({ name: "stop", deadline: clock.now() + timeoutMs, reason: "drained" });
    if (this.#state === before) return this.#stopped.promise;
    if (this.#state.name === "draining") {
      emit({ event: "app_drain_start", app: this.app.name, inFlight: this.pending });
      this.#drain(this.#state.worker, timeoutMs);
    }
    return this.#stopped.promise;
  }

  /** What can be read of the app now. */
  snapshot(): AppSnapshot {
    const isolate = this.#isolate;
    return {
      name: this.app.name,
      state: this.#state.name,
      hostnames: this.app.hostnames,
      port: this.app.port,
      version: this.version,
      since: this.#since,
      restarts: { ...this.#restarts },
      lastExit: this.#lastExit,
      error: this.#state.name === "failed"
        ? [this.#state.error.message, ...this.#state.error.details].join("\n")
        : null,
      inFlight: isolate?.inFlight ?? 0,
      queued: this.#queue.size,
      heapBytes: isolate?.heapBytes ?? 0,
      externalBytes: isolate?.externalBytes ?? 0,
      cpuSeconds: (this.#pastCpuMicros + (isolate?.cpuMicros ?? 0)) / 1e6,
      startSeconds: this.#startMs === null ? null : this.#startMs / 1000,
    };
  }

  #move(event: AppEvent<Holding>): void {
    const next = nextAppState(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.#since = this.#tools.clock.wall();
    this.#tools.emit({ event: "app_state", app: this.app.name, state: next.name });
    if (next.name === "stopped") {
      this.#cancelTimers();
      this.#queue.failAll(this.#refusal());
      this.#firstStart?.reject(this.#refusal());
      Promise.all(this.#parked).then(() => {
        this.#door?.[Symbol.dispose]();
        this.#stopped.resolve(next.reason);
      });
    }
  }

  #cancelTimers(): void {
    for (const cancel of [this.#sweep, this.#quiet, this.#retry, this.#boot]) cancel?.();
    this.#sweep = this.#quiet = null;
    this.#retry = this.#boot = null;
  }

  #enqueue(call: AppCall): void {
    if (!this.#queue.push(call)) {
      const text = `Cannot queue for app "${this.app.name}": ${this.#queue.size} requests wait already`;
      call.fail(new NanoError("APP_OVERLOADED", text));
      return;
    }
    this.#sweep ??= this.#tools.clock.after(SWEEP_MS, this.#onSweep);
  }

  #refusal(): NanoError {
    return refusal(this.app.name, this.#state);
  }

  /** Takes an isolate and loads the app into it; every outcome goes through the state machine. */
  async #attempt(attempt: number): Promise<void> {
    const { clock, emit } = this.#tools;
    const worker: Holding = { isolate: null, loaded: false, since: clock.now() };
    this.#move({ name: "start", worker, attempt });
    if (this.#state.name !== "starting" || this.#state.worker !== worker) return;
    emit({ event: "app_starting", app: this.app.name, attempt });
    const cancel = this.#boot = clock.after(BOOT_TIMEOUT_MS, () => {
      const detail = `its code did not load within ${BOOT_TIMEOUT_MS} ms`;
      worker.isolate?.kill({ reason: "boot_timeout", detail });
      this.#onExit(worker, { reason: "boot_timeout", detail });
    });
    let isolate: AppIsolate;
    try {
      isolate = await this.#tools.takeIsolate(this.app.memoryMb);
    } catch (error) {
      cancel();
      this.#onExit(worker, { reason: "terminated", detail: `no isolate could be had: ${messageOf(error)}` });
      return;
    }
    if (!("worker" in this.#state) || this.#state.worker !== worker) {
      cancel();
      isolate.kill({ reason: "terminated", detail: "nobody waits for it any more" });
      return;
    }
    worker.isolate = isolate;
    isolate.ended.then((exit) => this.#onExit(worker, exit));
    try {
      await isolate.load(
        isolateLoad(this.app, this.#code, this.#tools.nanoVersion),
        this.#observer(worker),
        this.#door ??= this.#tools.openOutbound(this.app),
      );
    } catch (error) {
      const failure = error instanceof NanoError && error.code === "APP_FAILED" ? error : null;
      if (failure !== null) this.#onExit(worker, { reason: "boot_failed", detail: failure.message }, failure);
      // An isolate that ended by itself reports so through `ended`, with its own reason; this changes nothing then.
      else isolate.kill({ reason: "terminated", detail: `its code could not be handed over: ${messageOf(error)}` });
      return;
    } finally {
      cancel();
    }
    this.#onLoaded(worker);
  }

  #observer(worker: Holding): IsolateObserver {
    const log = (line: Pick<AppLogEvent, "level" | "text" | "kind">) =>
      this.#tools.emit({ event: "app_log", app: this.app.name, ...line });
    return {
      onCallDone: () => this.#pump(worker),
      onLog: (level, text) => log({ level: logLevel(level), text, kind: "console" }),
      onException: (text) => log({ level: "error", text, kind: "exception" }),
    };
  }

  #onLoaded(worker: Holding): void {
    worker.loaded = true;
    this.#startMs = this.#tools.clock.now() - worker.since;
    this.#lastActive = this.#tools.clock.now();
    this.#move({ name: "ready", worker });
    this.#firstStart?.resolve();
    if (this.#state.name === "running") {
      const { name } = this.app;
      this.#tools.emit({ event: "app_ready", app: name, startMs: this.#startMs, version: this.version });
      this.#sweep ??= this.#tools.clock.after(SWEEP_MS, this.#onSweep);
    }
    this.#pump(worker);
  }

  /** Moves queued requests into the isolate while it has room; a draining isolate still serves its queue. */
  #pump(worker: Holding): void {
    if (!worker.loaded || !("worker" in this.#state) || this.#state.worker !== worker) return;
    const isolate = worker.isolate!;
    while (this.#queue.size > 0 && isolate.inFlight < this.app.maxConcurrent) isolate.send(this.#queue.shift()!);
  }

  #onExit(worker: Holding, exit: IsolateExit, failure?: NanoError): void {
    const before = this.#state;
    if (!("worker" in before) || before.worker !== worker) return;
    const { clock, emit } = this.#tools;
    const { name } = this.app;
    const healthy = clock.now() - worker.since >= HEALTHY_AFTER_MS;
    const attempt = before.name === "starting" ? before.attempt + 1 : healthy ? 1 : this.#deaths + 1;
    this.#deaths = attempt;
    const delayMs = backoffMs(attempt);
    this.#lastExit = { reason: exit.reason, detail: exit.detail, at: clock.wall() };
    this.#pastCpuMicros += worker.isolate?.cpuMicros ?? 0;
    const next = failure === undefined ? { retryAt: clock.now() + delayMs, attempt } : { error: failure };
    this.#move({ name: "exit", worker, reason: exit.reason, next });
    emit({ event: "app_exit", app: name, reason: exit.reason, detail: exit.detail });
    if (failure !== undefined) worker.isolate?.kill(exit);
    if (this.#state.name === "failed") {
      const error = [this.#state.error.message, ...this.#state.error.details].join("\n");
      emit({ event: "app_failed", app: name, reason: exit.reason, error });
      this.#queue.failAll(this.#refusal());
      this.#firstStart?.reject(this.#state.error);
    } else if (this.#state.name === "backoff") {
      this.#firstStart?.reject(new NanoError("APP_FAILED", `Cannot start app "${name}": ${exit.detail}`));
      this.#restarts[exit.reason] = (this.#restarts[exit.reason] ?? 0) + 1;
      emit({ event: "app_restart", app: name, reason: exit.reason, delayMs });
      if (delayMs === 0) this.#attempt(attempt);
      else {
        this.#queue.failAll(this.#refusal());
        this.#retry = clock.after(delayMs, () => this.#attempt(attempt));
      }
    }
  }

  /** Deaths in a row. */
  #deaths = 0;

  readonly #onSweep = (): void => {
    this.#sweep = null;
    const { clock } = this.#tools;
    const { timeoutMs } = this.app;
    const running = this.#state.name === "running" || this.#state.name === "draining";
    this.#isolate?.expire(timeoutMs);
    const waitMs = running ? timeoutMs : Math.min(timeoutMs, START_WAIT_MS);
    this.#queue.expire(clock.now() - waitMs, () => {
      const detail = running ? `no free place within ${waitMs} ms` : `it did not start within ${waitMs} ms`;
      const code = running ? "REQUEST_TIMEOUT" : "APP_UNAVAILABLE";
      return new NanoError(code, `Cannot answer from app "${this.app.name}": ${detail}`);
    });
    if (this.pending > 0) {
      this.#lastActive = clock.now();
      this.#sweep = clock.after(SWEEP_MS, this.#onSweep);
    } else if (this.#quiet === null) this.#onQuiet();
  };

  /** Parks after long enough a quiet; a timer of its own, because the sweep's must never be a long one. */
  readonly #onQuiet = (): void => {
    this.#quiet = null;
    const { idleTimeoutMs } = this.app;
    if (this.#state.name !== "running" || idleTimeoutMs === 0 || this.pending > 0) return;
    const leftMs = this.#lastActive + idleTimeoutMs - this.#tools.clock.now();
    if (leftMs > 0) this.#quiet = this.#tools.clock.after(leftMs, this.#onQuiet);
    else this.#park(this.#state.worker);
  };

  /** Gives the isolate's memory back; its waitUntil work may finish first, while a new request wakes another isolate. */
  #park(worker: Holding): void {
    this.#move({ name: "park" });
    this.#pastCpuMicros += worker.isolate!.cpuMicros;
    const exit: IsolateExit = { reason: "parked", detail: `no request for ${this.app.idleTimeoutMs} ms` };
    this.#tools.emit({ event: "app_exit", app: this.app.name, ...exit });
    if (this.#tools.clock.now() - worker.since >= HEALTHY_AFTER_MS) this.#deaths = 0;
    const finished = this.#finish(worker, this.app.drainTimeoutMs, exit);
    this.#parked.add(finished);
    finished.then(() => this.#parked.delete(finished));
  }

  async #drain(worker: Holding, timeoutMs: number): Promise<void> {
    const left = await this.#finish(worker, timeoutMs, { reason: "drained", detail: "everything was finished" });
    this.#tools.emit({ event: "app_drained", app: this.app.name, forcedClosed: left });
  }

  /** Ends an isolate once nothing is pending inside or the time is up. @returns requests that were cut */
  async #finish(worker: Holding, timeoutMs: number, exit: IsolateExit): Promise<number> {
    const deadline = Promise.withResolvers<"late">();
    const cancel = this.#tools.clock.after(timeoutMs, () => deadline.resolve("late"));
    const done = this.#settled(worker);
    const outcome = await Promise.race([done, deadline.promise]);
    cancel();
    const isolate = worker.isolate;
    const left = outcome === "late" ? (isolate?.inFlight ?? 0) + this.#queue.size : 0;
    const detail = `${left} requests were unfinished after ${timeoutMs} ms`;
    const end: IsolateExit = outcome === "late" ? { reason: "drain_timeout", detail } : exit;
    isolate?.kill(end);
    this.#onExit(worker, end);
    return left;
  }

  /** Settles when the queue and the isolate are empty; one that never loaded has nothing to finish. */
  async #settled(worker: Holding): Promise<"done"> {
    while (this.#state.name === "draining" && this.pending > 0) {
      const look = Promise.withResolvers<void>();
      const cancel = this.#tools.clock.after(DRAIN_LOOK_MS, look.resolve);
      await Promise.race([look.promise, this.#stopped.promise]);
      cancel();
    }
    if (worker.loaded) await worker.isolate?.drained();
    return "done";
  }
}

/** Between two looks whether a draining app has finished its queue. */
const DRAIN_LOOK_MS = 10;

function logLevel(level: string): AppLogLevel {
  return level === "debug" || level === "warn" || level === "error" ? level : "info";
}
