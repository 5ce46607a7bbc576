/** Finds the folder in which a command was typed: `deno task` runs it in NANO's own folder. */
import { fileURLToPath } from "node:url";
import { sep } from "node:path";

/** Where a command is. */
export interface TypedFolder {
  /** Absolute: relative paths start there. */
  readonly cwd: string;
  /** NANO's own folder when the command came through `deno task` from somewhere in it, else null. */
  readonly root: string | null;
}

/** What is known of the process. */
export interface CallerPlace {
  readonly cwd: string;
  readonly env: (name: string) => string | undefined;
  /** URL of `admin/cli/main.ts`. */
  readonly module: string;
  /** A compiled binary is no task. */
  readonly standalone: boolean;
  /** Arguments of the process that started this one, or null where that cannot be had. */
  readonly parentArgs: readonly string[] | null;
}

/**
 * Where a command was typed. Deno and npm set INIT_CWD for a task, and everything below the task inherits it: so it
 * counts only in the folder that a task of NANO runs in, for what a task has started.
 * @see https://docs.deno.com/runtime/reference/cli/task/
 */
export function typedFolder({ cwd, env, module, standalone, parentArgs }: CallerPlace): TypedFolder {
  const typed = env("INIT_CWD") ?? "";
  if (typed === "" || standalone || !module.startsWith("file:")) return { cwd, root: null };
  if (parentArgs !== null && !parentArgs.slice(1).includes("task")) return { cwd, root: null };
  const root = realFolder(fileURLToPath(new URL("../../", module)));
  const from = realFolder(typed);
  if (root === null || from === null || realFolder(cwd) !== root) return { cwd, root: null };
  return { cwd: from, root: from === root || from.startsWith(root + sep) ? root : null };
}

/** Arguments of a process; only Linux tells. */
export function argsOf(pid: number): readonly string[] | null {
  if (Deno.build.os !== "linux") return null;
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0").slice(0, -1);
  } catch {
    return null;
  }
}

function realFolder(path: string): string | null {
  try {
    const real = Deno.realPathSync(path);
    return Deno.statSync(real).isDirectory ? real : null;
  } catch {
    return null;
  }
}
