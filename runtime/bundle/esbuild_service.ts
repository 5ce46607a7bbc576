/** Keeps esbuild's child process running only while there is something to build. */

import type * as esbuild from "esbuild";
// By itself: most starts find their bundles made, and esbuild is a tenth of what they compute.
import manifest from "esbuild/package.json" with { type: "json" };
import { LATE } from "../deadline.ts";
import { NanoError } from "../errors.ts";
import { BuildSigns } from "./build_signs.ts";
import { EsbuildEnded } from "./esbuild_ended.ts";
import { EsbuildExcess, MEMORY_LOOK_MS, memoryExcess } from "./esbuild_excess.ts";
import {
  endForExcess,
  openBuildContext,
  processBytes,
  type ProcessContext,
  processCpuMs,
  stopProcess,
} from "./esbuild_process.ts";
import { SharedTurns } from "./shared_turns.ts";
import { onStill } from "./still_time.ts";

/** What the service needs of esbuild, and of timers. */
export interface EsbuildServiceParts {
  readonly version: string;
  context(options: esbuild.BuildOptions): Promise<ProcessContext>;
  stop(): Promise<void>;
  /** What esbuild's process has computed so far, in milliseconds; null when there is none, or nobody tells. */
  cpuMs(): number | null;
  /** How much memory it has; null as for its time. */
  bytes(): number | null;
  /** Ends the process: its builds fail with {@linkcode EsbuildExcess}. */
  endForExcess(why: string): void;
  /** Calls back once after `delayMs`, without keeping the process alive; returns how to call it off. */
  startTimer(callback: () => void, delayMs: number): () => void;
}

/** How long esbuild's process may idle: longer than the pause between two saves, shorter than anyone looks for it. */
const IDLE_MS = 10_000;
/** The largest bundles known to us take a few seconds; a build that goes no further for this long hangs. */
const BUILD_TIMEOUT_MS = 60_000;
/** A build that was called off ends within milliseconds; esbuild's process hangs when it has not after this long. */
const CANCEL_TIMEOUT_MS = 5_000;

/** esbuild has answered or ended by then, whatever became of the build. */
const SILENCE_MS = BUILD_TIMEOUT_MS + 2 * CANCEL_TIMEOUT_MS;
/** A process that was ended, by the kernel when memory is short say, is no fault of what it built. */
const ATTEMPTS = 2;

/**
 * esbuild runs as one child process for the whole program, started by the first build. Several bundlers may build at
 * the same time; the process is stopped when none has built for a while, or when a bundler is disposed of meanwhile.
 */
export class EsbuildService {
  readonly #parts: EsbuildServiceParts;
  #building = 0;
  #running = false;
  #callOffIdle: (() => void) | undefined;
  #callOffLook: (() => void) | undefined;
  readonly #turns = new SharedTurns();

  constructor(parts: EsbuildServiceParts) {
    this.#parts = parts;
  }

  /** esbuild's version: a bundle of another version is not reused. */
  get version(): string {
    return this.#parts.version;
  }

