/** One start of an app: its turn, then an isolate, then its code inside; each wait has an end of its own. */
import type { AppConfig } from "../config/resolved_config.ts";
import { messageOf, NanoError } from "../errors.ts";
import type { BootPlace, BootRank } from "../pool/boot_admission.ts";
import type { IsolateObserver } from "../wall/traffic.ts";
import { fullPlace } from "../pool/full_place.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import { isolateLoad } from "./isolate_load.ts";
import type { OutboundCalls } from "../wall/outbound_bridge.ts";
import type { AppCode, AppIsolate, SupervisorTools } from "./supervisor_tools.ts";

/** An isolate whose app does not load is given up after this, counted from when the code is handed to it. */
export const BOOT_TIMEOUT_MS = 30_000;
/**
 * The wait for an empty isolate, which no app can shorten: a few seconds on the busiest machine that was seen. It doubles
 * with each attempt, so that a machine slower than that gets there too.
 */
export const ISOLATE_WAIT_MS = 60_000;
const MAX_ISOLATE_WAIT_MS = 600_000;

/** What is started. */
export interface StartOrder {
  readonly app: AppConfig;
  readonly code: AppCode;
  /** 1 for the first. */
  readonly attempt: number;
  readonly rank: Exclude<BootRank, "suspect">;
}

/** Who is told how it goes. */
export interface StartListener extends IsolateObserver {
  /** Opens the app's way out, once its code is about to run. */
  readonly outbound: () => OutboundCalls;
  readonly onLoaded: () => void;
  /** @param failure when it is the app's own code that does not load */
  readonly onExit: (exit: IsolateExit, failure?: NanoError) => void;
}

/** An isolate on its way to be an app, and then the app; disposing it ends its waits, never the isolate. */
export class IsolateStart implements Disposable {
  /** Null until one could be had. */
  isolate: AppIsolate | null = null;
  /** When its turn came, by the clock's monotonic time. */
  since: number;
  /** When the app was loaded; null before. */
  readyAt: number | null = null;
  readonly #order: StartOrder;
  readonly #tools: SupervisorTools;
  #place: BootPlace | null = null;
  #cancel: (() => void) | null = null;
  #isOver = false;

  constructor(order: StartOrder, tools: SupervisorTools) {
    this.#order = order;
    this.#tools = tools;
    this.since = tools.clock.now();
  }

  /** The isolate, once the app is in it. */
  get loaded(): AppIsolate | null {
    return this.readyAt === null ? null : this.isolate;
  }

  /** A request waits for it. */
  hurry(): void {
    this.#place?.hurry();
  }

  /** Goes all the way; never rejects. */
  async run(listener: StartListener): Promise<void> {
    const { app: { name }, attempt, rank } = this.#order;
    const { admission, clock, emit } = this.#tools;
    using place = this.#place = admission.enter(name, rank);
    if (place.isWaiting) {
      emit({ event: "app_start_queued", app: name });
      // It may have been given up in the very turn in which its place came.
      if (!await place.admitted || this.#isOver) return;
      this.since = clock.now();
    }
    emit({ event: "app_starting", app: name, attempt });
    const taken = await this.#take(listener);
    // It may have been given up in any of the turns in which one came.
    const isolate = taken === null ? null : this.#unlessOver(taken);
    if (isolate === null) return;
    this.isolate = isolate;
    isolate.ended.then((exit) => listener.onExit(exit));
    place.watch(() => isolate.cpuMicros);
    if (await this.#load(isolate, listener)) {
      this.readyAt = clock.now();
      listener.onLoaded();
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#place?.[Symbol.dispose]();
    this.#cancel?.();
  }

  /** An empty isolate, or null when that took too long, or nobody waits any more. */
  async #take({ onExit }: StartListener): Promise<AppIsolate | null> {
    const { clock, takeIsolate } = this.#tools;
    const waitMs = Math.min(ISOLATE_WAIT_MS * 2 ** (this.#order.attempt - 1), MAX_ISOLATE_WAIT_MS);
    const given = Promise.withResolvers<null>();
    const giveUp = () => {
      cancelTimer();
      this.#isOver = true;
      given.resolve(null);
    };
    const cancelTimer = clock.after(waitMs, () => {
      giveUp();
      onExit({ reason: "isolate_timeout", detail: `no isolate could be had within ${waitMs} ms` });
    });
    this.#cancel = giveUp;
    const { app, code } = this.#order;
    const need = code.place === undefined ? app : { ...app, full: fullPlace(code.place, app) };
    const taken = takeIsolate(need).then((isolate) => this.#unlessOver(isolate), (error) => {
      if (!this.#isOver) onExit({ reason: "terminated", detail: `no isolate could be had: ${messageOf(error)}` });
      return null;
    });
    const isolate = await Promise.race([taken, given.promise]);
    cancelTimer();
    this.#cancel = null;
    return isolate;
  }

  #unlessOver(isolate: AppIsolate): AppIsolate | null {
    if (!this.#isOver) return isolate;
    isolate.kill({ reason: "terminated", detail: "nobody waits for it any more" });
    return null;
  }

  /** @returns whether the app is in it */
  async #load(isolate: AppIsolate, listener: StartListener): Promise<boolean> {
    const { app, code } = this.#order;
    const cancel = this.#cancel = this.#tools.clock.after(BOOT_TIMEOUT_MS, () => {
      isolate.kill({ reason: "boot_timeout", detail: `its code did not load within ${BOOT_TIMEOUT_MS} ms` });
    });
    try {
      await isolate.load(isolateLoad(app, code, this.#tools.nanoVersion), listener, listener.outbound());
      return true;
    } catch (error) {
      const failure = error instanceof NanoError && error.code === "APP_FAILED" ? error : null;
      if (failure !== null) listener.onExit({ reason: "boot_failed", detail: failure.message }, failure);
      // An isolate that ended by itself reports so through `ended`, with its own reason; this changes nothing then.
      else isolate.kill({ reason: "terminated", detail: `its code could not be handed over: ${messageOf(error)}` });
      return false;
    } finally {
      cancel();
    }
  }
}
