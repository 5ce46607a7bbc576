/** Everything that isolates come from: the bundled bootstrap, the warden, the reserve, the watch over their ends. */
import type { BootAdmission } from "./boot_admission.ts";
import type { FullPlace } from "./full_place.ts";
import { FairCores } from "./fair_cores.ts";
import type { FlightRecorder } from "./flight_recorder.ts";
import { Isolate } from "./isolate.ts";
import type { SharedMemory } from "./memory_ceiling.ts";
import { ProcessHouse } from "./process_house.ts";
import { Reserve } from "./reserve.ts";
import { STUCK_AFTER_MS, ThreadWatch } from "../machine/thread_watch.ts";
import type { IsolateNeed, OpenCell } from "./cell.ts";
import { WardenLink } from "./warden_link.ts";
import { WorkerCell } from "./worker_cell.ts";
import type { Clock } from "../clock.ts";
import type { AppConfig, NanoConfig } from "../config/resolved_config.ts";
import { startsLazily } from "../config/starts_lazily.ts";
import type { NanoError } from "../errors.ts";
import { defaultCeilingBytes } from "../machine/machine_memory.ts";

/** Whom a farm is started for. */
export type FirstApps = Pick<NanoConfig, "apps" | "maxMemoryMb">;

/** What a farm works with. */
export interface FarmOptions {
  readonly first: FirstApps;
  readonly bootSource: string;
  /** Text of the bootstrap of isolates that are processes, made when the first app asks for one. */
  readonly processSource: () => Promise<string>;
  readonly admission: BootAdmission;
  readonly clock: Clock;
  /** Null when nobody would read its notes. */
  readonly recorder: FlightRecorder | null;
  readonly warn: (text: string) => void;
  /** Told when no isolate lives any more, and none can be had. */
  readonly onDeath: (error: NanoError) => void;
}

/** For each heap cap: an empty process takes 16 MB, and one is booted in a fraction of a second. */
const SPARE_PROCESSES = 1;

/** Gives booted isolates and sees them end. */
export class IsolateFarm implements AsyncDisposable {
  readonly #warden: WardenLink;
  readonly #reserve: Reserve<Isolate>;
  readonly #threads: ThreadWatch;
  readonly #admission: BootAdmission;
  readonly #cores = new FairCores();
  readonly #house: ProcessHouse;
  /** Of booted processes: none as long as no app asks for one. */
  readonly #processes: Reserve<Isolate>;
  /** Makes the process of an app that runs as Deno itself runs it. */
  readonly #spawnFull: (memoryMb: number, full: FullPlace) => Isolate;

  private constructor(warden: WardenLink, { admission, clock, recorder, warn, processSource }: FarmOptions) {
    this.#warden = warden;
    this.#admission = admission;
    this.#threads = new ThreadWatch((threadId, owner) => {
      const whose = owner === "" ? "" : ` of app "${owner}"`;
      warn(
        `Thread worker-${threadId} of a killed isolate${whose} still runs after ${STUCK_AFTER_MS} ms: V8 cannot stop its call`,
      );
    });
    const openWorker: OpenCell = (memoryMb, listener) => new WorkerCell(warden, memoryMb, listener);
    const spawn = (memoryMb: number) => {
      const isolate = new Isolate(openWorker, memoryMb, { clock, recorder });
      this.#cores.watch(isolate);
      isolate.ended.then(() =>
        this.#threads.watch(isolate.threadId, { owner: isolate.app, onGone: () => isolate.onGone() })
      );
      return isolate;
    };
    this.#reserve = new Reserve({ spawn, admission, clock });
    this.#house = new ProcessHouse({
      clock,
      source: processSource,
      threads: (elsewhere) => warden.side(elsewhere),
      onHeld: (side) => warden.setElsewhere(side),
    });
    const spawnProcess = (memoryMb: number, open = this.#house.open) => {
      // Its end takes nobody along: there is nothing to be recorded for those who look for whoever ended the host.
      const isolate = new Isolate(open, memoryMb, { clock, recorder: null });
      this.#cores.watch(isolate);
      // SIGKILL leaves nothing running.
      isolate.ended.then(() => isolate.onGone());
      return isolate;
    };
    this.#spawnFull = (memoryMb, full) => spawnProcess(memoryMb, this.#house.openFor(full));
    this.#processes = new Reserve({ spawn: (memoryMb) => spawnProcess(memoryMb), admission, clock });
  }

  /**
   * Starts the warden.
   * @throws {NanoError} INTERNAL when it does not come up
   */
  static async start(options: FarmOptions): Promise<IsolateFarm> {
    const farm = new IsolateFarm(WardenLink.open(options.bootSource, options), options);
    try {
      farm.#expect(options.first);
      await farm.#warden.up();
      return farm;
    } catch (error) {
      await farm[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A booted, empty isolate for somebody whom the admission has let in. */
  take({ memoryMb, isolation, full = null }: IsolateNeed): Promise<Isolate> {
    if (full !== null) return this.#processes.takeMade(() => this.#spawnFull(memoryMb, full));
    return (isolation === "process" ? this.#processes : this.#reserve).take(memoryMb);
  }

  /** Boots isolates for those of these apps that start first, as many as boot at once. */
  #expect({ apps, maxMemoryMb }: FirstApps): void {
    this.setCeiling(maxMemoryMb);
    const first = apps.filter((app) =>
      app.isolation === "worker" && app.compat === "web" && !startsLazily(app, apps.length)
    );
    const wanted = new Map<number, number>();
    for (const { memoryMb } of first.slice(0, this.#admission.places)) {
      wanted.set(memoryMb, (wanted.get(memoryMb) ?? 0) + 1);
    }
    this.#reserve.expect(wanted);
  }

  /** Keeps reserves that fit these apps, of a given number or of what is usual. */
  fit(apps: readonly AppConfig[], spares: number | null): void {
    const demand = (isolation: IsolateNeed["isolation"]) => {
      const wanted = new Map<number, number>();
      for (const { memoryMb, isolation: own, compat } of apps) {
        // Nobody takes a spare one that is made for its app alone.
        if (own === isolation && compat === "web") wanted.set(memoryMb, (wanted.get(memoryMb) ?? 0) + 1);
      }
      return wanted;
    };
    this.#reserve.demand(demand("worker"), spares);
    this.#processes.demand(demand("process"), spares ?? SPARE_PROCESSES);
  }

  /** Sets how much all apps together may take of memory; null for what the machine can spare. */
  setCeiling(maxMemoryMb: number | null): void {
    const bytes = maxMemoryMb === null ? defaultCeilingBytes() : maxMemoryMb * 1024 * 1024;
    this.#warden.setCeiling(bytes);
    this.#house.ceilingBytes = bytes;
  }

  /** What all apps together hold, and may hold at most. */
  get memory(): SharedMemory {
    const { heldBytes, ceilingBytes } = this.#house;
    return { heldBytes: this.#warden.heldBytes + heldBytes, ceilingBytes };
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
    this.#processes[Symbol.dispose]();
    this.#threads[Symbol.dispose]();
    await Promise.all([
      this.#house[Symbol.asyncDispose](),
      this.#cores[Symbol.asyncDispose](),
      this.#warden[Symbol.asyncDispose](),
    ]);
  }
}
