/** Everything that isolates come from: the bundled bootstrap, the warden, the reserve, the watch over their ends. */
import type { BootAdmission } from "./boot_admission.ts";
import { FairCores } from "./fair_cores.ts";
import type { FlightRecorder } from "./flight_recorder.ts";
import { Isolate } from "./isolate.ts";
import { Reserve } from "./reserve.ts";
import { STUCK_AFTER_MS, ThreadWatch } from "../machine/thread_watch.ts";
import type { OpenCell } from "./cell.ts";
import { WardenLink } from "./warden_link.ts";
import { WorkerCell } from "./worker_cell.ts";
import type { Clock } from "../clock.ts";
import type { AppConfig } from "../config/resolved_config.ts";
import type { NanoError } from "../errors.ts";
import { defaultCeilingBytes } from "../machine/machine_memory.ts";

/** What a farm works with. */
export interface FarmOptions {
  readonly bootSource: string;
  readonly admission: BootAdmission;
  readonly clock: Clock;
  /** Null when nobody would read its notes. */
  readonly recorder: FlightRecorder | null;
  readonly warn: (text: string) => void;
  /** Told when no isolate lives any more, and none can be had. */
  readonly onDeath: (error: NanoError) => void;
}

/** Gives booted isolates and sees them end. */
export class IsolateFarm implements AsyncDisposable {
  readonly #warden: WardenLink;
  readonly #reserve: Reserve<Isolate>;
  readonly #threads: ThreadWatch;
  readonly #cores = new FairCores();

  private constructor(warden: WardenLink, { admission, clock, recorder, warn }: FarmOptions) {
    this.#warden = warden;
    this.#threads = new ThreadWatch((threadId) => {
      warn(
        `Thread worker-${threadId} of a killed isolate still runs after ${STUCK_AFTER_MS} ms: V8 cannot stop its call`,
      );
    });
    const openWorker: OpenCell = (memoryMb, listener) => new WorkerCell(warden, memoryMb, listener);
    const spawn = (memoryMb: number) => {
      const isolate = new Isolate(openWorker, memoryMb, { clock, recorder });
      this.#cores.watch(isolate);
      isolate.ended.then(() => this.#threads.watch(isolate.threadId, () => isolate.gone()));
      return isolate;
    };
    this.#reserve = new Reserve({ spawn, admission, clock });
  }

  /**
   * Starts the warden.
   * @throws {NanoError} INTERNAL when it does not come up
   */
  static async start(options: FarmOptions): Promise<IsolateFarm> {
    const warden = await WardenLink.start(options.bootSource, options);
    return new IsolateFarm(warden, options);
  }

  /** A booted, empty isolate for somebody whom the admission has let in. */
  take(memoryMb: number): Promise<Isolate> {
    return this.#reserve.take(memoryMb);
  }

  /** Keeps reserves that fit these apps, of a given number or of what is usual. */
  fit(apps: readonly AppConfig[], spares: number | null): void {
    const demand = new Map<number, number>();
    for (const { memoryMb } of apps) demand.set(memoryMb, (demand.get(memoryMb) ?? 0) + 1);
    this.#reserve.demand(demand, spares);
  }

  /** Sets how much all apps together may take of memory; null for what the machine can spare. */
  setCeiling(maxMemoryMb: number | null): void {
    this.#warden.setCeiling(maxMemoryMb === null ? defaultCeilingBytes() : maxMemoryMb * 1024 * 1024);
  }

  /** Memory of the process that no isolate reports, as far as it grew. */
  get unexplainedBytes(): number {
    return this.#warden.unexplainedBytes;
  }

  /** Threads of killed isolates that still run. */
  get endingThreads(): number {
    return this.#threads.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reserve[Symbol.dispose]();
    this.#threads[Symbol.dispose]();
    await Promise.all([this.#cores[Symbol.asyncDispose](), this.#warden[Symbol.asyncDispose]()]);
  }
}
