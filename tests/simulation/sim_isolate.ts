/** An isolate of the simulator: boots, loads, answers, hangs and dies by the clock, as its code's habits and chance have it. */
import type { AppCall } from "../../runtime/terms/app_call.ts";
import type { AppIsolate } from "../../runtime/app/supervisor_tools.ts";
import type { Clock } from "../../runtime/clock.ts";
import { NanoError } from "../../runtime/errors.ts";
import type { ExitReason } from "../../runtime/terms/lifecycle.ts";
import { exitError, type IsolateExit } from "../../runtime/pool/exit_errors.ts";
import type { FlightRecorder, FlightTrack } from "../../runtime/pool/flight_recorder.ts";
import type { IsolateLoad } from "../../runtime/pool/isolate.ts";
import type { IsolateObserver } from "../../runtime/wall/traffic.ts";
import type { SeededRandom } from "../support/seeded_random.ts";
import type { Ledger, LifeOfUnit } from "./ledger.ts";

/** How a version of an app behaves. */
export interface Habits {
  readonly load: "well" | "throws" | "hangs" | "dies";
  /** One request in so many: 0 for none. */
  readonly diesOneIn: number;
  readonly hangsOneIn: number;
  readonly silentOneIn: number;
  /** Whether its waitUntil work ends. */
  readonly lingers: boolean;
  /** Ends the whole host, by its code or by a request. */
  readonly kills: "never" | "at load" | "at a request";
}

/** What goes wrong on purpose, to show that the simulator sees it. */
export type SimFault =
  | "forgets a request at its end"
  | "answers twice"
  | "is given out twice"
  | "outlives its kill"
  | "tells no end";

/** Who ended the host, as its guardian could see its thread compute. */
export interface SimKiller {
  readonly version: string;
  readonly threadId: number;
  /** Wall-clock ms. */
  readonly computesSince: number;
}

/** What isolates share. */
export interface SimWorld {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly ledger: Ledger;
  readonly recorder: FlightRecorder;
  readonly fault: SimFault | null;
  readonly habitsOf: (app: string, version: string) => Habits;
  /** Told when an app's code is about to run. */
  readonly onLoad: (app: string, version: string) => void;
  /** An app ends the whole process. */
  readonly onKiller: (killer: SimKiller) => void;
}

/** The warden ends an isolate that hangs after this. */
const HANG_MS = 500;
/** A killed thread is gone after this. */
const THREAD_ENDS_MS = 20;
const DEATHS = ["out_of_memory", "uncaught_error", "terminated"] as const;

/** A pretended Isolate. */
export class SimIsolate implements AppIsolate {
  readonly booted: Promise<void>;
  readonly ended: Promise<IsolateExit>;
  readonly gone: Promise<void>;
  readonly openSockets = 0;
  readonly heapBytes = 0;
  readonly externalBytes = 0;
  readonly processId = 0;
  readonly kept = null;
  /** Whom it was given to. */
  owner: LifeOfUnit | null = null;
  exit: IsolateExit | null = null;
  readonly number: number;
  readonly #world: SimWorld;
  readonly #booted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<IsolateExit>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #loaded = Promise.withResolvers<void>();
  readonly #quiet = Promise.withResolvers<void>();
  readonly #calls = new Map<AppCall, "waiting" | "streaming">();
  readonly #timers = new Set<() => void>();
  readonly #computes: boolean;
  readonly #bornAt: number;
  #track: FlightTrack | null = null;
  #observer: IsolateObserver | null = null;
  #habits: Habits | null = null;
  #app = "";
  #version = "";
  #isHung = false;
  #isDraining = false;

