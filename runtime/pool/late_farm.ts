/** A farm that can be asked for isolates before it is up: whoever asks waits for it. */
import type { NanoConfig } from "../config/resolved_config.ts";
import type { IsolateNeed } from "./cell.ts";
import { type FarmOptions, IsolateFarm } from "./isolate_farm.ts";
import type { Isolate } from "./isolate.ts";
import type { SharedMemory } from "./memory_ceiling.ts";

/** Starts once, later. */
export class LateFarm implements AsyncDisposable {
  readonly #up = Promise.withResolvers<IsolateFarm>();
  #farm: IsolateFarm | null = null;
  #isStarting = false;

  constructor() {
    // Whoever starts it hears of it; apps that wait for an isolate need not.
    this.#up.promise.catch(() => {});
  }

  /**
   * Starts it.
   * @param options made first: the isolates' own code is bundled for them
   * @throws {NanoError} INTERNAL when isolates cannot be created
   */
  async start(options: () => Promise<FarmOptions>): Promise<void> {
    this.#isStarting = true;
    try {
      this.#farm = await IsolateFarm.start(await options());
    } catch (error) {
      this.#up.reject(error);
      throw error;
    }
    this.#up.resolve(this.#farm);
  }

  /** A booted, empty isolate. */
  async take(need: IsolateNeed): Promise<Isolate> {
    return await (await this.#up.promise).take(need);
  }

  /** Keeps reserves that fit this configuration, and its ceiling; nothing before it is up. */
  fit({ apps, maxMemoryMb, spareIsolates }: Pick<NanoConfig, "apps" | "maxMemoryMb" | "spareIsolates">): void {
    this.#farm?.fit(apps, spareIsolates);
    this.#farm?.setCeiling(maxMemoryMb);
  }

  /** What all apps together hold, and may hold at most; null before it is up. */
  get memory(): SharedMemory | null {
    return this.#farm?.memory ?? null;
  }

  /** Memory of the process that no isolate reports, as far as it grew. */
  get unexplainedBytes(): number {
    return this.#farm?.unexplainedBytes ?? 0;
  }

  /** Threads of ended isolates that still run. */
  get endingThreads(): number {
    return this.#farm?.endingThreads ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isStarting) await this.#up.promise.catch(() => {});
    await this.#farm?.[Symbol.asyncDispose]();
  }
}
