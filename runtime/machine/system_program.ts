/** Programs of the system that the host asks, which learn nothing of its environment. */
import { processWork } from "./process_state.ts";

/** What came of one. */
export interface ProgramEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a program may take its time by. */
export interface MovingOptions {
  /** Between two looks at it; when it has done nothing from one to the next, it is ended. */
  readonly idleMs: number;
  /** Runs something once, later, and gives what takes it back: of a clock. */
  readonly after: (delayMs: number, run: () => void) => () => void;
}

/** A program that did nothing for too long. */
export class IdleProgram extends Error {
  override readonly name = "IdleProgram";
}

/** Runs one to its end, which is forced at a signal. @param program a path, or a name in /usr/bin or /bin */
export async function runSystemProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal | null = null,
): Promise<ProgramEnd> {
  return await endOf(start(program, args, signal));
}

/**
 * Runs one for as long as it computes, reads or writes.
 * @throws {IdleProgram} when it does not; one that the kernel does not let go of, as by a disk that is gone, is left to it
 */
export async function runWhileMoving(
  program: string,
  args: readonly string[],
  { idleMs, after }: MovingOptions,
): Promise<ProgramEnd> {
  const child = start(program, args, null);
  const idle = Promise.withResolvers<never>();
  let last = processWork(child.pid);
  const look = () => {
    const work = processWork(child.pid);
    // Where the kernel tells nothing there is nothing to judge by.
    if (work === null || work !== last) {
      last = work;
      cancel = after(idleMs, look);
      return;
    }
    child.kill("SIGKILL");
    idle.reject(new IdleProgram(`"${program}" has done nothing for ${idleMs / 1000} s`));
  };
  let cancel = after(idleMs, look);
  try {
    return await Promise.race([endOf(child), idle.promise]);
  } finally {
    cancel();
  }
}

function start(program: string, args: readonly string[], signal: AbortSignal | null): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    cwd: "/",
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...signal === null ? {} : { signal },
  }).spawn();
}

async function endOf(child: Deno.ChildProcess): Promise<ProgramEnd> {
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
