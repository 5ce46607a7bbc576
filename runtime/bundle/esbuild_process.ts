/** Knows esbuild's child process, so that stopping esbuild can wait until it is gone. */

import * as esbuild from "esbuild";
import childProcess, { type ChildProcess } from "node:child_process";

/** esbuild ends on a signal at once; a process that takes this long is stuck in the kernel, and waiting is no use. */
const EXIT_TIMEOUT_MS = 5_000;

/** The running process and its end. */
interface Running {
  readonly child: ChildProcess;
  readonly gone: Promise<void>;
}

let running: Running | undefined;

/** {@linkcode esbuild.context}, noting the process that esbuild starts for its first call. */
export function createContext(options: esbuild.BuildOptions): Promise<esbuild.BuildContext> {
  // esbuild keeps its process to itself, and starts it by this very property, before it returns.
  const { spawn } = childProcess;
  childProcess.spawn = ((...args: Parameters<typeof spawn>) => {
    const child = spawn(...args);
    running = watch(child);
    return child;
  }) as typeof spawn;
  try {
    return esbuild.context(options);
  } finally {
    childProcess.spawn = spawn;
  }
}

/** {@linkcode esbuild.stop}, returning only when the process is gone. */
export async function stopProcess(): Promise<void> {
  const stopping = running;
  running = undefined;
  stopping?.child.ref();
  await esbuild.stop();
  if (stopping === undefined) return;
  let timer;
  const late = new Promise<void>((resolve) => timer = setTimeout(resolve, EXIT_TIMEOUT_MS));
  try {
    await Promise.race([stopping.gone, late]);
  } finally {
    clearTimeout(timer);
  }
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