  constructor(number: number, world: SimWorld) {
    const { random, clock } = world;
    this.number = number;
    this.#world = world;
    this.#bornAt = clock.now();
    this.booted = this.#booted.promise;
    this.ended = this.#ended.promise;
    this.gone = this.#gone.promise;
    this.booted.catch(() => {});
    this.#loaded.promise.catch(() => {});
    this.#computes = random.oneIn(2);
    if (random.oneIn(40)) this.#after(random.below(500), () => this.die("terminated"));
    if (!random.oneIn(60)) this.#after(random.oneIn(10) ? 3000 : random.below(40), () => this.#booted.resolve());
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  get cpuMicros(): number {
    return this.#computes ? (this.#world.clock.now() - this.#bornAt) * 500 : 0;
  }

  load(load: IsolateLoad, observer: IsolateObserver): Promise<void> {
    const { random, habitsOf, onLoad, recorder } = this.#world;
    this.#app = load.app;
    this.#version = load.version;
    this.#observer = observer;
    onLoad(load.app, load.version);
    const habits = this.#habits = habitsOf(load.app, load.version);
    this.#track = recorder.open({ threadId: this.number, app: load.app, version: load.version });
    if (habits.kills === "at load") this.#after(random.below(30), () => this.#endHost());
    const loadMs = random.oneIn(12) ? random.below(4000) : random.below(30);
    switch (habits.load) {
      case "well":
        this.#after(loadMs, () => {
          this.#track?.loaded();
          this.#loaded.resolve();
        });
        break;
      case "throws":
        this.#after(loadMs, () => this.#loaded.reject(new NanoError("APP_FAILED", "its code threw")));
        break;
      case "dies":
        this.#after(loadMs, () => this.die(random.pick(DEATHS)));
        break;
      case "hangs":
    }
    return this.#loaded.promise;
  }

  send(call: AppCall): void {
    const { ledger, random, fault } = this.#world;
    ledger.check(this.owner?.isUp === true, () => `isolate ${this.number} serves ${call} and belongs to nobody`);
    if (this.exit !== null) {
      call.fail(exitError(this.#app, this.exit));
      return;
    }
    this.#calls.set(call, "waiting");
    const most = this.owner?.app.maxConcurrent ?? 0;
    ledger.check(
      this.#calls.size <= most,
      () => `${this.owner?.name} serves ${this.#calls.size} at once, ${most} are allowed`,
    );
    this.#track?.word();
    if (this.#calls.size === 1) this.#track?.hold(true);
    call.onClientGone(() => this.#leave(call, () => call.leave(), true));
    const happens = (oneIn: number) => oneIn > 0 && random.oneIn(oneIn);
    const habits = this.#habits!;
    const tookMs = random.oneIn(8) ? random.below(2000) : random.below(40);
    if (habits.kills === "at a request") this.#after(tookMs, () => this.#endHost());
    else if (happens(habits.diesOneIn)) this.#after(tookMs, () => this.die(random.pick(DEATHS)));
    else if (happens(habits.hangsOneIn)) this.#after(tookMs, () => this.hang());
    else if (happens(habits.silentOneIn)) return;
    else if (random.oneIn(10)) this.#after(tookMs, () => this.#stream(call));
    else {
      this.#after(tookMs, () => {
        this.#leave(call, () => call.respond(200, "", null));
        if (fault === "answers twice" && random.oneIn(20)) call.respond(200, "", null);
      });
    }
  }

  expire(timeoutMs: number): void {
    const before = this.#world.clock.now() - timeoutMs;
    for (const [call, state] of [...this.#calls]) {
      if (state === "streaming" || call.startedAt > before) continue;
      this.#leave(call, () => call.fail(new NanoError("REQUEST_TIMEOUT", "too late")), true);
    }
  }

  drained(): Promise<void> {
    this.#isDraining = true;
    this.#lookQuiet();
    return this.#quiet.promise;
  }

  /** It computes and says nothing from now on. */
  hang(): void {
    if (this.exit !== null || this.#isHung) return;
    this.#isHung = true;
    this.#after(HANG_MS, () => this.die("unresponsive"), true);
  }

  /** It computes until the process dies of it. */
  #endHost(): void {
    if (this.exit !== null || this.#isHung) return;
    this.#isHung = true;
    const { clock, random, onKiller } = this.#world;
    const known = { version: this.#version, threadId: this.number, computesSince: clock.wall() };
    this.#after(200 + random.below(600), () => onKiller(known), true);
  }

  /** It ends by itself, or by the warden. */
  die(reason: ExitReason): void {
    if (this.exit !== null) return;
    if (this.owner !== null && this.owner.isUp && !this.#isDraining) this.owner.died = reason;
    this.#end({ reason, detail: `it was ${reason}` });
  }

  kill(exit: IsolateExit): void {
    if (this.exit !== null || (this.#world.fault === "outlives its kill" && exit.reason !== "terminated")) return;
    this.#end(exit);
  }

  /** The whole process is gone. */
  vanish(): void {
    for (const cancel of this.#timers) cancel();
    this.exit ??= { reason: "terminated", detail: "the host died" };
  }

  #end(exit: IsolateExit): void {
    const { clock, fault, ledger } = this.#world;
    ledger.note(() => `isolate ${this.number} of ${this.owner?.name ?? "nobody"} ends: ${exit.reason}`);
    this.exit = exit;
    this.#observer = null;
    for (const cancel of this.#timers) cancel();
    this.#track?.ending();
    clock.after(THREAD_ENDS_MS, () => {
      this.#track?.gone();
      this.#gone.resolve();
    });
    const error = exitError(this.#app, exit);
    this.#booted.reject(error);
    this.#loaded.reject(error);
    const calls = [...this.#calls];
    this.#calls.clear();
    if (fault === "forgets a request at its end") calls.pop();
    for (const [call, state] of calls) {
      if (state === "waiting") call.fail(error);
      else call.finish(0, "isolate_ended");
    }
    this.#quiet.resolve();
    if (fault !== "tells no end") this.#ended.resolve(exit);
  }

  #stream(call: AppCall): void {
    if (!this.#calls.has(call)) return;
    this.#calls.set(call, "streaming");
    call.respond(200, "", "a stream");
    const { random } = this.#world;
    if (!random.oneIn(8)) this.#after(random.below(3000), () => this.#leave(call, () => call.finish(1, "done")));
  }

  /** @param isHosts the host does it by itself, whatever the isolate does */
  #leave(call: AppCall, tell: () => void, isHosts = false): void {
    if (!this.#calls.has(call) || (this.#isHung && !isHosts)) return;
    const state = this.#calls.get(call);
    this.#calls.delete(call);
    this.#track?.word();
    if (this.#calls.size === 0) this.#track?.hold(false);
    if (state === "streaming") call.finish(1, "done");
    else tell();
    this.#observer?.onCallDone();
    this.#lookQuiet();
  }

  #lookQuiet(): void {
    if (!this.#isDraining || this.#calls.size > 0 || this.#habits?.lingers === true) return;
    this.#after(this.#world.random.below(60), () => {
      if (this.#calls.size === 0) this.#quiet.resolve();
    });
  }

  /** @param isHosts also while it hangs */
  #after(ms: number, run: () => void, isHosts = false): void {
    const cancel = this.#world.clock.after(ms, () => {
      this.#timers.delete(cancel);
      if (isHosts || !this.#isHung) run();
    });
    this.#timers.add(cancel);
  }
}