  /**
   * Runs one build.
   *
   * @throws {esbuild.BuildFailure} With all messages, also when the build was stopped without a sign of it.
   * @throws {NanoError} INTERNAL when esbuild ends, or says nothing, twice; APP_FAILED when the build takes too much
   */
  async build<Options extends esbuild.BuildOptions>(options: Options): Promise<esbuild.BuildResult<Options>> {
    this.#stayUp();
    this.#building++;
    this.#running = true;
    if (this.#callOffLook === undefined) this.#lookLater();
    const signs = new BuildSigns();
    const watched = options.plugins === undefined ? options : { ...options, plugins: signs.of(options.plugins) };
    const attempt = () => this.#attempt(watched, signs);
    try {
      return await this.#turns.shared(attempt).catch((error) => {
        // One of those that were under way took too much: each is tried again by itself, and only that one fails.
        if (error instanceof EsbuildExcess && error.suspects! > 1) return this.#turns.alone(attempt);
        throw error;
      });
    } catch (error) {
      if (error instanceof EsbuildExcess) throw new NanoError("APP_FAILED", `Cannot build: ${error.message}`);
      throw error;
    } finally {
      this.#building--;
      if (this.#building === 0) {
        this.#callOffLook?.();
        this.#callOffLook = undefined;
        this.#callOffIdle = this.#parts.startTimer(() => void this.stopIfIdle(), IDLE_MS);
      }
    }
  }

  async #attempt<Options extends esbuild.BuildOptions>(
    options: Options,
    signs: BuildSigns,
  ): Promise<esbuild.BuildResult<Options>> {
    let why = "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        const result = await this.#unlessSilent(this.#buildOnce(options, signs), signs);
        if (result !== LATE) return result;
        why = `it said nothing for ${SILENCE_MS / 1000} s`;
        await this.#parts.stop();
      } catch (error) {
        if (error instanceof EsbuildExcess) error.suspects ??= this.#turns.running;
        if (error instanceof EsbuildExcess || !(error instanceof EsbuildEnded)) throw error;
        why = error.message;
      }
    }
    throw new NanoError("INTERNAL", `Cannot build with esbuild: ${why}, ${ATTEMPTS} times`);
  }

  #lookLater(): void {
    this.#callOffLook = this.#parts.startTimer(() => {
      const why = memoryExcess(this.#parts.bytes());
      if (why !== null) this.#parts.endForExcess(why);
      this.#lookLater();
    }, MEMORY_LOOK_MS);
  }

  async #buildOnce<Options extends esbuild.BuildOptions>(
    options: Options,
    signs: BuildSigns,
  ): Promise<esbuild.BuildResult<Options>> {
    const context = await this.#parts.context(options);
    let isLate = false;
    let callOffKill = () => {};
    const callOffDeadline = this.#onStill(signs, BUILD_TIMEOUT_MS, () => {
      isLate = true;
      // Whatever else it builds begins again, in a process of its own.
      callOffKill = this.#onStill(signs, CANCEL_TIMEOUT_MS, () => void this.#parts.stop());
      // That it cannot be called off any more changes nothing.
      context.cancel().catch(() => {});
    });
    try {
      return await context.rebuild() as esbuild.BuildResult<Options>;
    } catch (error) {
      if (!isLate) throw error;
      const message = `Cannot build: it went no further for ${BUILD_TIMEOUT_MS / 1000} s`;
      throw new NanoError("APP_FAILED", message, { cause: error });
    } finally {
      callOffDeadline();
      callOffKill();
      await context.dispose();
    }
  }

  /** @returns {@linkcode LATE} when nothing has come of it by then */
  async #unlessSilent<T>(work: Promise<T>, signs: BuildSigns): Promise<T | typeof LATE> {
    const silent = Promise.withResolvers<typeof LATE>();
    const callOff = this.#onStill(signs, SILENCE_MS, () => silent.resolve(LATE));
    try {
      return await Promise.race([work, silent.promise]);
    } finally {
      callOff();
    }
  }

  #onStill(signs: BuildSigns, limitMs: number, callback: () => void): () => void {
    const { cpuMs, startTimer } = this.#parts;
    return onStill(limitMs, { signs, cpuMs, startTimer }, callback);
  }

  /** Stops esbuild's process unless a build is running; the next build starts it again. */
  async stopIfIdle(): Promise<void> {
    if (this.#building > 0 || !this.#running) return;
    this.#stayUp();
    this.#running = false;
    await this.#parts.stop();
  }

  #stayUp(): void {
    this.#callOffIdle?.();
    this.#callOffIdle = undefined;
  }
}

/** The one service: esbuild's process belongs to its module, so there can be only one. */
export const esbuildService: EsbuildService = new EsbuildService({
  version: manifest.version,
  context: openBuildContext,
  stop: stopProcess,
  cpuMs: processCpuMs,
  bytes: processBytes,
  endForExcess,
  startTimer(callback, delayMs) {
    const timer = setTimeout(callback, delayMs);
    Deno.unrefTimer(timer);
    return () => clearTimeout(timer);
  },
});
