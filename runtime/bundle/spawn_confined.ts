/**
 * The one place where NANO starts programs on behalf of apps: with nothing of its own environment but an allow list, and
 * with an end.
 */

import { inTime, LATE } from "../deadline.ts";
import childProcess, { type ChildProcess, type SpawnOptions } from "node:child_process";
import { Buffer } from "node:buffer";
import process from "node:process";
import { childEnvironment } from "../config/child_environment.ts";
import { messageOf } from "../errors.ts";

/** What a program says is kept to this many bytes: its end, where the mistake stands. */
const MAX_OUTPUT_BYTES = 65_536;

/** A program to run to its end. */
export interface ConfinedRun {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Beside the allow list. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Ends it earlier. */
  readonly signal?: AbortSignal | undefined;
}

/** How it ended. */
export interface ConfinedEnd {
  readonly ok: boolean;
  /** The end of what it wrote to stderr. */
  readonly output: string;
  readonly isLate: boolean;
}

/** How long the end of a killed program is waited for: one in the kernel may take until its disk answers. */
const GONE_MS = 5000;

/** Starts a program that lives on; whoever starts it ends it. Of its environment only `env` is taken. */
export function spawnConfined(
  program: string,
  args: readonly string[],
  options: Omit<SpawnOptions, "env"> & { readonly env?: Readonly<Record<string, string>> } = {},
): ChildProcess {
  return childProcess.spawn(program, [...args], { ...options, env: { ...childEnvironment(), ...options.env } });
}

/** Runs a program without input; whatever it has started ends with it, at the latest after `timeoutMs`. */
export async function runConfined({ program, args, cwd, env, timeoutMs, signal }: ConfinedRun): Promise<ConfinedEnd> {
  if (signal?.aborted) return { ok: false, output: "it was called off", isLate: false };
  const ended = Promise.withResolvers<boolean>();
  const gone = Promise.withResolvers<void>();
  // A process group of its own, to be ended whole.
  const child = spawnConfined(program, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"], detached: true });
  let output = Buffer.alloc(0);
  child.stderr!.on("data", (chunk: Buffer) => {
    output = Buffer.concat([output, chunk]).subarray(-MAX_OUTPUT_BYTES);
  });
  child.once("error", (error) => {
    output = Buffer.from(messageOf(error));
    ended.resolve(false);
    gone.resolve();
  });
  child.once("close", (code) => {
    ended.resolve(code === 0);
    gone.resolve();
  });
  const callOff = () => ended.resolve(false);
  signal?.addEventListener("abort", callOff, { once: true });
  try {
    const ok = await inTime(ended.promise, timeoutMs);
    return { ok: ok === true, output: new TextDecoder().decode(output), isLate: ok === LATE };
  } finally {
    signal?.removeEventListener("abort", callOff);
    endGroup(child);
    await inTime(gone.promise, GONE_MS);
  }
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}
