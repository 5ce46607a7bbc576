/** A command as one record: what is written down of it, its options, and what it does. */
import type { CliIo } from "../terminal/cli_io.ts";
import type { CommandDoc, OptionDoc } from "./command_doc.ts";
import type { CommandLine } from "./command_line.ts";

/** What is written down of a command, beside its options. */
export interface CommandText
  extends Pick<CommandDoc, "name" | "summary" | "description" | "arguments" | "examples">, Partial<CommandExtras> {}

type CommandExtras = Pick<CommandDoc, "rest" | "exitCodes" | "online">;

/** What a command may ask of the command line that it is a part of. */
export interface CommandSurroundings {
  /** All commands, in the order of the help. */
  readonly docs: () => Promise<readonly CommandDoc[]>;
}

/** A command; a module of `admin/cli/commands/` exports one as `command`, or several by name as `commands`. */
export interface Command {
  readonly doc: CommandText;
  readonly options: readonly OptionDoc[];
  /**
   * Runs the command.
   * @param line what was given, already checked against the command's doc
   * @returns the exit code: 0 done, 1 failed, 2 wrong use, 3 configuration refused
   */
  run(line: CommandLine, io: CliIo, surroundings: CommandSurroundings): Promise<number>;
}

/** All that is written down of a command. */
export function docOf({ doc, options }: Command): CommandDoc {
  return { rest: null, exitCodes: {}, online: false, ...doc, options };
}
