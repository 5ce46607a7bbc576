/** What a command sees of the world around it, so that tests can put another one there. */

/** Output, environment and place of a command. */
export interface CliIo {
  /** Writes one line to stdout. */
  out(line: string): void;
  /** Writes one line to stderr. */
  err(line: string): void;
  /** A variable of the environment. */
  env(name: string): string | undefined;
  /** Absolute path of the working directory. */
  readonly cwd: string;
  /** True when stdout is a terminal. */
  readonly terminal: boolean;
}

/** A command of the command line; the module of a command exports one as `command`. */
export interface Command {
  /** Text of `nano COMMAND --help`. */
  readonly help: string;
  /**
   * Runs the command.
   * @param args what follows the command's name
   * @returns the exit code: 0 done, 1 failed, 2 wrong use, 3 configuration refused
   */
  run(args: readonly string[], io: CliIo): Promise<number>;
}

/** The real world. */
export function processIo(): CliIo {
  return {
    out: (line) => console.log(line),
    err: (line) => console.error(line),
    env: (name) => Deno.env.get(name),
    cwd: Deno.cwd(),
    terminal: Deno.stdout.isTerminal(),
  };
}

/** Whether lines for people are coloured: on a terminal, unless NO_COLOR is set (https://no-color.org). */
export function wantsColor(io: CliIo): boolean {
  return io.terminal && (io.env("NO_COLOR") ?? "") === "";
}
