/** Knows esbuild's child process, so that stopping esbuild can wait until it is gone. */

import { inTime } from "../deadline.ts";
import * as esbuild from "esbuild";
import childProcess, { type ChildProcess, type SpawnOptions } from "node:child_process";
import { messageOf, NanoError } from "../errors.ts";
import { copyOut } from "./embedded_program.ts";
import { spawnConfined } from "./spawn_confined.ts";

/** esbuild ends on a signal at once; a process that takes this long is stuck in the kernel, and waiting is no use. */
const EXIT_TIMEOUT_MS = 5_000;

/** The running process and its end. */
interface Running {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
}

let running: Running | undefined;

/**
 * {@linkcode esbuild.context}, noting the process that esbuild starts for its first call.
 *
 * @throws {NanoError} INTERNAL when the process cannot be started.
 */
export async function createContext(options: esbuild.BuildOptions): Promise<esbuild.BuildContext> {
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
    context = esbuild.context(options);
  } catch (error) {
    // esbuild goes on with a process that was not started, and fails with something else.
    if (refused === undefined) throw error;
  } finally {
    childProcess.spawn = spawn;
  }
  if (refused !== undefined) throw notStarted(await refused);
  return await context!;
}

function notStarted(cause: unknown): NanoError {
  const hint = Deno.build.standalone ? "; let TMPDIR name a folder where programs may run" : "";
  return new NanoError("INTERNAL", `Cannot start esbuild: ${messageOf(cause)}${hint}`, { cause });
}

/** {@linkcode esbuild.stop}, returning only when the process is gone. */
export async function stopProcess(): Promise<void> {
  const stopping = running;
  running = undefined;
  stopping?.child.ref();
  await esbuild.stop();
  if (stopping === undefined) return;
  await inTime(stopping.gone, EXIT_TIMEOUT_MS);
}

function watch(child: ChildProcess): Running {
  const { promise: gone, resolve } = Promise.withResolvers<void>();
  child.once("exit", () => {
    resolve();
    // It died by itself (the kernel's memory killer, say): make esbuild forget it, else no later build succeeds.
    if (running?.child === child) void stopProcess();
  });
  child.once("error", () => resolve());
  return { child, gone };
}
