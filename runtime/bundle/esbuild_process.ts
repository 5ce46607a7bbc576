/** Knows esbuild's child process, so that stopping esbuild can wait until it is gone. */

import { inTime } from "../deadline.ts";
import type * as esbuild from "esbuild";
import childProcess, { type ChildProcess, type SpawnOptions } from "node:child_process";
import { messageOf, NanoError } from "../errors.ts";
import { processState, setOomScore } from "../machine/process_state.ts";
import { copyOut } from "./embedded_program.ts";
import { EsbuildEnded } from "./esbuild_ended.ts";
import { EsbuildExcess, outputExcess, packetLengths } from "./esbuild_excess.ts";
import { spawnConfined } from "./spawn_confined.ts";

/** esbuild ends on a signal at once; a process that takes this long is stuck in the kernel, and waiting is no use. */
const EXIT_TIMEOUT_MS = 5_000;

/** Among 1,000, as processes of apps have it: when memory runs out, the kernel takes it before NANO. */
const OOM_SCORE = 700;

/** A context, as long as the process lives. */
export type ProcessContext = Pick<esbuild.BuildContext, "rebuild" | "cancel" | "dispose">;

/** The running process and its end. */
interface Running {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
  /** Why it was ended, if it was for what a build took. */
  excess: EsbuildExcess | null;
}

let running: Running | undefined;
/** Loaded for the first build. */
let loaded: typeof esbuild | undefined;

/**
 * {@linkcode esbuild.context}, noting the process that esbuild starts for its first call. Whatever is under way when that
 * ends fails with it: esbuild itself goes by the end of its output, which does not always come.
 *
 * @throws {NanoError} INTERNAL when the process cannot be started.
 * @throws {EsbuildEnded} also by its methods
 */
export async function openBuildContext(options: esbuild.BuildOptions): Promise<ProcessContext> {
  const { context: open } = loaded ??= await import("esbuild");
  let refused: Promise<unknown> | undefined;
  let context;
  // esbuild keeps its process to itself, and starts it by this very property, before it returns.
  const { spawn } = childProcess;
  childProcess.spawn = ((program: string, args: readonly string[], options: SpawnOptions) => {
    childProcess.spawn = spawn;
    using copy = Deno.build.standalone ? copyOut(program) : undefined;
    const { env: _, ...rest } = options;
    const child = spawnConfined(copy?.path ?? program, args, rest);
    if (child.pid === undefined) refused = new Promise((resolve) => child.once("error", resolve));
    else running = watch(child);
    return child;
  }) as unknown as typeof spawn;
  try {
    context = open(options);
  } catch (error) {
    // esbuild goes on with a process that was not started, and fails with something else.
    if (refused === undefined) throw error;
  } finally {
    childProcess.spawn = spawn;
  }
  if (refused !== undefined) throw notStarted(await refused);
  const own = running;
  const ended = own === undefined ? new Promise<never>(() => {}) : own.gone.then(() => {
    throw own.excess ?? new EsbuildEnded("esbuild's process has ended");
  });
  ended.catch(() => {});
  // esbuild may notice first; once the process is gone, the next build has another.
  const unlessEnded = <T>(work: Promise<T>) =>
    Promise.race([work.catch((error) => isOfItsEnd(error) ? ended : Promise.reject(error)), ended]);
  const made = await unlessEnded(context!);
  return {
    rebuild: () => unlessEnded(made.rebuild()),
    cancel: () => unlessEnded(made.cancel()),
    dispose: () => Promise.race([made.dispose(), ended.catch(() => {})]),
  };
}

function isOfItsEnd(error: unknown): boolean {
  return /^The service (was stopped|is no longer running)/.test(messageOf(error));
}

function notStarted(cause: unknown): NanoError {
  const hint = Deno.build.standalone ? "; let TMPDIR name a folder where programs may run" : "";
  return new NanoError("INTERNAL", `Cannot start esbuild: ${messageOf(cause)}${hint}`, { cause });
}

/** What the process has computed so far, in milliseconds; null when there is none, or the system does not tell. */
export function processCpuMs(): number | null {
  const state = running?.child.pid === undefined ? null : processState(running.child.pid);
  return state === null ? null : state.cpuMicros / 1000;
}

/** Its memory; null when there is none, or the system does not tell. */
export function processBytes(): number | null {
  return running?.child.pid === undefined ? null : processState(running.child.pid)?.ownBytes ?? null;
}

/** Ends the process for what a build took; all that are under way fail with {@linkcode EsbuildExcess}. */
export function endForExcess(why: string): void {
  if (running !== undefined) endOne(running, why);
}

function endOne(one: Running, why: string): void {
  one.excess ??= new EsbuildExcess(why);
  one.child.kill("SIGKILL");
}

/** {@linkcode esbuild.stop}, returning only when the process is gone. */
export async function stopProcess(): Promise<void> {
  const stopping = running;
  running = undefined;
  stopping?.child.ref();
  await loaded?.stop();
  if (stopping === undefined) return;
  await inTime(stopping.gone, EXIT_TIMEOUT_MS);
}

function watch(child: ChildProcess): Running {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  const watched: Running = { child, gone, excess: null };
  setOomScore(child.pid!, OOM_SCORE);
  // Before it is all here: esbuild would keep it, and make texts of it.
  child.stdout!.on(
    "data",
    packetLengths((bytes) => {
      const why = outputExcess(bytes);
      if (why !== null) endOne(watched, why);
    }),
  );
  child.once("exit", () => {
    resolve();
    // It died by itself (the kernel's memory killer, say): make esbuild forget it, else no later build succeeds.
    if (running?.child === child) void stopProcess();
  });
  child.once("error", () => resolve());
  return watched;
}
