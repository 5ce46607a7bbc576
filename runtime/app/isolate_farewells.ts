/** The planned ends of an app's isolates: what they hold is finished first, for as long as there is time. */
import type { Clock } from "../clock.ts";
import type { IsolateExit } from "../pool/exit_errors.ts";
import { finishIsolate } from "./finish_isolate.ts";
import type { IsolateStart } from "./isolate_start.ts";

/** What farewells work with. */
export interface FarewellTools {
  readonly clock: Clock;
  /** Settles when the app has ended, whatever was still going on. */
  readonly stopped: Promise<unknown>;
  /** Told once the isolate has ended. */
  readonly onExit: (worker: IsolateStart, exit: IsolateExit) => void;
}

/** Drains the isolate of an app, and sees parked ones out. */
export class IsolateFarewells {
  readonly #tools: FarewellTools;
  /** Parked isolates that still finish their waitUntil work. */
  readonly #parked = new Set<Promise<unknown>>();

  constructor(tools: FarewellTools) {
    this.#tools = tools;
  }

  /** Settles when no parked isolate lives any more. */
  async parkedOver(): Promise<void> {
    await Promise.all(this.#parked);
  }

  /** Ends a parked isolate; its waitUntil work may finish first. */
  park(worker: IsolateStart, exit: IsolateExit, timeoutMs: number): void {
    const finished = this.#finish(worker, { exit, timeoutMs, queued: () => 0 });
    this.#parked.add(finished);
    finished.then(() => this.#parked.delete(finished));
  }

  /**
   * Ends the isolate of an app that goes away; what is queued is served first.
   * @returns requests that were cut
   */
  drain(worker: IsolateStart, queued: () => number, timeoutMs: number): Promise<number> {
    return this.#finish(worker, {
      exit: { reason: "drained", detail: "everything was finished" },
      timeoutMs,
      queued,
    });
  }

  async #finish(
    worker: IsolateStart,
    how: { readonly exit: IsolateExit; readonly timeoutMs: number; readonly queued: () => number },
  ): Promise<number> {
    const { clock, stopped, onExit } = this.#tools;
    const { exit, left } = await finishIsolate({ ...how, isolate: () => worker.loaded, ended: stopped }, clock);
    worker.isolate?.kill(exit);
    onExit(worker, exit);
    return left;
  }
}
