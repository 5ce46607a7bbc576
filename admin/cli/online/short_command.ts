/** A command that asks a running NANO one thing and tells the answer, as a row of a table. */
import type { Command, CommandText } from "../line/command.ts";
import type { OptionDoc } from "../line/command_doc.ts";
import type { CommandLine } from "../line/command_line.ts";
import { JSON_OPTION } from "../line/usual_options.ts";
import { type Online, onlineCommand, outJson } from "./online_command.ts";

/** A row. */
export interface ShortCommand<T> {
  readonly doc: CommandText;
  /** Beside `--json`. */
  readonly options?: readonly OptionDoc[];
  /** Throws for wrong use, which is told before NANO is looked for. */
  readonly check?: (line: CommandLine) => unknown;
  /** Null: the person thought better of it. */
  readonly ask: (online: Online) => Promise<T | null>;
  /** What `--json` prints; the answer itself unless it is written down. */
  readonly json?: (answer: T, line: CommandLine) => unknown;
  /** The answer for people. */
  readonly tell: (answer: T, online: Online) => readonly string[];
}

/** Makes the command of a row. */
export function shortCommand<T>({ doc, options = [], check, ask, json, tell }: ShortCommand<T>): Command {
  return onlineCommand({
    doc,
    options: [...options, JSON_OPTION],
    ...check === undefined ? {} : { check },
    async run(online) {
      const { line, io } = online;
      const answer = await ask(online);
      if (answer === null) return 1;
      if (line.flag("json")) return outJson(io, json === undefined ? answer : json(answer, line));
      for (const text of tell(answer, online)) io.out(text);
      return 0;
    },
  });
}
